//go:build !before3

package show

import (
	"fmt"
	"strings"

	"github.com/tsunagu/tsunagu/stack/header"
)

// HeaderPicture is a frame, header by header. See [Header].
type HeaderPicture struct{ parts []part }

// Header takes a frame apart: which bytes belong to which header, and which field says what. A frame begins with its
// Ethernet header and ends before the FCS, as the trace has it.
func Header(frame []byte) *HeaderPicture { return &HeaderPicture{parts(frame)} }

// Text shows the headers one behind the other, and then every field: where it is, its bytes, its bits where it does not
// fill its bytes, its name and what it says.
func (p *HeaderPicture) Text() string {
	t := Table{Columns: []Column{{Name: "byte", Right: true}, {Name: "hex"}, {Name: "bits"}, {Name: "field"}, {Name: "value"}}}
	ends := make([]int, len(p.parts)) // of each part's rows
	for i := range p.parts {
		p.parts[i].rows(&t)
		ends[i] = len(t.Rows)
	}
	rows := t.lines()
	lines := []string{p.bar(), ""}
	if len(t.Rows) > 0 {
		lines = append(lines, rows[0])
	}
	row := 0
	for i, part := range p.parts {
		name := strings.ToUpper(part.name[:1]) + part.name[1:]
		lines = append(lines, fmt.Sprintf("%s, %s", name, bytesText(uint64(len(part.bytes)))))
		lines = append(lines, rows[1+row:1+ends[i]]...)
		row = ends[i]
		if part.fields == nil {
			lines = append(lines, part.data()...)
		}
	}
	return strings.Join(lines, "\n")
}

// hexBytes is how many bytes stand in a row: as many as an address of Ethernet has. A longer option takes several.
const hexBytes = 6

// rows adds a row for each field; the control bits share one.
func (p *part) rows(t *Table) {
	flags := false
	for _, f := range p.fields {
		first, end := f.bytes()
		switch {
		case f.size > 1:
			row := min(end, first+hexBytes)
			t.Add(fmt.Sprint(p.at+first), fmt.Sprintf("% x", p.bytes[first:row]), f.pattern(p), f.name, f.value)
			for ; row < end; row += hexBytes {
				t.Add(fmt.Sprint(p.at+row), fmt.Sprintf("% x", p.bytes[row:min(end, row+hexBytes)]))
			}
		case !flags:
			flags = true
			b := p.bytes[first]
			set := header.Flags(b).String()
			if set == "" {
				set = "none"
			}
			t.Add(fmt.Sprint(p.at+first), fmt.Sprintf("%02x", b), fmt.Sprintf("%08b", b), "control bits", set)
		}
	}
}

// dataLines is how many lines of data are shown.
const dataLines = 8

// data shows the bytes of a part that is no header, or the first of them.
func (p *part) data() []string {
	lines := strings.Split(hexLinesFrom(p.at, p.bytes), "\n")
	if len(lines) > dataLines {
		lines = append(lines[:dataLines], fmt.Sprintf("      … %d more bytes", len(p.bytes)-16*dataLines))
	}
	return lines
}

// pattern shows which bits of its bytes a field is, if not all.
func (f *bits) pattern(p *part) string {
	first, end := f.bytes()
	if f.size == 8*(end-first) {
		return ""
	}
	var b strings.Builder
	for i := first * 8; i < end*8; i++ {
		if i%8 == 0 && i > first*8 {
			b.WriteByte(' ')
		}
		switch {
		case i < f.at || i >= f.at+f.size:
			b.WriteByte('.')
		case p.bytes[i/8]>>(7-i%8)&1 == 1:
			b.WriteByte('1')
		default:
			b.WriteByte('0')
		}
	}
	return b.String()
}

// bar draws the parts side by side, with the place where each begins.
//
//	┌─────────────────┬───────────┬────────────┐
//	│ Ethernet header │ IP header │ TCP header │
//	└─────────────────┴───────────┴────────────┘
//	0                 14          34           58
func (p *HeaderPicture) bar() string {
	var c canvas
	x, total := 0, 0
	for i, part := range p.parts {
		left := [3]string{"┬", "│", "┴"}
		if i == 0 {
			left = [3]string{"┌", "│", "└"}
		}
		w := textWidth(part.name) + 2
		for y, ch := range left {
			c.put(x, y, ch)
		}
		c.fill(x+1, 0, w, "─")
		c.put(x+2, 1, part.name)
		c.fill(x+1, 2, w, "─")
		c.put(x, 3, fmt.Sprint(part.at))
		x += w + 1
		total = part.at + len(part.bytes)
	}
	for y, ch := range [3]string{"┐", "│", "┘"} {
		c.put(x, y, ch)
	}
	c.put(x, 3, fmt.Sprint(total))
	return c.String()
}
