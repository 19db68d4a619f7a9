package terminal

import (
	"go/doc/comment"
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
)

// section is what stands between two cells, and the second of them.
type section struct {
	rows []book.Row // prose, excerpts and the like
	cell *book.Cell // nil at the chapter's end
}

// sections splits a chapter at its cells: the i-th section ends with the i-th cell, and one more follows the last cell.
func sections(c *book.Chapter) []section {
	list := []section{{}}
	for _, r := range c.Rows() {
		last := &list[len(list)-1]
		if r.Kind != book.KindCell {
			if r.Kind != book.KindOutput {
				last.rows = append(last.rows, r)
			}
			continue
		}
		for _, l := range book.Langs {
			if b := r.Blocks[l]; b != nil && b.Cell != nil {
				last.cell = b.Cell
				break
			}
		}
		list = append(list, section{})
	}
	return list
}

// page lays out chapters in the reader's languages.
type page struct {
	layout
	langs []book.Lang
	m     *msg.Catalog
}

// row lays out one block.
func (p page) row(r book.Row) []line {
	var blocks []*book.Block
	for _, l := range p.langs {
		if b := r.Blocks[l]; b != nil {
			blocks = append(blocks, b)
		}
	}
	if len(blocks) == 0 {
		for _, l := range book.Langs {
			if b := r.Blocks[l]; b != nil {
				missing := p.m.T(msg.PageMissing, p.langs[0].Name())
				return append(p.note(missing), p.layout.prose([]*book.Block{b})...)
			}
		}
		return nil
	}
	switch r.Kind {
	case book.KindExcerpt:
		return p.excerpt(blocks[0])
	case book.KindCode:
		return p.prose(blocks[:1])
	case book.KindRule:
		return p.prose(blocks[:1])
	}
	return p.prose(blocks)
}

// section lays out a section, blank lines between its blocks, without the cell.
func (p page) section(s section) []line {
	var lines []line
	for _, r := range s.rows {
		l := p.row(r)
		if len(l) > 0 {
			lines = append(lines, l...)
		}
		if len(l) > 0 && (r.Kind != book.KindHeading || title(r) || p.ink == InkNone) { // a heading keeps to what it heads
			lines = append(lines, nil)
		}
	}
	return lines
}

// title reports the chapter's own heading.
func title(r book.Row) bool {
	for _, b := range r.Blocks {
		return b.Level == 1
	}
	return false
}

// cell lays out the i-th of n cells.
func (p page) cell(c *book.Cell, n int) []line {
	caption := p.m.T(msg.Caption, c.Index+1, n, c.Name)
	for _, special := range []struct {
		is  bool
		key msg.Key
	}{{c.Finished, msg.CaptionFinished}, {c.Error, msg.CaptionError}, {c.Live, msg.CaptionLive}} {
		if special.is {
			caption += " · " + p.m.T(special.key)
		}
	}
	return p.source(caption, c.Source, roleBar)
}

// note lays out what the program itself says.
func (p page) note(s string) []line { return p.say(s, style{role: roleNote}) }

// say lays out text of the program in a style, wrapped, line by line.
func (p page) say(s string, st style) []line {
	m := span{text: strings.Repeat(" ", p.margin())}
	var lines []line
	for t := range strings.SplitSeq(s, "\n") {
		lines = append(lines, indent(wrap(withCode(t, st), min(p.width-2*p.margin(), widest)), m, m)...)
	}
	return lines
}

// withCode splits text at its back-quotes: what is between two of them is code.
func withCode(s string, st style) line {
	var l line
	for i, part := range strings.Split(s, "`") {
		if i%2 == 1 {
			l = append(l, span{part, style{roleCode, st.attr}})
		} else if part != "" {
			l = append(l, span{part, st})
		}
	}
	return l
}

// documentation lays out what is known of a name: its declaration, and behind a blank line what its comment says.
func (p page) documentation(s string) []line {
	declaration, said, _ := strings.Cut(s, "\n\n")
	lines := p.source("", declaration, roleFrame)
	if strings.TrimSpace(said) == "" {
		return lines
	}
	var parser comment.Parser
	printer := comment.Printer{TextWidth: min(p.width-2*p.margin(), widest)}
	m := span{text: strings.Repeat(" ", p.margin())}
	lines = append(lines, nil)
	for l := range strings.SplitSeq(strings.TrimRight(string(printer.Text(parser.Parse(said))), "\n"), "\n") {
		lines = append(lines, line{m, {text: printable(l)}})
	}
	return lines
}

// definitions lays out names with what they mean, the meanings in a column.
func (p page) definitions(list [][2]string) []line {
	column := 0
	for _, d := range list {
		column = max(column, width(d[0])+2)
	}
	column = min(column, p.width/2)
	var lines []line
	for _, d := range list {
		head := pad(styled(d[0], roleKeyword), column)
		if head.width() > column {
			lines = append(lines, append(text(strings.Repeat(" ", p.margin())), head...))
			head = text(strings.Repeat(" ", column))
		}
		for _, l := range wrap(text(d[1]), max(20, min(p.width-column-2*p.margin(), widest))) {
			lines = append(lines, slices.Concat(text(strings.Repeat(" ", p.margin())), head, l))
			head = text(strings.Repeat(" ", column))
		}
	}
	return lines
}
