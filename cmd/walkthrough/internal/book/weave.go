package book

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Woven is a bilingual page: its file in the chapter's folder, and the two languages on it.
type Woven struct {
	File        string
	Left, Right Lang
}

// Weaves are the bilingual pages every chapter has. README.md is what a Git host shows of a folder.
var Weaves = []Woven{
	{"README.md", English, Japanese},
	{"README.ko.md", English, Korean},
}

const pageNotice = "<!-- Written by “walkthrough record” from %s.md and %s.md: change those, and record. DO NOT EDIT. -->\n"

// Weave returns the bilingual page w of the chapter: paragraph beside paragraph, and what is the same in both languages
// once, across the page. Headings stand outside the tables, so that they appear in a Git host's outline.
func (c *Chapter) Weave(w Woven) string {
	var b strings.Builder
	fmt.Fprintf(&b, pageNotice, w.Left, w.Right)
	b.WriteString("\n" + c.links(w) + "\n")
	open := false // whether a table is
	for _, row := range c.Rows() {
		left, right := row.Blocks[w.Left], row.Blocks[w.Right]
		if left == nil || right == nil {
			continue
		}
		if beside(left, right) {
			if open {
				b.WriteString("</tr><tr>\n")
			} else {
				b.WriteString("\n<table><tr>\n")
			}
			open = true
			column(&b, w.Left, left)
			column(&b, w.Right, right)
			continue
		}
		if open {
			b.WriteString("</tr></table>\n")
			open = false
		}
		b.WriteString("\n" + across(row, left, right) + "\n")
	}
	if open {
		b.WriteString("</tr></table>\n")
	}
	return b.String()
}

// links is the line that leads to the pages this one was made from, and to its sister.
func (c *Chapter) links(w Woven) string {
	var parts []string
	for _, l := range Langs {
		parts = append(parts, fmt.Sprintf("[%s](%s.md)", l.Name(), l))
	}
	for _, other := range Weaves {
		name := other.Left.Name() + " / " + other.Right.Name()
		if other == w {
			parts = append(parts, "**"+name+"**")
		} else {
			parts = append(parts, fmt.Sprintf("[%s](%s)", name, other.File))
		}
	}
	return strings.Join(parts, " · ")
}

// beside reports whether the two stand side by side.
func beside(left, right *Block) bool {
	switch left.Kind {
	case KindParagraph, KindList, KindTable, KindQuote:
		return true
	case KindCode:
		return left.Text != right.Text
	}
	return false
}

// column writes one cell of the table. The blank lines make what is inside Markdown again.
func column(b *strings.Builder, l Lang, block *Block) {
	fmt.Fprintf(b, "<td width=\"50%%\" valign=\"top\" lang=\"%s\">\n\n%s\n\n</td>\n", l, Flow(block))
}

// across is a block that is the same in both languages, or a heading.
func across(row Row, left, right *Block) string {
	switch row.Kind {
	case KindHeading:
		marks := strings.Repeat("#", left.Level) + " "
		if left.Text == right.Text {
			return marks + left.Text
		}
		return marks + left.Text + " · " + right.Text
	case KindCell:
		parts := []string{fenced("go", left.Text)}
		for _, o := range row.Outputs {
			// Some hosts draw a diagram only where its language stands alone.
			parts = append(parts, strings.Replace(o.markdown(left.Cell.Name), string(o.Form)+" output\n", string(o.Form)+"\n", 1))
		}
		return strings.Join(parts, "\n\n")
	case KindExcerpt:
		file, name, _ := strings.Cut(left.Ref, "#")
		name, _, _ = strings.Cut(name, ":")
		link := fmt.Sprintf("[`%s`](%s) · `%s`", file, path.Join("../..", file), name)
		return link + "\n\n" + fenced("go", left.Text)
	}
	return left.Source
}

// wide are the letters and signs that are written without blanks between words.
const wide = `[\p{Han}\p{Hiragana}\p{Katakana}ー、。，．・：；！？「」『』（）［］〈〉《》【】…―]`

var wrapped = regexp.MustCompile(`(` + wide + `)\n[ \t]*(?:>[ \t]*)*(` + wide + `)`)

// Flow returns a prose block's Markdown with the line breaks removed that would be seen as blanks between Japanese
// letters.
func Flow(b *Block) string {
	if !b.Kind.Prose() {
		return b.Source
	}
	s := b.Source
	for { // a match takes the letter on either side, so lines of one letter need another turn
		t := wrapped.ReplaceAllString(s, "$1$2")
		if t == s {
			return s
		}
		s = t
	}
}
