package show

import (
	"slices"
	"strings"
)

// sequence is a picture of what goes to and fro between lanes, from the top down.
type sequence struct {
	title string
	lanes []lane
	// left and right are the headings of the two margins.
	left, right string
	empty       string // what to say when there are no rows
	unit        string // of the times in the margins; empty when those are not times
	rows        []step
}

// lane is one who sends and receives: a host, or a part of one.
type lane struct{ name, detail string }

// step is a line of a sequence: an arrow from one lane to another, or a note at one.
type step struct {
	from, to    int // lanes; the same: a note
	label       string
	left, right string // what stands in the margins
	number      string // of the step, where steps have numbers
	lost        bool   // it does not reach the other lane
	faint       bool   // it belongs here but is not what the picture is about
	// When it began and ended: places in the history. They decide the slope of an arrow where arrows can slope.
	began, ended int
}

func (s *step) note() bool { return s.from == s.to }

// Text draws the sequence with characters.
//
//	ms  client                                 server  ms
//	 0  ├─ SYN seq=0 ─────────────────────────────►│    5
func (q *sequence) Text() string {
	if len(q.rows) == 0 {
		return q.empty
	}
	x := q.columns()
	last := len(x) - 1
	var c canvas
	y := 0
	heading := func(text func(lane) string) {
		for i, l := range q.lanes {
			at, w := x[i], textWidth(text(l))
			switch {
			case i == 0:
			case i == last:
				at -= w - 1
			default:
				at -= w / 2
			}
			c.put(at, y, text(l))
		}
		y++
	}
	margin := textWidth(q.left)
	for _, r := range q.rows {
		margin = max(margin, textWidth(r.left))
	}
	rightMargin := textWidth(q.right)
	for _, r := range q.rows {
		rightMargin = max(rightMargin, textWidth(r.right))
	}
	margins := func(left, right string) {
		c.put(0, y, pad(left, margin, true))
		c.put(x[last]+3, y, pad(right, rightMargin, true))
	}
	margins(q.left, q.right)
	heading(func(l lane) string { return l.name })
	if slices.ContainsFunc(q.lanes, func(l lane) bool { return l.detail != "" }) {
		heading(func(l lane) string { return l.detail })
	}
	for _, r := range q.rows {
		for _, at := range x {
			c.put(at, y, "│")
		}
		margins(r.left, r.right)
		if r.note() {
			if r.from == last && last > 0 {
				c.put(x[last]-1-textWidth(r.label), y, r.label)
			} else {
				c.put(x[r.from]+2, y, r.label)
			}
		} else {
			q.arrowText(&c, y, x, r)
		}
		y++
	}
	return c.String()
}

// arrowText draws an arrow with its label in it.
func (q *sequence) arrowText(c *canvas, y int, x []int, r step) {
	a, b := min(r.from, r.to), max(r.from, r.to)
	c.fill(x[a]+1, y, x[b]-x[a]-1, "─")
	for i := a + 1; i < b; i++ {
		c.put(x[i], y, "┼")
	}
	if r.from < r.to {
		c.put(x[a], y, "├")
		c.put(x[b]-1, y, "►")
	} else {
		c.put(x[b], y, "┤")
		c.put(x[a]+1, y, "◄")
	}
	// The label stands where there is most room for it.
	room := a
	for i := a; i < b; i++ {
		if x[i+1]-x[i] > x[room+1]-x[room] {
			room = i
		}
	}
	label := " " + r.label + " "
	w := textWidth(label)
	free := x[room+1] - x[room] - 1 - w
	at := x[room] + 1 + max(1, free/2)
	switch {
	case b-a > 1:
	case r.from < r.to:
		at = x[room] + 2 // near where it begins
	default:
		at = x[room+1] - 1 - w
	}
	c.put(at, y, label)
	if !r.lost {
		return
	}
	// What is lost gets as far as its label, and a little further.
	if r.from < r.to {
		end := max(at+w+2, (x[a]+x[b])/2)
		c.put(end, y, "✗"+strings.Repeat(" ", max(0, x[b]-end-1)))
	} else {
		end := min(at-3, (x[a]+x[b])/2)
		c.put(x[a]+1, y, strings.Repeat(" ", max(0, end-x[a]-1))+"✗")
	}
}

// columns chooses where the lanes stand, so that everything has room between them.
func (q *sequence) columns() []int {
	left := textWidth(q.left)
	for _, r := range q.rows {
		left = max(left, textWidth(r.left))
	}
	if left > 0 {
		left += 2
	}
	last := len(q.lanes) - 1
	gaps := make([]int, max(0, last))
	for i := range gaps {
		// The headings: of the first lane it begins at the lane, of the last it ends there, of others it is in the middle.
		need := 2
		for _, side := range [...]int{i, i + 1} {
			w := max(textWidth(q.lanes[side].name), textWidth(q.lanes[side].detail))
			if side != 0 && side != last {
				w = (w + 1) / 2
			}
			need += w
		}
		gaps[i] = max(need, 12)
	}
	for _, r := range q.rows {
		a, b := min(r.from, r.to), max(r.from, r.to)
		switch w := textWidth(r.label); {
		case last == 0:
		case r.note():
			i := min(r.from, last-1)
			gaps[i] = max(gaps[i], w+3)
		case b-a == 1 && r.lost:
			gaps[a] = max(gaps[a], w+10)
		case b-a == 1:
			gaps[a] = max(gaps[a], w+6)
		}
	}
	for _, r := range q.rows {
		if a, b := min(r.from, r.to), max(r.from, r.to); b-a > 1 {
			i := a
			for j := a; j < b; j++ {
				if gaps[j] > gaps[i] {
					i = j
				}
			}
			gaps[i] = max(gaps[i], textWidth(r.label)+10)
		}
	}
	x := []int{left}
	for i, g := range gaps {
		x = append(x, x[i]+g+1)
	}
	return x
}
