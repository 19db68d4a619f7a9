package book

import (
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Files of the notes folder that the book is checked against.
const (
	SourceMapFile = "source-map.md"
	GlossaryFile  = "glossary.md"
	notesFolder   = "notes/"
)

// Statement is one statement of the source notes, in the project's own words.
type Statement struct {
	ID         string // 004.6
	Simplified bool   // a real stack contradicts it, or it leaves out what matters
	Chapters   []int  // the chapters that are to show it, in order
	Text       map[Lang]string
}

// In reports whether the statement is assigned to the chapter.
func (s Statement) In(chapter int) bool {
	for _, c := range s.Chapters {
		if c == chapter {
			return true
		}
	}
	return false
}

// Statements reads the source map from the notes folder.
func Statements(notes fs.FS) ([]Statement, error) {
	rows, err := tableRows(notes, SourceMapFile, 2+len(Langs))
	if err != nil {
		return nil, err
	}
	var list []Statement
	var problems Problems
	seen := map[string]int{}
	for _, r := range rows {
		s := Statement{ID: strings.TrimSuffix(r.cells[0], `*`), Simplified: strings.HasSuffix(r.cells[0], `*`), Text: r.texts(2)}
		s.ID = strings.TrimSuffix(s.ID, `\`)
		if !statement.MatchString(s.ID) {
			problems.add(notesFolder+SourceMapFile, r.line, "“%s” is no statement's id: write it as 004.6, or 004.6\\* for one that the chapter corrects", r.cells[0])
		}
		if other, ok := seen[s.ID]; ok {
			problems.add(notesFolder+SourceMapFile, r.line, "statement %s stands on line %d already", s.ID, other)
		}
		seen[s.ID] = r.line
		for _, c := range strings.Split(r.cells[1], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(c))
			if err != nil {
				problems.add(notesFolder+SourceMapFile, r.line, "“%s” in the second column: write chapters' numbers with commas", r.cells[1])
				break
			}
			s.Chapters = append(s.Chapters, n)
		}
		sort.Ints(s.Chapters)
		list = append(list, s)
	}
	return list, problems.Err()
}

// Term is one row of the glossary.
type Term map[Lang]string

// Glossary reads the terms from the notes folder.
func Glossary(notes fs.FS) ([]Term, error) {
	rows, err := tableRows(notes, GlossaryFile, len(Langs))
	if err != nil {
		return nil, err
	}
	var list []Term
	for _, r := range rows {
		list = append(list, r.texts(0))
	}
	return list, nil
}

type tableRow struct {
	line  int
	cells []string
}

// texts returns the columns from the given one on as the languages' texts.
func (r tableRow) texts(from int) map[Lang]string {
	m := map[Lang]string{}
	for i, l := range Langs {
		m[l] = r.cells[from+i]
	}
	return m
}

// tableRows returns the rows, without the heads, of all tables in a file that have the given number of columns.
func tableRows(notes fs.FS, file string, columns int) ([]tableRow, error) {
	source, err := fs.ReadFile(notes, file)
	if err != nil {
		return nil, Problem{notesFolder + file, 0, fmt.Sprintf("can't be read: %v", err)}
	}
	var rows []tableRow
	var problems Problems
	ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if r, ok := n.(*extast.TableRow); ok && entering {
			row := tableRow{line: 1 + strings.Count(string(source[:r.Pos()]), "\n")}
			for c := r.FirstChild(); c != nil; c = c.NextSibling() {
				row.cells = append(row.cells, strings.TrimSpace(string(c.Lines().Value(source))))
			}
			if len(row.cells) != columns {
				problems.add(notesFolder+file, row.line, "%d columns where %d are expected", len(row.cells), columns)
				return ast.WalkSkipChildren, nil
			}
			for i, c := range row.cells {
				if c == "" {
					problems.add(notesFolder+file, row.line, "column %d is empty", i+1)
				}
			}
			rows = append(rows, row)
		}
		return ast.WalkContinue, nil
	})
	if len(rows) == 0 && len(problems) == 0 {
		problems.add(notesFolder+file, 0, "there is no table of %d columns in it", columns)
	}
	return rows, problems.Err()
}
