package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// stackChapter reads the number of a chapter of the stack. It need not be in the book yet; its name, if it is, will do.
func (c *call) stackChapter(argument string) (int, bool) {
	if n, err := strconv.Atoi(argument); err == nil {
		if n < 0 || n > snapshot.Last {
			c.usage(c.m.T(msg.ChapterUnknown, argument) + " " + c.m.T(msg.ChapterRange, fmt.Sprintf("0–%d", snapshot.Last)))
			return 0, false
		}
		return n, true
	}
	found, _ := c.chapter([]string{argument}, 1)
	if found == nil {
		return 0, false
	}
	return found.Number, true
}

// checkout is “walkthrough checkout”.
func checkout() command {
	return command{
		name: "checkout", arguments: "CHAPTER FOLDER", one: msg.OneCheckout, text: text(msg.TextCheckout),
		examples: []string{"checkout 4 /tmp/stack-4"},
		prepare: func(c *call) func([]string) int {
			return func(arguments []string) int {
				switch {
				case len(arguments) == 0:
					return c.usage(c.m.T(msg.CLINeedChapter))
				case len(arguments) == 1:
					return c.usage(c.m.T(msg.CLINeedFolder))
				case len(arguments) > 2:
					return c.usage(c.m.T(msg.CLIArguments, strings.Join(arguments[2:], " ")))
				}
				n, ok := c.stackChapter(arguments[0])
				if !ok {
					return exitUsage
				}
				root, ok := snapshot.Root()
				if !ok {
					return c.fail(errors.New(c.m.T(msg.CLINoSource)))
				}
				if err := snapshot.Checkout(root, n, arguments[1]); err != nil {
					return c.fail(err)
				}
				fmt.Fprintln(c.stdout, c.m.T(msg.CLICheckedOut, n, arguments[1]))
				return exitFine
			}
		},
	}
}

// diff is “walkthrough diff”.
func diff() command {
	return command{
		name: "diff", arguments: "CHAPTER", one: msg.OneDiff, text: text(msg.TextDiff),
		examples: []string{"diff 4", "diff 6 | less"},
		prepare: func(c *call) func([]string) int {
			return func(arguments []string) int {
				switch {
				case len(arguments) == 0:
					return c.usage(c.m.T(msg.CLINeedChapter))
				case len(arguments) > 1:
					return c.usage(c.m.T(msg.CLIArguments, strings.Join(arguments[1:], " ")))
				}
				n, ok := c.stackChapter(arguments[0])
				if !ok {
					return exitUsage
				}
				root, ok := snapshot.Root()
				if !ok {
					return c.fail(errors.New(c.m.T(msg.CLINoSource)))
				}
				change, err := snapshot.Diff(root, n)
				if err != nil {
					return c.fail(err)
				}
				io.WriteString(c.stdout, change.String())
				return exitFine
			}
		},
	}
}
