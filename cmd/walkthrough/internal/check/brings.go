package check

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// file is a source file that a chapter brings.
type file struct {
	path  string
	names []name
}

// name is something exported in it.
type name struct {
	text string // Stack.Socket
	also string // what it is introduced by too: of a method its bare name, of a constant its type
	line int
}

// furniture stands beside the stack in every snapshot: what a chapter lets it draw or record is no part of what the
// stack gains.
var furniture = map[string]bool{"stack/sim": true, "stack/show": true, "stack/script": true, "stack/trace": true}

// brings returns the files of the stack that the snapshot of a chapter has and the one before has not, without tests and
// stand-ins. Chapter 0 brings nothing.
func brings(root fs.FS, chapter int) ([]file, error) {
	if chapter < 1 {
		return nil, nil
	}
	var list []file
	err := fs.WalkDir(root, "stack", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(p)
		if d.IsDir() {
			if base == "internal" || base == "testdata" || furniture[p] {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") || strings.HasPrefix(base, "before") {
			return nil
		}
		source, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		if !within(source, chapter) || within(source, chapter-1) {
			return nil
		}
		names, err := exported(p, source)
		if err != nil {
			return err
		}
		list = append(list, file{p, names})
		return nil
	})
	sort.Slice(list, func(i, j int) bool { return list[i].path < list[j].path })
	return list, err
}

// within reports whether a file's build constraint lets it into the snapshot of a chapter; 0 is the one before chapter 1.
func within(source []byte, chapter int) bool {
	line, _, _ := strings.Cut(string(source), "\n")
	expr, err := constraint.Parse(line)
	if err != nil {
		return true // no constraint
	}
	return expr.Eval(func(tag string) bool {
		if n, ok := strings.CutPrefix(tag, "before"); ok {
			number, err := strconv.Atoi(n)
			return err == nil && chapter < number && number <= snapshot.Last
		}
		// The book is about the stack as it is on Linux.
		return tag == "linux" || tag == "unix" || tag == "amd64"
	})
}

// exported returns the exported names a file declares.
func exported(file string, source []byte) ([]name, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var list []name
	add := func(id *ast.Ident, prefix, also string) {
		if id.IsExported() {
			list = append(list, name{prefix + id.Name, also, set.Position(id.Pos()).Line})
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			receiver := receiverType(d)
			switch {
			case receiver == "":
				add(d.Name, "", d.Name.Name)
			case ast.IsExported(receiver) && !everyValueHas[d.Name.Name]:
				add(d.Name, receiver+".", d.Name.Name)
			}
		case *ast.GenDecl:
			kind := "" // the type of the constants, which iota hands down
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					add(s.Name, "", s.Name.Name)
				case *ast.ValueSpec:
					if id, ok := s.Type.(*ast.Ident); ok && d.Tok == token.CONST {
						kind = id.Name
					} else if len(s.Values) > 0 {
						kind = ""
					}
					for _, id := range s.Names {
						also := id.Name
						if kind != "" {
							also = kind
						}
						add(id, "", also)
					}
				}
			}
		}
	}
	return list, nil
}

// everyValueHas are the methods that are met wherever a value is printed.
var everyValueHas = map[string]bool{"String": true, "Error": true, "Unwrap": true}

func receiverType(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// introductions wants each page of the chapter to introduce every file, and every exported name, that the chapter brings.
func introductions(root fs.FS, c *book.Chapter) (book.Problems, error) {
	files, err := brings(root, c.Number)
	if err != nil {
		return nil, err
	}
	var problems book.Problems
	for _, l := range book.Langs {
		m := c.Pages[l].Mentions()
		for _, f := range files {
			if !m.File(f.path) {
				problems = append(problems, book.Problem{File: c.Pages[l].File,
					Text: "the chapter brings " + f.path + ", and the page does not introduce it: show an excerpt of it, or name it as `code`"})
			}
			for _, n := range f.names {
				if !m.Word(n.text[strings.LastIndexByte(n.text, '.')+1:]) && !m.Word(n.also) {
					problems = append(problems, book.Problem{File: c.Pages[l].File,
						Text: "the chapter brings " + n.text + " (" + f.path + ":" + strconv.Itoa(n.line) + "), and the page does not introduce it: use it in a cell, show an excerpt, or name it as `code`"})
				}
			}
		}
	}
	return problems, nil
}
