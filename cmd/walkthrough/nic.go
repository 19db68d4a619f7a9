package main

import (
	"os"
	"os/signal"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/wire"
)

// nic is “walkthrough nic”.
func nic() command {
	return command{
		name: "nic", arguments: "[OPTIONS]", one: msg.OneNic,
		text:     func(m *msg.Catalog) string { return wire.Help(m.Lang()) },
		examples: []string{"nic", "nic -size 1000000 -v", "nic -pcap page.pcapng"},
		prepare: func(c *call) func([]string) int {
			o := wire.Options{Lang: c.m.Lang()}
			o.Register(c.flags)
			lang := c.flags.String("lang", "", c.m.T(msg.FlagLang))
			return func(arguments []string) int {
				if len(arguments) > 0 {
					return c.usage(c.m.T(msg.CLIArguments, strings.Join(arguments, " ")))
				}
				if _, ok := c.langs(*lang); !ok {
					return exitUsage
				}
				ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt)
				defer stop()
				o.Stdout = c.stdout
				if err := wire.Main(ctx, o); err != nil {
					return c.fail(err)
				}
				return exitFine
			}
		},
	}
}
