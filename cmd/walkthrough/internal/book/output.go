package book

import (
	"regexp"
	"strings"
)

// Form is the shape in which a page shows an output.
type Form string

// The forms.
const (
	FormText    Form = "text"
	FormMermaid Form = "mermaid" // a diagram that Git hosts draw
	FormSVG     Form = "svg"     // a file beside the page
)

// Output is one piece of what a cell printed or drew.
type Output struct {
	Form Form
	Text string // without a newline at its end; of an SVG, the file's content (not known to a page)
	File string // of an SVG: the file's name in the chapter's folder
}

// markdown is how the output of the named cell stands in a page.
func (o Output) markdown(cell string) string {
	if o.Form == FormSVG {
		return "![" + cell + "](" + o.File + ")"
	}
	body := o.Text
	if body != "" {
		body += "\n"
	}
	return fenced(string(o.Form)+" output", body)
}

// fenced puts body, which ends in a newline, between fences long enough for it.
func fenced(info, body string) string {
	fence := "```"
	for strings.Contains(body, fence) {
		fence += "`"
	}
	return fence + info + "\n" + body + fence
}

// Ellipsis in the recorded output of a live cell stands for anything within a line; alone on its line, for any lines.
const Ellipsis = "…"

// Loosen replaces what varies from run to run by [Ellipsis].
func (c *Cell) Loosen(text string) string {
	if c.Vary == nil {
		return text
	}
	return c.Vary.ReplaceAllString(text, Ellipsis)
}

// Matches reports whether got is what pattern, a text with [Ellipsis], allows.
func Matches(pattern, got string) bool {
	var b strings.Builder
	b.WriteString(`\A`)
	for i, line := range strings.Split(pattern, "\n") {
		if strings.TrimSpace(line) == Ellipsis {
			if i == 0 {
				b.WriteString(`(?:[^\n]*\n)*?[^\n]*`)
			} else {
				b.WriteString(`(?:\n[^\n]*)*?`)
			}
			continue
		}
		if i > 0 {
			b.WriteString(`\n`)
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), Ellipsis, `[^\n]*?`))
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String()).MatchString(got)
}

// SameOutputs reports whether a live cell's new outputs are what the page allows.
func SameOutputs(page, got []Output) bool {
	if len(page) != len(got) {
		return false
	}
	for i, o := range page {
		g := got[i]
		if o.Form != g.Form || o.File != g.File || o.Form != FormSVG && !Matches(o.Text, g.Text) {
			return false
		}
	}
	return true
}
