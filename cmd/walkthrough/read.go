package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tsunagu/tsunagu/chapters"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/terminal"
)

// loadBook reads the embedded book. What is wrong with a chapter's files is told where the chapter is shown.
func loadBook() *book.Book {
	b, _ := book.Load(chapters.FS)
	return b
}

// openingChapter reports whether an argument names a chapter to begin with.
func openingChapter(argument string) bool { return terminal.FindChapter(loadBook(), argument) != nil }

// interactive is what the program does when no command is named.
func interactive() command {
	return command{
		arguments: "[-lang LANGUAGE[,LANGUAGE]] [-fresh] [CHAPTER]", one: msg.OneInteractive, text: text(msg.TextInteractive),
		prepare: func(c *call) func([]string) int {
			lang := c.flags.String("lang", "", c.m.T(msg.FlagLang))
			fresh := c.flags.Bool("fresh", false, c.m.T(msg.FlagFresh))
			return func(arguments []string) int {
				b := loadBook()
				o := terminal.Options{Book: b, Fresh: *fresh, In: c.stdin, Out: c.stdout, Ahead: buildAhead}
				if len(arguments) > 1 {
					return c.usage(c.m.T(msg.CLIArguments, strings.Join(arguments[1:], " ")))
				}
				if len(arguments) == 1 {
					if o.Chapter = terminal.FindChapter(b, arguments[0]); o.Chapter == nil {
						return c.usage(terminal.ChapterUnknown(c.m, b, arguments[0]))
					}
				}
				if *lang != "" {
					var ok bool
					if o.Langs, ok = c.langs(*lang); !ok {
						return exitUsage
					}
				}
				o.StateDir, _ = terminal.StateDir() // without one the place is not kept, and nothing else is missing
				if err := terminal.Run(c.ctx, o); err != nil {
					return c.fail(err)
				}
				return exitFine
			}
		},
	}
}

// buildAhead builds the session of a chapter that is likely to be opened. Should that fail, opening it will say why.
func buildAhead(ctx context.Context, chapter int) { session.Build(ctx, chapter) }

// runChapter is “walkthrough run”.
func runChapter() command {
	return command{
		name: "run", arguments: "CHAPTER [-lang LANGUAGE[,LANGUAGE]] [-finished]", one: msg.OneRun, text: text(msg.TextRun),
		examples: []string{"run 1", "run socket -lang en,ja", "run 0 -lang ko > map.txt"},
		prepare: func(c *call) func([]string) int {
			lang := c.flags.String("lang", "", c.m.T(msg.FlagLang))
			finished := c.flags.Bool("finished", false, c.m.T(msg.FlagFinished))
			return func(arguments []string) int {
				chapter, status := c.chapter(arguments, 1)
				if chapter == nil {
					return status
				}
				langs, ok := c.langs(*lang)
				if !ok {
					return exitUsage
				}
				for _, p := range chapter.Problems {
					fmt.Fprintln(c.stderr, p)
				}
				o := notebook.Options{Session: session.Options{Finished: *finished}}
				bad, err := terminal.Print(c.ctx, chapter, langs, o, c.stdout, c.stderr)
				switch {
				case errors.Is(err, fs.ErrClosed):
					return exitFine
				case err != nil:
					return c.fail(err)
				case bad > 0:
					return c.fail(errors.New(c.m.T(msg.CLIFailedCells, bad)))
				case len(chapter.Problems) > 0:
					return exitFailed
				}
				return exitFine
			}
		},
	}
}

// chapter returns the chapter that the first argument names; the command takes at most so many arguments.
func (c *call) chapter(arguments []string, most int) (*book.Chapter, int) {
	b := loadBook()
	switch {
	case len(arguments) == 0:
		return nil, c.usage(c.m.T(msg.CLINeedChapter))
	case len(arguments) > most:
		return nil, c.usage(c.m.T(msg.CLIArguments, strings.Join(arguments[most:], " ")))
	}
	found := terminal.FindChapter(b, arguments[0])
	if found == nil {
		return nil, c.usage(terminal.ChapterUnknown(c.m, b, arguments[0]))
	}
	return found, exitFine
}

// listChapters is “walkthrough chapters”.
func listChapters() command {
	return command{
		name: "chapters", arguments: "[-lang LANGUAGE[,LANGUAGE]]", one: msg.OneChapters, text: text(msg.TextChapters),
		examples: []string{"chapters", "chapters -lang en,ko"},
		prepare: func(c *call) func([]string) int {
			lang := c.flags.String("lang", "", c.m.T(msg.FlagLang))
			return func(arguments []string) int {
				if len(arguments) > 0 {
					return c.usage(c.m.T(msg.CLIArguments, strings.Join(arguments, " ")))
				}
				langs, ok := c.langs(*lang)
				if !ok {
					return exitUsage
				}
				if err := terminal.List(loadBook(), langs, c.stdout); err != nil {
					return c.fail(err)
				}
				return exitFine
			}
		},
	}
}
