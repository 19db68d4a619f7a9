package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/suggest"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/terminal"
)

// Exit statuses.
const (
	exitFine   = 0
	exitFailed = 1 // what was asked for could not be done, or did not come out well
	exitUsage  = 2 // what was asked for made no sense
)

// program is the name used in examples.
const program = "walkthrough"

// environment is what a command works with.
type environment struct{ stdin, stdout, stderr *os.File }

// command is one of the words that may follow the program's name.
type command struct {
	name      string
	arguments string // as shown in its usage
	one       msg.Key
	text      func(m *msg.Catalog) string
	examples  []string
	raw       bool // it reads its flags itself
	// prepare defines the command's flags and returns what does its work with the arguments that are no flags. It may be
	// called only to learn the flags.
	prepare func(c *call) func(arguments []string) int
}

// call is one call of a command.
type call struct {
	environment
	ctx   context.Context
	m     *msg.Catalog
	name  string
	flags *flag.FlagSet
}

// commands returns all commands in the order in which help lists them. The first is what runs without a name.
func commands() []command {
	return []command{interactive(), runChapter(), listChapters(), nic(), checkout(), diff(), picture(),
		forWriters("record", "[-chapter N] [-translated]", msg.OneRecord, msg.TextRecord, "record", "record -chapter 1"),
		forWriters("verify", "[-chapter N]", msg.OneVerify, msg.TextVerify, "verify", "verify -chapter 0"),
		forWriters("coverage", "[-chapter N] [-lang LANGUAGE]", msg.OneCoverage, msg.TextCoverage, "coverage", "coverage -chapter 1 -lang ja"),
		version(), help()}
}

func text(k msg.Key) func(*msg.Catalog) string { return func(m *msg.Catalog) string { return m.T(k) } }

// run does what the arguments say and returns the exit status.
func run(arguments []string, e environment) int {
	m := msg.For(wishedLang(arguments))
	all := commands()
	chosen, rest := all[0], arguments
	if len(arguments) > 0 {
		switch first := arguments[0]; {
		case first == "-h" || first == "--help" || first == "-help":
			overview(e.stdout, m)
			return exitFine
		case first == "-version" || first == "--version" || first == "-v":
			chosen, rest = version(), nil
		case strings.HasPrefix(first, "-"):
		default:
			i := slices.IndexFunc(all, func(c command) bool { return c.name == first && c.name != "" })
			if i < 0 && openingChapter(first) {
				break
			}
			if _, err := strconv.Atoi(first); i < 0 && err == nil {
				fmt.Fprintf(e.stderr, "%s: %s\n", program, terminal.ChapterUnknown(m, loadBook(), first))
				return exitUsage
			}
			if i < 0 {
				return unknownCommand(e.stderr, m, first)
			}
			chosen, rest = all[i], arguments[1:]
		}
	}
	c := &call{environment: e, ctx: context.Background(), m: m, name: chosen.name, flags: flag.NewFlagSet(chosen.name, flag.ContinueOnError)}
	c.flags.SetOutput(io.Discard)
	if chosen.raw && !asksForHelp(rest) {
		return chosen.prepare(c)(rest)
	}
	work := chosen.prepare(c)
	positional, err := parse(c.flags, rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		chosen.help(e.stdout, m)
		return exitFine
	case err != nil:
		return c.usage(c.wrongFlag(err))
	}
	return work(positional)
}

func asksForHelp(arguments []string) bool {
	return slices.ContainsFunc(arguments, func(a string) bool { return a == "-h" || a == "-help" || a == "--help" })
}

// parse reads flags wherever they stand among the arguments; after -- there are none.
func parse(flags *flag.FlagSet, arguments []string) (positional []string, err error) {
	for {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		rest := flags.Args()
		if len(rest) == 0 {
			return positional, nil
		}
		if used := len(arguments) - len(rest); used > 0 && arguments[used-1] == "--" {
			return append(positional, rest...), nil
		}
		positional = append(positional, rest[0])
		arguments = rest[1:]
	}
}

// wishedLang returns the language to speak in before the flags are read: that of -lang, if there is such, or of the locale.
func wishedLang(arguments []string) string {
	for i, a := range arguments {
		name, value, ok := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if name != "lang" || !strings.HasPrefix(a, "-") {
			continue
		}
		if !ok && i+1 < len(arguments) {
			value = arguments[i+1]
		}
		if langs, err := terminal.ParseLangs(value); err == nil {
			return string(langs[0])
		}
	}
	return msg.Locale()
}

// usage says what was wrong with the call, and where to read how it is right.
func (c *call) usage(what string) int {
	see := program + " help"
	if c.name != "" {
		see += " " + c.name
	}
	fmt.Fprintf(c.stderr, "%s: %s\n%s\n", program, what, c.m.T(msg.CLISeeHelp, see))
	return exitUsage
}

// fail says why a call could not do its work.
func (c *call) fail(err error) int {
	fmt.Fprintf(c.stderr, "%s %s: %v\n", program, c.name, err)
	return exitFailed
}

// wrongFlag puts what package flag says into the reader's language, and adds what may have been meant.
func (c *call) wrongFlag(err error) string {
	said := c.m.T(msg.CLIUnknownFlag, err)
	if _, name, ok := strings.Cut(err.Error(), "flag provided but not defined: -"); ok {
		said = c.m.T(msg.CLIUnknownFlag, "-"+name)
		var names []string
		c.flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		if near := suggest.Near(name, names); len(near) > 0 {
			said += ". " + c.m.T(msg.DidYouMean, "-"+strings.Join(near, ", -"))
		}
	}
	return said
}

func unknownCommand(w io.Writer, m *msg.Catalog, name string) int {
	var names []string
	for _, c := range commands() {
		if c.name != "" {
			names = append(names, c.name)
		}
	}
	said := m.T(msg.CLIUnknownCommand, name)
	if near := suggest.Near(name, names); len(near) > 0 {
		said += ". " + m.T(msg.DidYouMean, terminal.Either(m, near))
	}
	fmt.Fprintf(w, "%s: %s\n%s\n", program, said, m.T(msg.CLISeeHelp, program+" help"))
	return exitUsage
}

// langs returns the languages that -lang names, or that of the locale.
func (c *call) langs(value string) ([]book.Lang, bool) {
	if value == "" {
		return []book.Lang{book.Lang(msg.Locale())}, true
	}
	langs, err := terminal.ParseLangs(value)
	if err != nil {
		c.usage(err.Say(c.m))
		return nil, false
	}
	return langs, true
}
