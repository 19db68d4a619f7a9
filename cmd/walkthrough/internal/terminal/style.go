package terminal

import (
	"io"
	"os"
	"strings"
)

// Ink is how much of a terminal's ability to mark text may be used.
type Ink uint8

// The inks.
const (
	InkNone  Ink = iota // plain text: a pipe, a file, a dumb terminal
	InkMono             // bold, underline and the like: NO_COLOR
	InkColor            // the terminal's own sixteen colours, so that light and dark themes both read well
)

// InkFor returns the ink for output f, as the environment wishes: nothing where f is no terminal or TERM=dumb, no colour
// where NO_COLOR is set (https://no-color.org).
func InkFor(tty bool) Ink {
	switch {
	case !tty || os.Getenv("TERM") == "dumb":
		return InkNone
	case os.Getenv("NO_COLOR") != "":
		return InkMono
	}
	return InkColor
}

// style is how a piece of text is marked: a role, which the theme gives a colour, and attributes that add up.
type style struct {
	role role
	attr attr
}

type attr uint8

const (
	bold attr = 1 << iota
	dim
	italic
	underline
	strike
)

// role is what a piece of text is.
type role uint8

const (
	rolePlain   role = iota
	roleCode         // code within prose
	roleAddress      // where a link leads
	roleTitle        // headings
	roleKeyword
	roleString
	roleNumber
	roleComment
	roleName // what a package exports
	roleBar  // the bar beside a cell
	roleFrame
	roleError
	roleNote
	rolePrompt
)

// colours are SGR foreground codes.
var colours = [...]string{
	roleCode: "36", roleTitle: "34", roleKeyword: "35", roleString: "32", roleNumber: "36", roleComment: "90",
	roleName: "34", roleBar: "34", roleFrame: "90", roleError: "31", roleNote: "33", rolePrompt: "32",
}

var attributes = [...]struct {
	attr attr
	code string
}{{bold, "1"}, {dim, "2"}, {italic, "3"}, {underline, "4"}, {strike, "9"}}

// sgr is the escape sequence that turns s on; "" where there is nothing to turn on.
func (i Ink) sgr(s style) string {
	if i == InkNone {
		return ""
	}
	var codes []string
	for _, a := range attributes {
		if s.attr&a.attr != 0 {
			codes = append(codes, a.code)
		}
	}
	if c := colours[s.role]; i == InkColor && c != "" {
		codes = append(codes, c)
	}
	if len(codes) == 0 {
		return ""
	}
	return "\x1b[" + strings.Join(codes, ";") + "m"
}

const reset = "\x1b[0m"

// span is text in one style.
type span struct {
	text  string
	style style
}

// line is one line of the screen.
type line []span

func (l line) width() int {
	w := 0
	for _, s := range l {
		w += width(s.text)
	}
	return w
}

// String returns the line's text alone.
func (l line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.text)
	}
	return b.String()
}

// paint returns the line as the terminal is to receive it.
func (l line) paint(ink Ink) string {
	var b strings.Builder
	for _, s := range l {
		if on := ink.sgr(s.style); on != "" && s.text != "" {
			b.WriteString(on + s.text + reset)
		} else {
			b.WriteString(s.text)
		}
	}
	return b.String()
}

func text(s string) line                  { return line{{text: s}} }
func styled(s string, r role) line        { return line{{text: s, style: style{role: r}}} }
func dimmed(s string) line                { return line{{text: s, style: style{attr: dim}}} }
func (l line) with(s string, r role) line { return append(l, span{s, style{role: r}}) }

// indent puts a prefix before each line: first before the first, rest before the others.
func indent(lines []line, first, rest span) []line {
	out := make([]line, len(lines))
	for i, l := range lines {
		p := rest
		if i == 0 {
			p = first
		}
		out[i] = append(line{p}, l...)
	}
	return out
}

func writeLines(w io.Writer, ink Ink, lines []line) error {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimRight(l.paint(ink), " "))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
