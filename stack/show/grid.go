//go:build !before3

package show

import (
	"fmt"
	"strings"
)

// GridPicture is a frame drawn as the RFCs draw headers: 32 bits to a line. See [HeaderPicture.Grid].
type GridPicture struct{ parts []part }

// Grid draws the headers as the RFCs do, with what stands in them.
func (p *HeaderPicture) Grid() *GridPicture { return &GridPicture{p.parts} }

// SVG draws the headers in the RFCs' form.
func (p *HeaderPicture) SVG() string { return p.Grid().SVG() }

// piece is the part of a field that lies in one line of a grid.
type piece struct {
	*bits
	from, to int  // bits of the line
	widest   bool // of the field's pieces the first that is widest: it bears the name and the value
	// The bits in which the line above belongs to the same field; none when they are equal.
	openFrom, openTo int
}

// lines cuts a header into lines of 32 bits.
func (p *part) lines() [][]piece {
	lines := make([][]piece, (len(p.bytes)+3)/4)
	for i := range p.fields {
		f := &p.fields[i]
		best, at := -1, 0
		type spot struct{ line, i int }
		var spots []spot
		for bit := f.at; bit < f.at+f.size; {
			line := bit / 32
			end := min(f.at+f.size, (line+1)*32)
			lines[line] = append(lines[line], piece{bits: f, from: bit % 32, to: bit%32 + end - bit})
			spots = append(spots, spot{line, len(lines[line]) - 1})
			if end-bit > best {
				best, at = end-bit, len(spots)-1
			}
			bit = end
		}
		lines[spots[at].line][spots[at].i].widest = true
	}
	for i := 1; i < len(lines); i++ {
		for j := range lines[i] {
			c := &lines[i][j]
			for _, above := range lines[i-1] {
				if above.bits == c.bits && above.from < c.to && c.from < above.to {
					c.openFrom, c.openTo = max(above.from, c.from), min(above.to, c.to)
				}
			}
		}
	}
	return lines
}

// label returns the name and the value that fit into a number of columns.
func (c *piece) label(columns int) (name, value string) {
	if !c.widest {
		return "", ""
	}
	name = c.name
	if textWidth(name) > columns && c.short != "" {
		name = c.short
	}
	value = c.value
	if textWidth(value) > columns {
		value, _, _ = strings.Cut(value, " ")
	}
	return fit(name, columns), fit(value, columns)
}

// Text draws the grid with characters.
func (g *GridPicture) Text() string {
	const left = 5
	var c canvas
	y := 0
	for _, p := range g.parts {
		if y > 0 {
			y++
		}
		c.put(0, y, fmt.Sprintf("%s, %s", p.name, bytesText(uint64(len(p.bytes)))))
		y++
		if p.fields == nil {
			for _, line := range p.data() {
				c.put(0, y, line)
				y++
			}
			continue
		}
		for bit := range 32 {
			if bit%10 == 0 {
				c.put(left+1+2*bit, y, fmt.Sprint(bit/10))
			}
			c.put(left+1+2*bit, y+1, fmt.Sprint(bit%10))
		}
		y += 2
		lines := p.lines()
		for i, line := range lines {
			border(&c, left, y, lines, i)
			c.put(0, y+1, fmt.Sprintf("%4d", p.at+4*i))
			for _, cell := range line {
				x, columns := left+2*cell.from, 2*(cell.to-cell.from)-1
				name, value := cell.label(columns)
				c.put(x, y+1, "│"+center(name, columns)+"│")
				c.put(x, y+2, "│"+center(value, columns)+"│")
			}
			y += 3
		}
		border(&c, left, y, lines, len(lines))
		y++
	}
	return c.String()
}

// border draws the line above line i of a grid.
func border(c *canvas, left, y int, lines [][]piece, i int) {
	for bit := 0; bit <= 32; bit++ {
		up, down := edgeAt(lines, i-1, bit), edgeAt(lines, i, bit)
		before, after := ruled(lines, i, bit-1), ruled(lines, i, bit)
		if s := joint(up, down, before, after); s != "" {
			c.put(left+2*bit, y, s)
		}
		if bit < 32 && after {
			c.put(left+2*bit+1, y, "─")
		}
	}
}

// edgeAt says whether a cell of line i begins or ends at a bit.
func edgeAt(lines [][]piece, i, bit int) bool {
	if i < 0 || i >= len(lines) {
		return false
	}
	for _, c := range lines[i] {
		if c.from == bit || c.to == bit {
			return true
		}
	}
	return false
}

// ruled says whether there is a line above a bit of line i: not where a field goes on from the line above.
func ruled(lines [][]piece, i, bit int) bool {
	if bit < 0 || bit >= 32 {
		return false
	}
	at := func(i int) *bits {
		if i < 0 || i >= len(lines) {
			return nil
		}
		for _, c := range lines[i] {
			if c.from <= bit && bit < c.to {
				return c.bits
			}
		}
		return nil
	}
	above, below := at(i-1), at(i)
	return above != below
}

// joint is the character where lines meet.
func joint(up, down, left, right bool) string {
	i := 0
	for b, set := range [...]bool{up, down, left, right} {
		if set {
			i |= 1 << b
		}
	}
	return [...]string{"", "", "", "│", "", "┘", "┐", "┤", "", "└", "┌", "├", "─", "┴", "┬", "┼"}[i]
}

// SVG draws the grid.
func (g *GridPicture) SVG() string {
	const bit, row, left = 19.0, 40.0, 36.0
	tints := map[string]string{"Ethernet header": "#fff8c5", "IP header": "#dafbe1", "ARP packet": "#fbefff", "TCP header": "#ddf4ff"}
	var s svg
	y := 0.0
	for _, p := range g.parts {
		s.label(0, y+svgFont, "start", svgInk, p.name, `font-weight="600"`)
		s.label(left+32*bit, y+svgFont, "end", svgFaint, bytesText(uint64(len(p.bytes))), `font-size="11"`)
		y += svgRow
		if p.fields == nil {
			for _, line := range p.data() {
				s.label(0, y+svgFont, "start", svgInk, line, `xml:space="preserve"`)
				y += svgRow * 0.8
			}
			y += 8
			continue
		}
		for b := 0; b < 32; b += 8 {
			s.label(left+float64(b)*bit+3, y+8, "start", svgFaint, fmt.Sprint(b), `font-size="9"`)
		}
		s.label(left+32*bit-3, y+8, "end", svgFaint, "31", `font-size="9"`)
		y += 12
		for i, line := range p.lines() {
			s.label(left-8, y+row/2+4.5, "end", svgFaint, fmt.Sprint(p.at+4*i), `font-size="11"`)
			for _, c := range line {
				x, w := left+float64(c.from)*bit, float64(c.to-c.from)*bit
				s.box(x, y, w, row, tints[p.name], svgLine, "")
				if c.openTo > c.openFrom { // the field goes on: no line between its pieces
					s.add(`<path d="M%s %sH%s" stroke="%s" stroke-width="2.5"/>`,
						num(left+float64(c.openFrom)*bit+1), num(y), num(left+float64(c.openTo)*bit-1), tints[p.name])
				}
				name, value := c.label(int(w / 7))
				s.label(x+w/2, y+15, "middle", svgFaint, name, `font-size="10.5"`)
				s.label(x+w/2, y+31, "middle", svgInk, value, "")
			}
			y += row
		}
		y += 14
	}
	s.want(left+32*bit, y-10)
	return s.document("the headers of a frame")
}
