package terminal

import (
	"strconv"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// prose renders the Markdown of one block in a column.
type prose struct {
	source []byte
	width  int
	ink    Ink
}

// renderProse returns a block of prose as lines of at most w columns.
func renderProse(b *book.Block, w int, ink Ink) []line {
	p := prose{source: []byte(b.Source), width: w, ink: ink}
	return p.blocks(parseMarkdown(b.Source), w, style{}, true)
}

// blocks renders the children of n; where they are loose, with a blank line between.
func (p *prose) blocks(n ast.Node, w int, s style, loose bool) []line {
	var lines []line
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if loose && len(lines) > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, p.block(c, w, s)...)
	}
	return lines
}

func (p *prose) block(n ast.Node, w int, s style) []line {
	switch n := n.(type) {
	case *ast.Heading:
		return p.heading(n, w)
	case *ast.List:
		return p.list(n, w, s)
	case *ast.Blockquote:
		bar := span{"│ ", style{role: roleFrame}}
		if p.ink == InkNone {
			bar.text = "> "
		}
		s.attr |= italic
		return indent(p.blocks(n, w-2, s, true), bar, bar)
	case *extast.Table:
		return p.table(n, w)
	case *ast.FencedCodeBlock:
		return p.code(string(n.Language(p.source)), string(n.Lines().Value(p.source)))
	case *ast.CodeBlock:
		return p.code("", string(n.Lines().Value(p.source)))
	case *ast.ThematicBreak:
		return []line{styled(strings.Repeat("─", w), roleFrame)}
	case *ast.HTMLBlock:
		return nil
	}
	return wrap(inlineSpans(n, p.source, p.ink, s), w)
}

// heading marks its level by shape too, so that it stands out without colours.
func (p *prose) heading(n *ast.Heading, w int) []line {
	s := style{roleTitle, bold}
	spans := inlineSpans(n, p.source, p.ink, s)
	if p.ink == InkNone {
		return indent(wrap(spans, w-n.Level-1), span{strings.Repeat("#", n.Level) + " ", s}, span{text: strings.Repeat(" ", n.Level+1)})
	}
	lines := wrap(spans, w)
	if n.Level == 1 {
		widest := 0
		for _, l := range lines {
			widest = max(widest, l.width())
		}
		lines = append(lines, line{{strings.Repeat("━", widest), style{role: roleTitle}}})
	}
	return lines
}

func (p *prose) list(n *ast.List, w int, s style) []line {
	var lines []line
	number := n.Start
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		mark := "• "
		if p.ink == InkNone {
			mark = "- "
		}
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		if !n.IsTight && len(lines) > 0 {
			lines = append(lines, nil)
		}
		mw := width(mark)
		item := p.blocks(c, w-mw, s, !n.IsTight)
		if len(item) == 0 {
			item = []line{nil}
		}
		lines = append(lines, indent(item, span{mark, style{role: roleFrame}}, span{text: strings.Repeat(" ", mw)})...)
	}
	return lines
}

func (p *prose) code(lang, source string) []line {
	var lines []line
	if lang == "go" {
		lines = goLines(source)
	} else {
		for l := range strings.SplitSeq(strings.TrimRight(source, "\n"), "\n") {
			lines = append(lines, text(strings.ReplaceAll(l, "\t", "    ")))
		}
	}
	return indent(lines, span{text: "  "}, span{text: "  "})
}

// table renders a table whose columns are narrowed, widest first, until it fits.
func (p *prose) table(n *extast.Table, w int) []line {
	var rows [][]line
	for r := n.FirstChild(); r != nil; r = r.NextSibling() {
		s := style{}
		if _, head := r.(*extast.TableHeader); head {
			s.attr = bold
		}
		var row []line
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			row = append(row, inlineSpans(c, p.source, p.ink, s))
		}
		rows = append(rows, row)
	}
	widths := fitColumns(rows, w)
	var lines []line
	for i, row := range rows {
		if i == 1 {
			lines = append(lines, rule(widths))
		}
		lines = append(lines, tableRow(row, widths, n.Alignments)...)
	}
	return lines
}

const columnGap = 3 // " │ "

func fitColumns(rows [][]line, w int) []int {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 1)
			}
			widths[i] = max(widths[i], c.width())
		}
	}
	total := columnGap * (len(widths) - 1)
	for _, c := range widths {
		total += c
	}
	for ; total > w; total-- {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= 4 {
			break
		}
		widths[widest]--
	}
	return widths
}

func rule(widths []int) line {
	parts := make([]string, len(widths))
	for i, w := range widths {
		parts[i] = strings.Repeat("─", w)
	}
	return styled(strings.Join(parts, "─┼─"), roleFrame)
}

func tableRow(row []line, widths []int, alignments []extast.Alignment) []line {
	cells := make([][]line, len(widths))
	height := 1
	for i := range widths {
		if i < len(row) {
			cells[i] = wrap(row[i], widths[i])
		}
		height = max(height, len(cells[i]))
	}
	lines := make([]line, height)
	for y := range lines {
		for i, w := range widths {
			if i > 0 {
				lines[y] = lines[y].with(" │ ", roleFrame)
			}
			var c line
			if y < len(cells[i]) {
				c = cells[i][y]
			}
			if i < len(alignments) && alignments[i] == extast.AlignRight {
				c = append(text(strings.Repeat(" ", max(0, w-c.width()))), c...)
			}
			lines[y] = append(lines[y], pad(c, w)...)
		}
	}
	return lines
}
