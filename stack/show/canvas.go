package show

import "strings"

// canvas is a page of characters that can be written to at any place.
type canvas struct {
	rows [][]string // a cell holds a character and what combines with it; the second cell of a wide one holds nothing
}

// put writes s from column x of row y.
func (c *canvas) put(x, y int, s string) {
	for len(c.rows) <= y {
		c.rows = append(c.rows, nil)
	}
	row := c.rows[y]
	for _, r := range s {
		w := runeWidth(r)
		if w == 0 {
			if x > 0 && x <= len(row) {
				row[x-1] += string(r)
			}
			continue
		}
		for len(row) < x+w {
			row = append(row, " ")
		}
		row[x] = string(r)
		if w == 2 {
			row[x+1] = ""
		}
		x += w
	}
	c.rows[y] = row
}

// fill writes the same character n times.
func (c *canvas) fill(x, y, n int, r string) { c.put(x, y, strings.Repeat(r, max(0, n))) }

func (c *canvas) String() string {
	lines := make([]string, len(c.rows))
	for i, row := range c.rows {
		lines[i] = strings.Join(row, "")
	}
	return trimLines(strings.Join(lines, "\n"))
}
