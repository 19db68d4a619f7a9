package book

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// ParagraphsFile is the file in a chapter's folder that tells which texts were recorded as saying the same.
const ParagraphsFile = ".paragraphs"

// Sums stand for one paragraph in every language, in the order of [Langs].
type Sums [3]string

// Paragraph is one piece of prose in every language.
type Paragraph struct {
	Sums  Sums
	Lines [3]int // where it begins, in the order of Langs
}

// Paragraphs returns the chapter's prose.
func (c *Chapter) Paragraphs() []Paragraph {
	var list []Paragraph
	for _, row := range c.Rows() {
		if !row.Kind.Prose() {
			continue
		}
		var p Paragraph
		for i, l := range Langs {
			if b := row.Blocks[l]; b != nil {
				p.Sums[i], p.Lines[i] = sum(l, b.Source), b.Line
			}
		}
		list = append(list, p)
	}
	return list
}

// sum is the same for texts that differ only in where their lines break.
func sum(l Lang, text string) string {
	between := " "
	if l == Japanese {
		between = ""
	}
	s := sha256.Sum256([]byte(strings.Join(strings.Fields(text), between)))
	return hex.EncodeToString(s[:6])
}

const paragraphsHead = `# Written by “walkthrough record”: the paragraphs, as sums of their English, Japanese and Korean text, that were recorded
# as saying the same. By it verify sees a paragraph changed in one language only.
`

// FormatParagraphs returns the content of a [ParagraphsFile].
func FormatParagraphs(list []Sums) []byte {
	var b bytes.Buffer
	b.WriteString(paragraphsHead)
	for _, s := range list {
		fmt.Fprintln(&b, strings.Join(s[:], " "))
	}
	return b.Bytes()
}

// ParseParagraphs reads the content of a [ParagraphsFile].
func ParseParagraphs(file string, content []byte) ([]Sums, error) {
	var list []Sums
	scanner := bufio.NewScanner(bytes.NewReader(content))
	for line := 1; scanner.Scan(); line++ {
		if strings.HasPrefix(scanner.Text(), "#") {
			continue
		}
		f := strings.Fields(scanner.Text())
		if len(f) != len(Langs) {
			return nil, Problem{file, line, "not three sums: delete the file and run “walkthrough record”"}
		}
		list = append(list, Sums(f))
	}
	return list, scanner.Err()
}

// Change is a paragraph that is not what was recorded, in some languages only.
type Change struct {
	Paragraph
	Recorded Sums
}

// Changed compares the chapter's prose with what was recorded. A paragraph that is new, or new in every language, is no
// [Change].
func (c *Chapter) Changed(recorded []Sums) []Change {
	free := map[Sums]int{} // recorded and not found again
	for _, s := range recorded {
		free[s]++
	}
	var open []Paragraph
	for _, p := range c.Paragraphs() {
		if free[p.Sums] > 0 {
			free[p.Sums]--
		} else {
			open = append(open, p)
		}
	}
	var changes []Change
	for _, p := range open {
		for _, s := range recorded {
			if free[s] > 0 && s.common(p.Sums) > 0 {
				free[s]--
				changes = append(changes, Change{p, s})
				break
			}
		}
	}
	return changes
}

func (s Sums) common(t Sums) int {
	n := 0
	for i := range s {
		if s[i] == t[i] {
			n++
		}
	}
	return n
}

// Problem says which languages changed, and where to look in the others.
func (ch Change) Problem(c *Chapter) Problem {
	var changed, same []string
	var p Problem
	for i, l := range Langs {
		at := fmt.Sprintf("%s.md:%d", l, ch.Lines[i])
		if ch.Sums[i] == ch.Recorded[i] {
			same = append(same, at)
			continue
		}
		if p.File == "" {
			p.File, p.Line = path.Join(Folder, c.Dir, string(l)+".md"), ch.Lines[i]
		} else {
			changed = append(changed, at)
		}
	}
	also := ""
	if len(changed) > 0 {
		also = " here and at " + strings.Join(changed, ", ")
	}
	p.Text = fmt.Sprintf("this paragraph changed%s, and not at %s: change it there too; or, if it says the same, run “walkthrough record -translated”",
		also, strings.Join(same, ", "))
	return p
}
