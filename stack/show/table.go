package show

import (
	"slices"
	"strings"
)

// Column is a column of a [Table].
type Column struct {
	Name  string
	Right bool // its cells are numbers: they stand at the right
}

// Table is a table. Every row has a cell for every column; missing ones are empty.
type Table struct {
	Title   string // for those who cannot see it; the text form leaves it out
	Columns []Column
	Rows    [][]string
	Empty   string // what to say when there are no rows
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Drop takes out every column in which no cell says anything: all are empty, or one of the given texts.
func (t *Table) Drop(nothing ...string) {
	says := func(column int) bool {
		for r := range t.Rows {
			if c := t.cell(r, column); c != "" && !slices.Contains(nothing, c) {
				return true
			}
		}
		return len(t.Rows) == 0
	}
	for i := len(t.Columns) - 1; i >= 0; i-- {
		if says(i) {
			continue
		}
		t.Columns = slices.Concat(t.Columns[:i], t.Columns[i+1:])
		for r, row := range t.Rows {
			if i < len(row) {
				t.Rows[r] = slices.Concat(row[:i], row[i+1:])
			}
		}
	}
}

func (t *Table) cell(row, column int) string {
	if r := t.Rows[row]; column < len(r) {
		return r[column]
	}
	return ""
}

// widths returns how many columns of text each column takes.
func (t *Table) widths() []int {
	w := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		w[i] = textWidth(c.Name)
		for r := range t.Rows {
			w[i] = max(w[i], textWidth(t.cell(r, i)))
		}
	}
	return w
}

// Text draws the table with its cells one below the other.
func (t *Table) Text() string {
	if len(t.Rows) == 0 && t.Empty != "" {
		return t.Empty
	}
	return strings.Join(t.lines(), "\n")
}

// lines returns the line of the columns' names and a line for each row.
func (t *Table) lines() []string {
	widths := t.widths()
	line := func(cell func(int) string) string {
		var b strings.Builder
		for i, w := range widths {
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(pad(cell(i), w, t.Columns[i].Right))
		}
		return strings.TrimRight(b.String(), " ")
	}
	lines := []string{line(func(i int) string { return t.Columns[i].Name })}
	for r := range t.Rows {
		lines = append(lines, line(func(i int) string { return t.cell(r, i) }))
	}
	return lines
}

// SVG draws the table.
func (t *Table) SVG() string {
	var s svg
	if len(t.Rows) == 0 && t.Empty != "" {
		s.label(0, svgFont, "start", svgFaint, t.Empty, "")
		return s.document(t.Title)
	}
	const space = 20.0
	x, bottom := 0.0, float64(len(t.Rows)+1)*svgRow
	for i, w := range t.widths() {
		long := float64(w) * svgColumn
		at, anchor := x, "start"
		if t.Columns[i].Right {
			at, anchor = x+long, "end"
		}
		s.label(at, svgFont, anchor, svgFaint, t.Columns[i].Name, "")
		for r := range t.Rows {
			s.label(at, float64(r+1)*svgRow+svgFont+4, anchor, svgInk, t.cell(r, i), "")
		}
		x += long + space
	}
	for r := range t.Rows {
		y := float64(r+1)*svgRow - 2
		s.line(0, y, x-space, y, svgFrame, "")
	}
	s.want(x-space, bottom)
	return s.document(t.Title)
}
