package show

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// SVG draws the sequence, with arrows that slope: a packet arrives further down than it was sent, and what happened in
// between stands in between.
func (q *sequence) SVG() string {
	const head, slot, middle = 3.2 * svgRow, 26.0, svgFont * 0.35
	var s svg
	if len(q.rows) == 0 {
		s.label(0, svgFont, "start", svgFaint, q.empty, "")
		return s.document(q.title)
	}
	x := q.pixels()
	// Every place in the history that something begins or ends at has a height of its own.
	var places []int
	for _, r := range q.rows {
		places = append(places, r.began, r.ended)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	y := func(place int) float64 {
		i, _ := slices.BinarySearch(places, place)
		return head + float64(i)*slot
	}
	bottom := head + float64(len(places))*slot
	leftNotes, rightNotes := q.outside()
	leftEdge, rightEdge := x[0]-14-leftNotes, x[len(x)-1]+14+rightNotes

	if q.unit != "" {
		s.label(leftEdge, head-slot*0.6, "end", svgFaint, q.left, `font-size="11"`)
	}
	s.label(rightEdge, head-slot*0.6, "start", svgFaint, q.right, `font-size="11"`)
	for i, l := range q.lanes {
		s.label(x[i], svgFont, "middle", svgInk, l.name, `font-weight="600"`)
		s.label(x[i], svgFont+svgRow*0.8, "middle", svgFaint, l.detail, `font-size="11"`)
		s.line(x[i], head-slot*0.9, x[i], bottom, svgLine, "")
	}
	for _, r := range q.rows {
		colour := svgBlue
		switch {
		case r.lost:
			colour = svgRed
		case r.faint:
			colour = svgFaint
		}
		y1, y2 := y(r.began), y(r.ended)
		if r.note() {
			q.noteSVG(&s, x, y1, r)
		} else {
			arrowSVG(&s, x[r.from], y1, x[r.to], y2, r, colour)
		}
		// What stands in the margins belongs to the end that is nearer.
		leftY, rightY := y1, y2
		if r.to < r.from {
			leftY, rightY = y2, y1
		}
		if r.number == "" { // which stands on the lane itself
			s.label(leftEdge, leftY+middle, "end", svgFaint, r.left, `font-size="11"`)
		}
		s.label(rightEdge, rightY+middle, "start", svgFaint, r.right, `font-size="11"`)
		if r.number != "" {
			at := x[r.from]
			s.add(`<circle cx="%s" cy="%s" r="9" fill="%s"/>`, num(at), num(y1), svgInk)
			s.label(at, y1+4, "middle", svgGround, r.number, `font-size="10.5" font-weight="600"`)
		}
	}
	s.want(0, bottom)
	return s.document(q.title)
}

// noteSVG writes a note beside its lane: of the first and the last lane outside, where no arrow is.
func (q *sequence) noteSVG(s *svg, x []float64, y float64, r step) {
	colour := svgGreen
	if r.faint {
		colour = svgFaint
	}
	away := 8.0
	if r.number != "" {
		away = 14
	} else {
		s.add(`<circle cx="%s" cy="%s" r="3.5" fill="%s"/>`, num(x[r.from]), num(y), colour)
	}
	if r.from == 0 && len(x) > 1 {
		s.label(x[r.from]-away, y+4.5, "end", colour, r.label, "")
		return
	}
	s.label(x[r.from]+away, y+4.5, "start", colour, r.label, "")
}

// outside is how much room the notes outside of the first and the last lane take.
func (q *sequence) outside() (left, right float64) {
	for _, r := range q.rows {
		w := float64(textWidth(r.label)) * svgColumn
		switch {
		case r.note() && r.from == 0:
			left = max(left, w)
		case r.note() && r.from == len(q.lanes)-1:
			right = max(right, w)
		}
	}
	return left, right
}

// arrowSVG draws an arrow with its label along it.
func arrowSVG(s *svg, x1, y1, x2, y2 float64, r step, colour string) {
	if r.lost {
		// It is on its way for a while, and then no more.
		x2 = x1 + (x2-x1)*0.72
		y2 = y1 + 8
		s.line(x1, y1, x2, y2, colour, "")
		s.add(`<path d="M%s %sl10 10m0 -10l-10 10" stroke="%s" stroke-width="2"/>`, num(x2-5), num(y2-5), colour)
	} else {
		s.arrow(x1, y1, x2, y2, colour, "")
	}
	angle := math.Atan2(y2-y1, x2-x1) * 180 / math.Pi
	if x2 < x1 {
		angle += 180
	}
	mx, my := (x1+x2)/2, (y1+y2)/2
	s.label(mx, my-5, "middle", svgInk, r.label, fmt.Sprintf(`transform="rotate(%s %s %s)"`, num(math.Mod(angle, 360)), num(mx), num(my)))
}

// pixels is columns for SVG: labels have more room there, and the headings stand in the middle of their lanes.
func (q *sequence) pixels() []float64 {
	half := func(l lane) float64 { return float64(max(textWidth(l.name), textWidth(l.detail)))*svgColumn/2 + 8 }
	left := 0
	if q.unit != "" {
		left = textWidth(q.left)
		for _, r := range q.rows {
			left = max(left, textWidth(r.left))
		}
	}
	notes, _ := q.outside()
	x := []float64{max(float64(left)*svgColumn+14+notes, half(q.lanes[0]))}
	columns := q.columns()
	for i := 1; i < len(columns); i++ {
		gap := max(float64(columns[i]-columns[i-1])*svgColumn, half(q.lanes[i-1])+half(q.lanes[i]))
		x = append(x, x[i-1]+gap)
	}
	return x
}

// Mermaid tells the sequence as a sequence diagram.
func (q *sequence) Mermaid() string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	if len(q.rows) == 0 {
		return b.String() + "    participant p0 as " + mermaidText(q.empty)
	}
	for i, l := range q.lanes {
		text := mermaidText(l.name)
		if l.detail != "" {
			text += "<br/>" + mermaidText(l.detail)
		}
		fmt.Fprintf(&b, "    participant p%d as %s\n", i, text)
	}
	for _, r := range q.rows {
		label := mermaidText(r.label)
		if r.number != "" {
			label = "(" + r.number + ") " + label
		}
		switch {
		case r.note() && r.from == len(q.lanes)-1 && len(q.lanes) > 1:
			fmt.Fprintf(&b, "    Note left of p%d: %s\n", r.from, label)
		case r.note():
			fmt.Fprintf(&b, "    Note right of p%d: %s\n", r.from, label)
		case r.lost:
			fmt.Fprintf(&b, "    p%d-xp%d: %s\n", r.from, r.to, label+q.times(r))
		case r.faint:
			fmt.Fprintf(&b, "    p%d-->>p%d: %s\n", r.from, r.to, label+q.times(r))
		default:
			fmt.Fprintf(&b, "    p%d->>p%d: %s\n", r.from, r.to, label+q.times(r))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// times says when a packet was sent and when it arrived, where the margins have times.
func (q *sequence) times(r step) string {
	began, ended := r.left, r.right
	if r.to < r.from && len(q.lanes) == 2 {
		began, ended = ended, began
	}
	switch {
	case q.unit == "" || began == "" && ended == "":
		return ""
	case began == "" || ended == "":
		return "<br/>" + began + ended + " " + q.unit
	}
	return "<br/>" + began + " → " + ended + " " + q.unit
}

// mermaidText writes text so that nothing in it means something to Mermaid.
func mermaidText(s string) string {
	return mermaidEscapes.Replace(s)
}

var mermaidEscapes = strings.NewReplacer("#", "#35;", ";", "#59;", "<", "#lt;", ">", "#gt;", "\n", " ", `"`, "#quot;", "%%", "%#37;")
