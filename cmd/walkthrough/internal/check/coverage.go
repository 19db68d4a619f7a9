package check

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
)

// uncovered wants the chapter to cover every statement assigned to it, and to claim none that does not exist.
func uncovered(statements []book.Statement, c *book.Chapter) book.Problems {
	var problems book.Problems
	covered := map[string]bool{}
	for _, cell := range c.Cells() {
		for _, id := range cell.Covers {
			covered[id] = true
			if !slices.ContainsFunc(statements, func(s book.Statement) bool { return s.ID == id }) {
				problems = append(problems, book.Problem{File: cell.File, Line: cell.Line - 1,
					Text: "covers=" + id + ": notes/source-map.md has no such statement"})
			}
		}
	}
	for _, s := range statements {
		if s.In(c.Number) && !covered[s.ID] {
			problems = append(problems, book.Problem{File: c.Pages[book.English].File,
				Text: fmt.Sprintf("no cell covers statement %s (%s): show it in a cell and say covers=%s", s.ID, s.Text[book.English], s.ID)})
		}
	}
	return problems
}

// shown is a cell that covers a statement, with what stands round it in one language.
type shown struct {
	cell     *book.Cell
	page     *book.Page
	sentence *book.Block // nil when the section has no prose
	outputs  []book.Output
}

// showing returns the chapter's cells that cover a statement.
func showing(c *book.Chapter, l book.Lang, id string) []shown {
	var list []shown
	page := c.Pages[l]
	if page == nil {
		return nil
	}
	for i, b := range page.Blocks {
		if b.Kind == book.KindCell && slices.Contains(b.Cell.Covers, id) {
			list = append(list, shown{b.Cell, page, nearest(page.Blocks, i), page.Outputs(b.Cell)})
		}
	}
	return list
}

// nearest returns the prose that a cell belongs to: a page asks, shows and then explains, so it is the prose after its
// output; where the section has none before the next cell, the prose before.
func nearest(blocks []*book.Block, cell int) *book.Block {
	for _, b := range blocks[cell+1:] {
		if b.Kind == book.KindHeading || b.Kind == book.KindCell {
			break
		}
		if b.Kind.Prose() {
			return b
		}
	}
	for i := cell - 1; i >= 0 && blocks[i].Kind != book.KindHeading; i-- {
		if blocks[i].Kind.Prose() {
			return blocks[i]
		}
	}
	return nil
}

// standing is how far the book is with a statement.
type standing int

const (
	waiting standing = iota // none of its chapters exists
	missing                 // a chapter of it exists and does not cover it
	partly                  // all its chapters that exist cover it, others do not exist
	whole
)

func (c *checker) standing(s book.Statement) standing {
	exist, covered := 0, 0
	for _, n := range s.Chapters {
		if chapter := c.book.Chapter(n); chapter != nil {
			exist++
			if len(showing(chapter, book.English, s.ID)) > 0 {
				covered++
			}
		}
	}
	switch {
	case exist == 0:
		return waiting
	case covered < exist:
		return missing
	case exist < len(s.Chapters):
		return partly
	}
	return whole
}

// coverage reports the whole book, or one chapter of it, statement by statement, for a person to judge.
func (c *checker) coverage(w io.Writer, l book.Lang) {
	count := map[standing]int{}
	var total int
	for _, s := range c.statements {
		if c.only >= 0 && !s.In(c.only) {
			continue
		}
		total++
		count[c.standing(s)]++
		mark := ""
		if s.Simplified {
			mark = "*"
		}
		fmt.Fprintf(w, "%s%s  %s\n", s.ID, mark, s.Text[l])
		for _, n := range s.Chapters {
			c.coverageIn(w, s, n, l)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%d statements: %d shown by every chapter they belong to, %d shown so far with chapters still to come,\n"+
		"%d not covered by a chapter that exists, %d whose chapters do not exist yet.\n",
		total, count[whole], count[partly], count[missing], count[waiting])
}

// coverageIn reports one statement in one of its chapters.
func (c *checker) coverageIn(w io.Writer, s book.Statement, number int, l book.Lang) {
	chapter := c.book.Chapter(number)
	if chapter == nil {
		fmt.Fprintf(w, "  chapter %d does not exist yet\n", number)
		return
	}
	list := showing(chapter, l, s.ID)
	if len(list) == 0 {
		fmt.Fprintf(w, "  chapter %d, %s: NOT COVERED\n", number, chapter.Title(l))
	}
	for _, sh := range list {
		fmt.Fprintf(w, "  chapter %d, %s: cell %s, %s:%d\n", number, chapter.Title(l), sh.cell.Name, sh.page.File, sh.cell.Line-1)
		if sh.sentence == nil {
			fmt.Fprintln(w, "    NO SENTENCE beside the cell")
		} else {
			fmt.Fprintf(w, "    %s:%d\n", sh.page.File, sh.sentence.Line)
			indent(w, "    ", book.Flow(sh.sentence), 0)
		}
		if len(sh.outputs) == 0 {
			fmt.Fprintln(w, "    NO OUTPUT")
		}
		for _, o := range sh.outputs {
			if o.File != "" {
				fmt.Fprintf(w, "    │ %s\n", o.File)
			} else {
				indent(w, "    │ ", o.Text, 12)
			}
		}
	}
}

// indent writes text with something before each line, at most so many lines of it (0: all).
func indent(w io.Writer, before, text string, most int) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if most > 0 && i == most && len(lines) > most+1 {
			fmt.Fprintf(w, "%s… %d lines more\n", before, len(lines)-most)
			return
		}
		fmt.Fprintln(w, strings.TrimRight(before+line, " "))
	}
}
