package show

import (
	"fmt"
	"slices"
	"strings"
)

// SVG draws the diagram, the way taken in colour.
func (p *StatePicture) SVG() string {
	const cw, ch = 9.5, 17.0
	at := func(x, y int) (float64, float64) { return float64(x)*cw + cw/2, float64(y)*ch + ch/2 }
	var s svg
	draw := func(i int) {
		e, numbers := stateEdges[i], p.numbers(i)
		colour, style := svgLine, `fill="none"`
		if numbers != "" {
			colour, style = svgBlue, `fill="none" stroke-width="2.4"`
		}
		var path strings.Builder
		last := len(e.line) - 1
		for j, c := range e.line {
			x, y := at(c[0], c[1])
			if j == 0 || j == last {
				x, y = onBorder(e, j == last, x, y)
			}
			fmt.Fprintf(&path, "%s%s %s", map[bool]string{true: "M", false: "L"}[j == 0], num(x), num(y))
			s.want(x, y)
		}
		s.add(`<path d="%s" stroke="%s" %s/>`, path.String(), colour, style)
		bx, by := at(e.line[last-1][0], e.line[last-1][1])
		x, y := at(e.line[last][0], e.line[last][1])
		x, y = onBorder(e, true, x, y)
		if e.line[last-1][0] == e.line[last][0] {
			bx = x
		} else {
			by = y
		}
		s.head(bx, by, x, y, colour)
		if numbers != "" {
			mx, my := (bx+x)/2, (by+y)/2
			if bx == x && y-by < 60 { // no room on so short a line
				mx += 14
			}
			s.box(mx-float64(len(numbers))*3.5-6, my-9, float64(len(numbers))*7+12, 18, svgBlue, "none", `rx="9"`)
			s.label(mx, my+4.5, "middle", svgGround, numbers, `font-size="11" font-weight="600"`)
		}
	}
	for i := range stateEdges { // what was not taken lies below
		if p.numbers(i) == "" {
			draw(i)
		}
	}
	for i := range stateEdges {
		if p.numbers(i) != "" {
			draw(i)
		}
	}
	for _, b := range statePlaces {
		fill, stroke, style := svgTint, svgLine, `rx="4"`
		if p.visited(b.name) {
			fill, stroke, style = "#ddf4ff", svgBlue, `rx="4" stroke-width="2.4"`
		}
		x, y := float64(b.x)*cw, float64(b.y)*ch
		s.box(x, y, boxWidth*cw, boxHeight*ch, fill, stroke, style)
		s.label(x+boxWidth*cw/2, y+boxHeight*ch/2+4.5, "middle", svgInk, strings.TrimSpace(b.name), "")
	}
	y := s.height + 1.5*svgRow
	for _, line := range strings.Split(p.legend().Text(), "\n") {
		s.label(0, y, "start", svgInk, line, `xml:space="preserve" font-size="12"`)
		y += svgRow * 0.85
	}
	return s.document("TCP's states and the way that " + p.host + " took")
}

// onBorder moves the end of an edge from the middle of its character to the border of the box beside it.
func onBorder(e stateEdge, last bool, x, y float64) (float64, float64) {
	const cw, ch = 9.5, 17.0
	name, i := e.from, 0
	if last {
		name, i = e.to, len(e.line)-1
	}
	b := statePlaces[slices.IndexFunc(statePlaces[:], func(s statePlace) bool { return s.name == name })]
	switch c := e.line[i]; {
	case c[1] < b.y:
		y = float64(b.y) * ch
	case c[1] >= b.y+boxHeight-1:
		y = float64(b.y+boxHeight) * ch
	case c[0] < b.x:
		x = float64(b.x) * cw
	default:
		x = float64(b.x+boxWidth) * cw
	}
	return x, y
}

// Mermaid tells the diagram as a state diagram; the way taken is numbered, and its states stand out.
func (p *StatePicture) Mermaid() string {
	id := func(name string) string {
		if name == endState {
			return "END"
		}
		return strings.ReplaceAll(name, "-", "_")
	}
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    classDef taken fill:#ddf4ff,stroke:#0550ae,stroke-width:3px,color:#1f2328\n")
	for _, s := range statePlaces {
		fmt.Fprintf(&b, "    state \"%s\" as %s\n", strings.TrimSpace(s.name), id(s.name))
	}
	for i, e := range stateEdges {
		label := e.cause
		if n := p.numbers(i); n != "" {
			label = "(" + n + ") " + label
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", id(e.from), id(e.to), mermaidText(label))
	}
	for i, t := range p.taken {
		if t.edge < 0 {
			fmt.Fprintf(&b, "    %s --> %s: (%d) given up\n", id(t.from), id(endState), i+1)
		}
	}
	for _, s := range statePlaces {
		if p.visited(s.name) {
			fmt.Fprintf(&b, "    class %s taken\n", id(s.name))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
