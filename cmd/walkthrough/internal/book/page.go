package book

import "regexp"

// Kind is what a block of a page is.
type Kind uint8

// The kinds of block.
const (
	KindHeading   Kind = iota + 1
	KindParagraph      // prose
	KindList           // prose
	KindTable          // prose
	KindQuote          // prose
	KindRule           // a line across the page
	KindComment        // HTML: a remark for writers, shown by no face
	KindCell           // Go that runs
	KindOutput         // what the cell before it printed or drew: recorded
	KindExcerpt        // a piece of the stack's source: recorded
	KindCode           // any other code block
)

var kinds = [...]string{"", "heading", "paragraph", "list", "table", "quote", "rule", "comment", "cell", "output", "excerpt", "code block"}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return "?"
}

// Prose reports whether blocks of the kind are written anew in each language; the others are the same in all.
func (k Kind) Prose() bool { return k >= KindHeading && k <= KindQuote }

// Block is one top-level piece of a page.
type Block struct {
	Kind   Kind
	Line   int    // the line of the page it begins on, from 1
	Source string // its Markdown, fences included, without the blank lines after it

	Level int    // of a heading: 1 is the chapter's title
	Items int    // of a list: how many; of a table: rows, the head included
	Text  string // of a heading: its Markdown without the #; of a code block: what is between the fences
	Lang  string // of a code block: the first word of its info string (go, text, mermaid); of an output in a file: svg
	Cell  *Cell  // of a cell; of an output: the cell it belongs to
	Ref   string // of an excerpt: what it names, file#declaration; of an output in a file: the file's name

	start, end int // where Source stands in the page
}

// output returns the block's content in the shape in which a run yields it.
func (b *Block) output() Output {
	if b.Ref != "" {
		return Output{Form: FormSVG, File: b.Ref}
	}
	return Output{Form: Form(b.Lang), Text: b.Text}
}

// Cell is a piece of Go that runs in the chapter's session, in order.
type Cell struct {
	Name   string // unique in its chapter; cell-N, counted from 1, where the page gives none
	Index  int    // which cell of the chapter it is, from 0
	File   string // the page it stands in
	Line   int    // the page's line that its first line of Go stands on
	Source string // the Go between the fences, with a newline at its end

	Covers   []string       // source statements it shows to be so
	Live     bool           // it needs Linux and namespaces; its output is compared by pattern
	Error    bool           // it is meant to fail
	Finished bool           // it runs in a fresh session on the finished stack
	As       Form           // the form its pictures take on the page; "": the one that suits them
	Vary     *regexp.Regexp // what differs from run to run in its output, recorded as …; nil: nothing

	info string // the attributes as written, for comparison between languages
}

// Page is a chapter in one language.
type Page struct {
	Lang   Lang
	File   string // from the module's root: chapters/01-socket/en.md
	Source string // its Markdown, lines ending in \n
	Blocks []*Block
}

// Title returns the chapter's title: the Markdown of its first heading.
func (p *Page) Title() string {
	for _, b := range p.Blocks {
		if b.Kind == KindHeading {
			return b.Text
		}
	}
	return ""
}

// Cells returns the page's cells in order.
func (p *Page) Cells() []*Cell {
	var list []*Cell
	for _, b := range p.Blocks {
		if b.Kind == KindCell {
			list = append(list, b.Cell)
		}
	}
	return list
}

// Outputs returns the recorded outputs of c.
func (p *Page) Outputs(c *Cell) []Output {
	var list []Output
	for _, b := range p.Blocks {
		if b.Kind == KindOutput && b.Cell != nil && b.Cell.Name == c.Name {
			list = append(list, b.output())
		}
	}
	return list
}
