package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
)

// version is “walkthrough version”.
func version() command {
	return command{
		name: "version", one: msg.OneVersion, text: text(msg.TextVersion),
		prepare: func(c *call) func([]string) int {
			return func(arguments []string) int {
				if len(arguments) > 0 {
					return c.usage(c.m.T(msg.CLIArguments, strings.Join(arguments, " ")))
				}
				var numbers []string
				for _, ch := range loadBook().Chapters {
					numbers = append(numbers, fmt.Sprint(ch.Number))
				}
				fmt.Fprintf(c.stdout, "%s %s\n%s %s/%s\n", program, built(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				fmt.Fprintln(c.stdout, c.m.T(msg.CLIChapters, strings.Join(numbers, ", ")))
				return exitFine
			}
		},
	}
}

// built is the version of the module, or else the commit, that the program was built from.
func built() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "(devel)"
}
