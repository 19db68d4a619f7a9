package main

import (
	"os"
	"os/signal"
	"slices"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/check"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
)

// forWriters is one of the commands that look after the pages. They read their flags themselves, and speak English.
func forWriters(name, arguments string, one, long msg.Key, examples ...string) command {
	return command{
		name: name, arguments: arguments, one: one, text: text(long), examples: examples, raw: true,
		prepare: func(c *call) func([]string) int {
			return func(arguments []string) int {
				ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt)
				defer stop()
				return check.Command(ctx, name, slices.Clone(arguments), c.stdout, c.stderr)
			}
		},
	}
}
