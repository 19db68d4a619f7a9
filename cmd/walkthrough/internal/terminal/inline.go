package terminal

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))

func parseMarkdown(source string) ast.Node {
	return markdown.Parser().Parse(gmtext.NewReader([]byte(source)))
}

// inlines turns the inline children of a node into spans.
type inlines struct {
	source []byte
	ink    Ink
	out    line
	soft   bool // a line of the source ended here; what follows decides whether that is a blank
}

func (x *inlines) children(n ast.Node, s style) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		x.node(c, s)
	}
}

func (x *inlines) node(n ast.Node, s style) {
	switch n := n.(type) {
	case *ast.Text:
		x.put(plainText(n.Segment.Value(x.source)), s)
		switch {
		case n.HardLineBreak():
			x.put("\n", s)
		case n.SoftLineBreak():
			x.soft = true
		}
	case *ast.String:
		x.put(string(n.Value), s)
	case *ast.CodeSpan:
		var b strings.Builder
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				b.Write(t.Segment.Value(x.source))
			}
		}
		code := strings.ReplaceAll(b.String(), "\n", " ")
		if x.ink == InkNone {
			code = "`" + code + "`"
		}
		x.put(code, style{roleCode, s.attr})
	case *ast.Emphasis:
		if s.attr |= italic; n.Level == 2 {
			s.attr = s.attr&^italic | bold
		}
		x.children(n, s)
	case *extast.Strikethrough:
		s.attr |= strike
		x.children(n, s)
	case *ast.Link:
		s.attr |= underline
		x.children(n, s)
		x.address(string(n.Destination))
	case *ast.AutoLink:
		s.attr |= underline
		x.put(string(n.URL(x.source)), s)
	case *ast.Image:
		x.put("[", s)
		x.children(n, s)
		x.put("]", s)
	case *ast.RawHTML:
		if tag := string(n.Segments.Value(x.source)); strings.HasPrefix(tag, "<br") {
			x.put("\n", s)
		}
	default:
		x.children(n, s)
	}
}

// address shows where a link leads, if that is out of the book: a file beside the page says nothing to who reads here.
func (x *inlines) address(to string) {
	if strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "https://") {
		if strings.TrimSuffix(lastText(x.out), "/") != strings.TrimSuffix(to, "/") {
			x.put(" ", style{})
			x.put("("+to+")", style{roleAddress, dim})
		}
	}
}

func lastText(l line) string {
	if len(l) == 0 {
		return ""
	}
	return l[len(l)-1].text
}

func (x *inlines) put(s string, st style) {
	if s == "" {
		return
	}
	if x.soft {
		x.soft = false
		before, _ := utf8.DecodeLastRuneInString(lastText(x.out))
		after, _ := utf8.DecodeRuneInString(s)
		if !joined(before, after) {
			x.out = append(x.out, span{" ", st})
		}
	}
	x.out = append(x.out, span{s, st})
}

// joined reports whether the end of a source line between two characters stands for nothing, as in CSS Text 4.1.3: so
// it is between Japanese characters and beside their punctuation. Korean separates words by blanks.
func joined(before, after rune) bool {
	return ideographic(before) && ideographic(after) || cjkMark(before) || cjkMark(after)
}

func ideographic(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー' || cjkMark(r)
}

// cjkMark reports full-width punctuation.
func cjkMark(r rune) bool {
	return r >= 0x3001 && r <= 0x303f || r >= 0xff01 && r <= 0xff0f || r >= 0xff1a && r <= 0xff1f || r == '・'
}

func plainText(b []byte) string {
	return string(util.UnescapePunctuations([]byte(html.UnescapeString(string(b)))))
}

// inlineSpans returns the spans of a node's text.
func inlineSpans(n ast.Node, source []byte, ink Ink, s style) line {
	x := inlines{source: source, ink: ink}
	x.children(n, s)
	return x.out
}
