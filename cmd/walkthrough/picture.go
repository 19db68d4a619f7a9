package main

import (
	"io"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/terminal"
)

// picture is “walkthrough picture”.
func picture() command {
	return command{
		name: "picture", arguments: "CHAPTER CELL [-lang LANGUAGE[,LANGUAGE]] [-width COLUMNS]", one: msg.OnePicture, text: text(msg.TextPicture),
		examples: []string{"picture 0 steps -lang en,ja -width 130 > chapters/walkthrough.svg"},
		prepare: func(c *call) func([]string) int {
			lang := c.flags.String("lang", "", c.m.T(msg.FlagLang))
			width := c.flags.Int("width", 120, c.m.T(msg.FlagWidth))
			return func(arguments []string) int {
				chapter, status := c.chapter(arguments, 2)
				switch {
				case chapter == nil:
					return status
				case len(arguments) < 2:
					return c.usage(c.m.T(msg.CLINeedCell))
				}
				langs, ok := c.langs(*lang)
				if !ok {
					return exitUsage
				}
				svg, err := terminal.Picture(c.ctx, chapter, langs, notebook.Options{}, max(40, *width), arguments[1])
				if err != nil {
					return c.fail(err)
				}
				if _, err := io.WriteString(c.stdout, svg); err != nil {
					return c.fail(err)
				}
				return exitFine
			}
		},
	}
}
