package terminal

import (
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
)

// Widths of the page. Lines longer than a hand of words are hard to follow, however wide the window.
const (
	twoColumns  = 110 // from this width on two languages stand side by side
	widest      = 88  // a single column
	widestHalf  = 76  // one of two columns
	narrowest   = 40  // below this the face is plain
	lowest      = 8   // below this height too
	widthOfPipe = 80  // where there is no terminal
	columnSpace = 5   // "  │  "
)

// layout says how a page is laid out.
type layout struct {
	width int // of the terminal
	ink   Ink
}

// margin is the blank space at the left of prose.
func (l layout) margin() int {
	if l.ink == InkNone {
		return 0
	}
	return 2
}

// prose lays out the same block in each of the languages: side by side where there is room, one under the other where
// there is not.
func (l layout) prose(blocks []*book.Block) []line {
	m := l.margin()
	margin := span{text: strings.Repeat(" ", m)}
	if len(blocks) == 2 && l.width >= twoColumns {
		half := min((l.width-2*m-columnSpace)/2, widestHalf)
		return indent(beside(renderProse(blocks[0], half, l.ink), renderProse(blocks[1], half, l.ink), half), margin, margin)
	}
	var lines []line
	for i, b := range blocks {
		if i > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, renderProse(b, min(l.width-2*m, widest), l.ink)...)
	}
	return indent(lines, margin, margin)
}

// beside puts two columns next to each other.
func beside(left, right []line, w int) []line {
	lines := make([]line, max(len(left), len(right)))
	for i := range lines {
		var a, b line
		if i < len(left) {
			a = left[i]
		}
		if i < len(right) {
			b = right[i]
		}
		lines[i] = append(pad(a, w).with("  │  ", roleFrame), b...)
	}
	return lines
}

// source lays out Go with a bar at its left, under a caption.
func (l layout) source(caption, src string, bar role) []line {
	var lines []line
	mark := span{"▌ ", style{role: bar}}
	if l.ink == InkNone {
		mark.text = "| "
	}
	if caption != "" {
		c := span{caption, style{attr: dim}}
		lines = append(lines, line{{text: strings.Repeat(" ", l.margin())}, c})
	}
	mark.text = strings.Repeat(" ", l.margin()) + mark.text
	return append(lines, indent(goLines(src), mark, mark)...)
}

// excerpt lays out a piece of the stack's source.
func (l layout) excerpt(b *book.Block) []line {
	file, declaration, _ := strings.Cut(b.Ref, "#")
	return l.source(file+" · "+declaration, b.Text, roleFrame)
}

// output lays out what a cell printed: apart from prose and from Go, and never wrapped, so that pictures keep their shape.
func (l layout) output(s string, r role) []line {
	var lines []line
	mark := span{strings.Repeat(" ", l.margin()) + "│ ", style{role: roleFrame}}
	if r == roleError {
		mark.style.role = roleError
	}
	if l.ink == InkNone {
		mark.text = "  "
	}
	for t := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		lines = append(lines, line{mark, {printable(t), style{role: r}}})
	}
	return lines
}

// printable keeps a line of output from steering the terminal.
func printable(s string) string {
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch {
		case r == '\t':
			n := 8 - column%8
			b.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		case r == '\r':
			b.WriteRune('␍')
		case r < 0x20:
			b.WriteRune('␀' + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case r >= 0x80 && r < 0xa0:
			b.WriteRune('�')
		default:
			b.WriteRune(r)
		}
		column += width(string(r))
	}
	return b.String()
}
