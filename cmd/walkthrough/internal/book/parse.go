package book

import (
	"bytes"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// markdown reads what Git hosts read: CommonMark with tables.
var markdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))

// ParsePage reads one page. file names it in problems. The page is whole as far as it could be understood, whatever the
// problems.
func ParsePage(file string, lang Lang, source []byte) (*Page, Problems) {
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	p := &pageReader{page: &Page{Lang: lang, File: file, Source: string(source)}, names: map[string]int{}}
	p.run(source)
	return p.page, p.problems
}

// pageReader turns the syntax tree of a page into its blocks.
type pageReader struct {
	page     *Page
	problems Problems
	names    map[string]int // cell name → the line it was given on
	cell     *Cell          // the cell that an output here would belong to
	offset   int            // how far lines have been counted
	line     int
}

func (p *pageReader) problem(line int, format string, args ...any) {
	p.problems.add(p.page.File, line, format, args...)
}

func (p *pageReader) run(source []byte) {
	document := markdown.Parser().Parse(text.NewReader(source))
	for n := document.FirstChild(); n != nil; n = n.NextSibling() {
		start := lineStart(source, n.Pos())
		end := len(source)
		if next := n.NextSibling(); next != nil {
			end = lineStart(source, next.Pos())
		}
		end = start + len(bytes.TrimRight(source[start:end], " \t\n"))
		p.line += bytes.Count(source[p.offset:start], []byte("\n"))
		p.offset = start
		b := &Block{Line: p.line + 1, Source: string(source[start:end]), start: start, end: end}
		p.describe(b, n, source)
		if b.Kind == KindCell || b.Kind == KindOutput {
			p.cell = b.Cell
		} else {
			p.cell = nil
		}
		p.page.Blocks = append(p.page.Blocks, b)
	}
	if len(p.page.Blocks) == 0 {
		p.problem(1, "the page is empty: begin it with the chapter's title, as in “# The socket”")
		return
	}
	if b := p.page.Blocks[0]; b.Kind != KindHeading || b.Level != 1 {
		p.problem(b.Line, "the page begins with a %s: begin it with the chapter's title, as in “# The socket”", b.Kind)
	}
}

// describe fills b from the node it came from.
func (p *pageReader) describe(b *Block, n ast.Node, source []byte) {
	switch n := n.(type) {
	case *ast.Heading:
		b.Kind, b.Level = KindHeading, n.Level
		b.Text = headingText(b.Source)
		if n.Level == 1 && len(p.page.Blocks) > 0 {
			p.problem(b.Line, "a second title: a page has one heading with a single #, at its top; use ## here")
		}
	case *ast.FencedCodeBlock:
		p.fence(b, n, source)
	case *ast.CodeBlock:
		b.Kind, b.Text = KindCode, string(n.Lines().Value(source))
		p.problem(b.Line, "a code block by indentation: put it between ``` lines, so that the page says what it is")
	case *ast.List:
		b.Kind, b.Items = KindList, n.ChildCount()
		p.hidden(b, n, source)
	case *ast.Blockquote:
		b.Kind = KindQuote
		p.hidden(b, n, source)
	case *extast.Table:
		b.Kind, b.Items = KindTable, n.ChildCount()
	case *ast.ThematicBreak:
		b.Kind = KindRule
	case *ast.HTMLBlock:
		b.Kind = KindComment
		if !strings.HasPrefix(b.Source, "<!--") || !strings.HasSuffix(b.Source, "-->") {
			p.problem(b.Line, "HTML: a terminal can't show it; write Markdown, or <!-- a remark --> with a blank line round it")
		}
	case *ast.LinkReferenceDefinition:
		b.Kind = KindComment
		p.problem(b.Line, "a link written apart from its text: write it in place, as [text](address)")
	default:
		b.Kind = KindParagraph
		p.picture(b, n)
	}
}

// hidden finds cells inside a list or a quote, where they would not run.
func (p *pageReader) hidden(b *Block, n ast.Node, source []byte) {
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if f, ok := n.(*ast.FencedCodeBlock); ok && entering {
			if info := infoOf(f, source); info != "" && len(strings.Fields(info)) > 1 {
				line := b.Line + bytes.Count(source[b.start:f.Pos()], []byte("\n"))
				p.problem(line, "“%s” inside a %s does not run and is not recorded: move it out, to the left margin", info, b.Kind)
			}
		}
		return ast.WalkContinue, nil
	})
}

// picture recognises the line that stands for an output in a file of its own: an image, alone, after a cell.
func (p *pageReader) picture(b *Block, n ast.Node) {
	if n.ChildCount() != 1 {
		return
	}
	image, ok := n.FirstChild().(*ast.Image)
	if !ok {
		return
	}
	file := string(image.Destination)
	if path.Ext(file) != ".svg" || strings.Contains(file, "/") {
		return
	}
	b.Kind, b.Lang, b.Ref = KindOutput, "svg", file
	p.own(b)
}

// own gives an output to the cell it stands behind.
func (p *pageReader) own(b *Block) {
	if b.Cell = p.cell; b.Cell == nil {
		p.problem(b.Line, "an output without a cell: it must stand directly after a cell or another of its outputs; delete it, record writes outputs")
	}
}

// headingText strips the # of a heading, or the line under it.
func headingText(source string) string {
	if !strings.HasPrefix(source, "#") {
		if i := strings.LastIndexByte(source, '\n'); i >= 0 {
			source = source[:i]
		}
		return strings.Join(strings.Fields(source), " ")
	}
	t := strings.TrimSpace(strings.TrimLeft(source, "#"))
	if trimmed := strings.TrimRight(t, "#"); trimmed == "" || strings.HasSuffix(trimmed, " ") {
		t = strings.TrimSpace(trimmed)
	}
	return t
}

func lineStart(source []byte, pos int) int {
	return bytes.LastIndexByte(source[:pos], '\n') + 1
}

func infoOf(f *ast.FencedCodeBlock, source []byte) string {
	if f.Info == nil {
		return ""
	}
	return string(f.Info.Segment.Value(source))
}
