package main

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
)

// help is the command that tells about the others.
func help() command {
	return command{
		name: "help", arguments: "[COMMAND]", one: msg.OneHelp, text: text(msg.TextHelp),
		examples: []string{"help", "help run"},
		prepare: func(c *call) func([]string) int {
			return func(arguments []string) int {
				if len(arguments) == 0 {
					overview(c.stdout, c.m)
					return exitFine
				}
				for _, other := range commands() {
					if other.name == arguments[0] {
						other.help(c.stdout, c.m)
						return exitFine
					}
				}
				return unknownCommand(c.stderr, c.m, arguments[0])
			}
		},
	}
}

// overview lists the commands.
func overview(w io.Writer, m *msg.Catalog) {
	all := commands()
	fmt.Fprintf(w, "%s\n\n%s\n", m.T(msg.Welcome), m.T(msg.CLIUsage))
	fmt.Fprintf(w, "  %s %s\n  %s COMMAND …\n\n%s\n\n%s\n", program, all[0].arguments, program, all[0].text(m), m.T(msg.CLICommands))
	for _, c := range all[1:] {
		fmt.Fprintf(w, "  %s%s\n", column(c.name, 10), m.T(c.one))
	}
	writeFlags(w, m, all[0])
	fmt.Fprintf(w, "\n%s\n", m.T(msg.CLIMore, program))
}

// help tells about one command.
func (c command) help(w io.Writer, m *msg.Catalog) {
	if c.name == "" {
		overview(w, m)
		return
	}
	fmt.Fprintf(w, "%s %s: %s\n\n", program, c.name, m.T(c.one))
	fmt.Fprintf(w, "%s %s\n\n%s\n", m.T(msg.CLIUsage), strings.TrimSpace(program+" "+c.name+" "+c.arguments), strings.TrimRight(c.text(m), "\n"))
	if len(c.examples) > 0 {
		fmt.Fprintf(w, "\n%s\n", m.T(msg.CLIExamples))
		for _, e := range c.examples {
			fmt.Fprintf(w, "  %s %s\n", program, e)
		}
	}
	writeFlags(w, m, c)
}

// writeFlags lists a command's flags, if it has any.
func writeFlags(w io.Writer, m *msg.Catalog, c command) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.prepare(&call{m: m, flags: flags})
	first := true
	flags.VisitAll(func(f *flag.Flag) {
		if first {
			fmt.Fprintf(w, "\n%s\n", m.T(msg.CLIFlags))
			first = false
		}
		name, explanation := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  %s%s\n", column(strings.TrimSpace("-"+f.Name+" "+name), 18), explanation)
	})
}

// column fills s with blanks up to w columns.
func column(s string, w int) string {
	return s + strings.Repeat(" ", max(1, w-uniseg.StringWidth(s)))
}
