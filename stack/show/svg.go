package show

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The colours of all pictures: dark ink on a light ground, with a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3).
const (
	svgGround = "#ffffff"
	svgFrame  = "#d0d7de"
	svgInk    = "#1f2328"
	svgFaint  = "#59636e"
	svgLine   = "#8c959f"
	svgBlue   = "#0550ae"
	svgRed    = "#b42318"
	svgGreen  = "#116329"
	svgTint   = "#f6f8fa"
)

// Sizes of text, in pixels. In a font where every character is as wide as the next, svgColumn is how wide.
const (
	svgFont   = 13
	svgColumn = 7.83
	svgRow    = 22
)

// svg builds a document. Positions are pixels.
type svg struct {
	body          strings.Builder
	width, height float64
}

// want makes sure that the point lies on the ground.
func (s *svg) want(x, y float64) {
	s.width, s.height = max(s.width, x), max(s.height, y)
}

func (s *svg) add(format string, a ...any) { fmt.Fprintf(&s.body, format+"\n", a...) }

// num writes a coordinate with at most one decimal.
func num(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}

// label writes text; anchor is start, middle or end, style further attributes.
func (s *svg) label(x, y float64, anchor, colour, text, style string) {
	if text == "" {
		return
	}
	long := float64(textWidth(text)) * svgColumn
	switch anchor {
	case "start":
		s.want(x+long, y)
	case "middle":
		s.want(x+long/2, y)
	}
	if style != "" {
		style = " " + style
	}
	s.add(`<text x="%s" y="%s" text-anchor="%s" fill="%s"%s>%s</text>`, num(x), num(y), anchor, colour, style, svgText(text))
}

// svgText makes text fit for SVG, in which not even escaped control characters may stand.
func svgText(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return '.'
		}
		return r
	}, strings.ToValidUTF8(s, ".")))
}

func (s *svg) line(x1, y1, x2, y2 float64, colour, style string) {
	s.want(max(x1, x2), max(y1, y2))
	if style != "" {
		style = " " + style
	}
	s.add(`<path d="M%s %sL%s %s" stroke="%s"%s/>`, num(x1), num(y1), num(x2), num(y2), colour, style)
}

// arrow is a line with a head at its second end.
func (s *svg) arrow(x1, y1, x2, y2 float64, colour, style string) {
	s.line(x1, y1, x2, y2, colour, style)
	s.head(x1, y1, x2, y2, colour)
}

// head draws the arrow head of a line.
func (s *svg) head(x1, y1, x2, y2 float64, colour string) {
	long := math.Hypot(x2-x1, y2-y1)
	if long == 0 {
		return
	}
	dx, dy := (x2-x1)/long, (y2-y1)/long
	bx, by := x2-9*dx, y2-9*dy
	s.add(`<path d="M%s %sL%s %sL%s %sZ" fill="%s"/>`, num(x2), num(y2), num(bx-4*dy), num(by+4*dx), num(bx+4*dy), num(by-4*dx), colour)
}

func (s *svg) box(x, y, w, h float64, fill, stroke, style string) {
	s.want(x+w, y+h)
	if style != "" {
		style = " " + style
	}
	s.add(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s" stroke="%s"%s/>`, num(x), num(y), num(w), num(h), fill, stroke, style)
}

// document puts the ground under what has been drawn. The title is for those who cannot see it.
func (s *svg) document(title string) string {
	const margin = 12
	w, h := s.width+2*margin, s.height+2*margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" role="img" `+
		`font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%[3]d" stroke-width="1.2">
<title>%[4]s</title>
<rect x="0.5" y="0.5" width="%[5]s" height="%[6]s" rx="6" fill="%[7]s" stroke="%[8]s"/>
<g transform="translate(%[9]d %[9]d)">
%[10]s</g>
</svg>
`, num(w), num(h), svgFont, svgText(title), num(w-1), num(h-1), svgGround, svgFrame, margin, s.body.String())
}
