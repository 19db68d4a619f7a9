package terminal

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
)

// Picture draws, as SVG, what a reader sees in a terminal of the given width at one cell of a chapter: the prose before it,
// the cell, and what it yields. The chapter is run up to there.
func Picture(ctx context.Context, c *book.Chapter, langs []book.Lang, o notebook.Options, columns int, cell string) (string, error) {
	nb, err := notebook.Open(ctx, c, o)
	if err != nil {
		return "", err
	}
	defer nb.Close()
	p := page{layout{columns, InkColor}, langs, msg.For(langs[0])}
	list := sections(c)
	for _, sec := range list {
		if sec.cell == nil {
			break
		}
		lines := p.section(sec)
		lines = append(lines, p.cell(sec.cell, len(list)-1)...)
		t := newTranscript(p, func(l ...line) { lines = append(lines, l...) }, sec.cell.Source)
		r, err := nb.Run(ctx, t.message)
		t.end(r.Err)
		switch {
		case err != nil:
			return "", err
		case !r.AsMeant():
			return "", fmt.Errorf("%s:%d: cell %s did not run as meant", sec.cell.File, sec.cell.Line, sec.cell.Name)
		case sec.cell.Name == cell:
			return drawSVG(lines, columns), nil
		}
	}
	return "", errors.New("chapter " + c.Name + " has no cell " + cell)
}

// A cell of the drawing's grid, in the drawing's units, and the space round it.
const (
	cellWidth, cellHeight = 8, 18
	frameSpace            = 16
	baseline              = 13
)

// tints are the roles' colours on the drawing's dark ground.
var tints = [...]string{
	roleCode: "#7fdbca", roleTitle: "#82aaff", roleKeyword: "#c792ea", roleString: "#addb67", roleNumber: "#f78c6c",
	roleComment: "#7f93a3", roleName: "#82aaff", roleBar: "#82aaff", roleFrame: "#5f7e97", roleError: "#ff6363",
	roleNote: "#ecc48d", rolePrompt: "#addb67",
}

// drawSVG draws lines of a terminal. Every character has its place told, a wide one two columns, so that it keeps its
// place whatever font there is.
func drawSVG(lines []line, columns int) string {
	var b strings.Builder
	w, h := columns*cellWidth+2*frameSpace, len(lines)*cellHeight+2*frameSpace
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" `+
		`font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK JP', monospace" font-size="13" xml:space="preserve">`+"\n", w, h, w, h)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#011627"/>`+"\n", w, h)
	for i, l := range lines {
		drawLine(&b, l, frameSpace+i*cellHeight+baseline)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func drawLine(b *strings.Builder, l line, y int) {
	column := 0
	for _, s := range l {
		if strings.TrimSpace(s.text) == "" {
			column += width(s.text)
			continue
		}
		var places []string
		for g := uniseg.NewGraphemes(s.text); g.Next(); {
			at := fmt.Sprint(frameSpace + column*cellWidth)
			for range g.Runes() {
				places = append(places, at)
			}
			column += width(g.Str())
		}
		fmt.Fprintf(b, `<text x="%s" y="%d"%s>%s</text>`+"\n", strings.Join(places, " "), y, svgStyle(s.style), html.EscapeString(s.text))
	}
}

func svgStyle(s style) string {
	fill := "#d6deeb"
	if int(s.role) < len(tints) && tints[s.role] != "" {
		fill = tints[s.role]
	}
	a := ` fill="` + fill + `"`
	if s.attr&bold != 0 {
		a += ` font-weight="bold"`
	}
	if s.attr&italic != 0 {
		a += ` font-style="italic"`
	}
	if s.attr&dim != 0 {
		a += ` opacity="0.7"`
	}
	return a
}
