package book

import (
	"fmt"
	"path"
	"strings"
)

// compare finds where the pages of the chapter are out of step with the English one. Outputs and what excerpts show are
// not looked at: record writes them, and verify compares them with what it would write.
func (c *Chapter) compare() Problems {
	var problems Problems
	en := c.Pages[English]
	for _, l := range Langs[1:] {
		other := c.Pages[l]
		if headingsOutOfStep(&problems, en, other) {
			continue
		}
		a, b := en.sections(), other.sections()
		for i := range a {
			compareSection(&problems, en, other, a[i], b[i])
		}
	}
	return problems
}

// section is a heading (the first has none before it) and the blocks up to the next one.
type section []*Block

func (p *Page) sections() []section {
	list := []section{nil}
	for _, b := range p.body() {
		if b.Kind == KindHeading {
			list = append(list, nil)
		}
		list[len(list)-1] = append(list[len(list)-1], b)
	}
	return list
}

func (p *Page) headings() []*Block {
	var list []*Block
	for _, b := range p.Blocks {
		if b.Kind == KindHeading {
			list = append(list, b)
		}
	}
	return list
}

func (p *Page) base() string { return path.Base(p.File) }

func headingsOutOfStep(problems *Problems, en, other *Page) bool {
	a, b := en.headings(), other.headings()
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b):
			problems.add(other.File, 0, "headings out of step: nothing here for “%s” of %s:%d", a[i].Text, en.base(), a[i].Line)
		case i >= len(a):
			problems.add(other.File, b[i].Line, "headings out of step: %s has nothing for “%s”", en.base(), b[i].Text)
		case a[i].Level != b[i].Level:
			problems.add(other.File, b[i].Line, "headings out of step: “%s” has %d #, “%s” in %s:%d has %d",
				b[i].Text, b[i].Level, a[i].Text, en.base(), a[i].Line, a[i].Level)
		default:
			continue
		}
		return true
	}
	return false
}

// compareSection reports the first block out of step: after it nothing can be told.
func compareSection(problems *Problems, en, other *Page, a, b section) {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b):
			problems.add(other.File, b.lastLine(), "out of step: after this %s:%d has %s, this page nothing", en.base(), a[i].Line, a[i].describe())
			return
		case i >= len(a):
			problems.add(other.File, b[i].Line, "out of step: %s here, and nothing in %s after line %d", b[i].describe(), en.base(), a.lastLine())
			return
		case a[i].skeleton() != b[i].skeleton():
			problems.add(other.File, b[i].Line, "out of step: %s here, %s in %s:%d; the pages have the same blocks in the same order",
				b[i].describe(), a[i].describe(), en.base(), a[i].Line)
			return
		case a[i].Kind == KindCell:
			compareCell(problems, en, other, a[i], b[i])
		}
	}
}

func (s section) lastLine() int {
	if len(s) == 0 {
		return 1
	}
	return s[len(s)-1].Line
}

// skeleton is what must be the same in every language.
func (b *Block) skeleton() string {
	switch b.Kind {
	case KindHeading:
		return fmt.Sprint("heading ", b.Level)
	case KindList, KindTable:
		return fmt.Sprint(b.Kind, b.Items)
	case KindExcerpt:
		return "excerpt " + b.Ref
	case KindCode:
		return "code " + b.Lang
	}
	return b.Kind.String()
}

func (b *Block) describe() string {
	switch b.Kind {
	case KindList:
		return fmt.Sprintf("a list of %d", b.Items)
	case KindTable:
		return fmt.Sprintf("a table of %d rows", b.Items)
	case KindCell:
		return "cell " + b.Cell.Name
	case KindExcerpt:
		return "the excerpt " + b.Ref
	case KindOutput:
		return "an output"
	}
	return "a " + b.Kind.String()
}

// compareCell wants cells to be the same to the letter, attributes included.
func compareCell(problems *Problems, en, other *Page, a, b *Block) {
	const rule = "cells are the same to the letter in all languages"
	if a.Cell.info != b.Cell.info {
		problems.add(other.File, b.Line, "the cell's attributes are “%s” here, “%s” in %s:%d: %s", b.Cell.info, a.Cell.info, en.base(), a.Line, rule)
		return
	}
	if a.Text == b.Text {
		return
	}
	x, y := strings.Split(a.Text, "\n"), strings.Split(b.Text, "\n")
	i := 0
	for i < len(x)-1 && i < len(y)-1 && x[i] == y[i] {
		i++
	}
	problems.add(other.File, b.Cell.Line+i, "cell %s is “%s” here, “%s” in %s:%d: %s", b.Cell.Name, y[i], x[i], en.base(), a.Cell.Line+i, rule)
}
