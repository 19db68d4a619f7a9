package book

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"strconv"
)

// Folder is where the chapters are in the module; problems name files from there.
const Folder = "chapters"

// Book is all chapters there are.
type Book struct {
	Chapters []*Chapter // by number
}

// Chapter is one chapter in all languages.
type Chapter struct {
	Number   int
	Name     string // of 01-socket: socket
	Dir      string // 01-socket
	Pages    map[Lang]*Page
	Problems Problems // what is wrong with its pages; a chapter with problems may still be read
}

// Row is one block in all languages; of those that are not prose every language has the same. A cell's outputs stand in
// the cell's row.
type Row struct {
	Kind    Kind
	Blocks  map[Lang]*Block // a language that is out of step may be missing
	Outputs []Output        // of a cell
}

// Chapter returns the chapter with that number, nil when there is none.
func (b *Book) Chapter(number int) *Chapter {
	for _, c := range b.Chapters {
		if c.Number == number {
			return c
		}
	}
	return nil
}

// Load reads the book from its folder. The book is never nil, and holds every chapter that could be read; the error is
// of type [Problems].
func Load(fsys fs.FS) (*Book, error) {
	var problems Problems
	b := &Book{}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		problems.add(Folder, 0, "the book can't be read: %v", err)
		return b, problems
	}
	for _, e := range entries {
		if !e.IsDir() || !('0' <= e.Name()[0] && e.Name()[0] <= '9') {
			continue
		}
		c := LoadChapter(fsys, e.Name())
		if other := b.Chapter(c.Number); other != nil {
			c.Problems.add(path.Join(Folder, c.Dir), 0, "a second chapter %d, beside %s: give one another number", c.Number, other.Dir)
		}
		problems = append(problems, c.Problems...)
		b.Chapters = append(b.Chapters, c)
	}
	return b, problems.Err()
}

var chapterDir = regexp.MustCompile(`^(\d\d)-([a-z][a-z0-9-]*)$`)

// LoadChapter reads the pages in one folder of the book and compares their skeletons. What is wrong is in the chapter's
// Problems.
func LoadChapter(fsys fs.FS, dir string) *Chapter {
	c := &Chapter{Number: -1, Dir: dir, Pages: map[Lang]*Page{}}
	if m := chapterDir.FindStringSubmatch(dir); m != nil {
		c.Number, _ = strconv.Atoi(m[1])
		c.Name = m[2]
	} else {
		c.Problems.add(path.Join(Folder, dir), 0, "a chapter's folder is two digits, - and a name in lower case, as in 01-socket")
	}
	for _, l := range Langs {
		file := path.Join(Folder, dir, string(l)+".md")
		source, err := fs.ReadFile(fsys, path.Join(dir, string(l)+".md"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.Problems.add(file, 0, "the page in %s is missing: every chapter has en.md, ja.md and ko.md", l.Name())
		case err != nil:
			c.Problems.add(file, 0, "the page can't be read: %v", err)
		default:
			p, problems := ParsePage(file, l, source)
			c.Pages[l] = p
			c.Problems = append(c.Problems, problems...)
		}
	}
	if len(c.Problems) == 0 { // a page that is broken is out of step too: one thing at a time
		c.Problems = c.compare()
	}
	c.Problems.sort()
	return c
}

// Title returns the chapter's title in l, or in English when there is no such page.
func (c *Chapter) Title(l Lang) string {
	for _, l := range []Lang{l, English} {
		if p := c.Pages[l]; p != nil {
			return p.Title()
		}
	}
	return c.Name
}

// Cells returns the chapter's cells in order.
func (c *Chapter) Cells() []*Cell {
	if p := c.Pages[English]; p != nil {
		return p.Cells()
	}
	return nil
}

// Rows returns the chapter block by block. Remarks to writers are left out.
func (c *Chapter) Rows() []Row {
	bodies := map[Lang][]*Block{}
	var longest int
	for l, p := range c.Pages {
		bodies[l] = p.body()
		longest = max(longest, len(bodies[l]))
	}
	var rows []Row
	for i := range longest {
		row := Row{Blocks: map[Lang]*Block{}}
		for _, l := range Langs {
			if i >= len(bodies[l]) {
				continue
			}
			b := bodies[l][i]
			if row.Kind == 0 {
				row.Kind = b.Kind
				if b.Kind == KindCell {
					row.Outputs = c.Pages[l].Outputs(b.Cell)
				}
			}
			row.Blocks[l] = b
		}
		rows = append(rows, row)
	}
	return rows
}

// body is the page without what it has no say in: the outputs, which record writes, and the remarks.
func (p *Page) body() []*Block {
	var list []*Block
	for _, b := range p.Blocks {
		if b.Kind != KindOutput && b.Kind != KindComment {
			list = append(list, b)
		}
	}
	return list
}
