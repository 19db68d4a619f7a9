package book

import (
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Mentions is what a page speaks of in code: in its cells, excerpts and code blocks, and between backticks in its prose.
type Mentions struct {
	words map[string]bool
	files map[string]bool // paths, and names
}

var (
	word     = regexp.MustCompile(`[\pL_][\pL\pN_]*`)
	fileName = regexp.MustCompile(`[\w./-]+\.go\b`)
)

// Mentions returns what the page speaks of.
func (p *Page) Mentions() *Mentions {
	m := &Mentions{words: map[string]bool{}, files: map[string]bool{}}
	for _, b := range p.Blocks {
		switch {
		case b.Kind == KindExcerpt:
			m.add(b.Ref)
			m.add(b.Text)
		case b.Kind == KindCell || b.Kind == KindCode:
			m.add(b.Text)
		case b.Kind.Prose():
			m.addSpans(b.Source)
		}
	}
	return m
}

// Word reports whether the page uses the word.
func (m *Mentions) Word(w string) bool { return m.words[w] }

// File reports whether the page names the file, by its path or by its name.
func (m *Mentions) File(file string) bool { return m.files[file] || m.files[path.Base(file)] }

func (m *Mentions) add(code string) {
	for _, w := range word.FindAllString(code, -1) {
		m.words[w] = true
	}
	for _, f := range fileName.FindAllString(code, -1) {
		m.files[f] = true
	}
}

func (m *Mentions) addSpans(prose string) {
	source := []byte(prose)
	ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if span, ok := n.(*ast.CodeSpan); ok && entering {
			var b strings.Builder
			for c := span.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					b.Write(t.Segment.Value(source))
				}
			}
			m.add(b.String())
		}
		return ast.WalkContinue, nil
	})
}
