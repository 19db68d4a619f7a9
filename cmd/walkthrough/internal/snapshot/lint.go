package snapshot

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// standInMax is how many lines a stand-in may have: what is longer is a predecessor with a name of its own.
const standInMax = 60

// floor says how high up in the house a room is. An import only ever points down.
var floor = map[string]int{
	"buffer": 10, "header": 20, "trace": 25, "nic": 30, "ip": 40, "tcp": 50, "udp": 50, "dns": 60, "dhcp": 60, "": 70,
}

// beside are the rooms that stand beside the house: they may look into every room, and none may look into them. They
// are furniture, there from the first chapter, and need no constraint.
var beside = []string{"sim", "show", "script", "bench", "interop"}

// Check holds the tree against the rules by which the stack grows, and returns what breaks them, one problem an entry,
// with file and line. It says nothing of whether the snapshots compile.
func Check(root string) ([]string, error) {
	l := &lint{fset: token.NewFileSet()}
	err := fs.WalkDir(os.DirFS(root), "stack", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go"):
			return nil
		}
		src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
		if err != nil {
			return err
		}
		return l.file(p, src)
	})
	return l.problems, err
}

type lint struct {
	fset     *token.FileSet
	problems []string
}

func (l *lint) report(p string, line int, format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf("%s:%d: %s", p, line, fmt.Sprintf(format, args...)))
}

func (l *lint) at(p string, pos token.Pos, format string, args ...any) {
	l.report(p, l.fset.Position(pos).Line, format, args...)
}

func (l *lint) file(p string, src []byte) error {
	room := room(p)
	test := strings.HasSuffix(p, "_test.go")
	f, err := parser.ParseFile(l.fset, p, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if !test && room != "trace" && !slices.Contains(beside, room) && !tagged(firstLine(src)) {
		l.report(p, 1, "the first line does not say which chapter the file arrives with: //go:build !beforeN")
	}
	l.constraint(p, src)
	l.imports(p, room, test, f)
	if !test {
		l.declarations(p, f)
	}
	return nil
}

func room(p string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path.Dir(p), "stack"), "/"), "/")
	return first
}

func firstLine(src []byte) string {
	line, _, _ := strings.Cut(string(src), "\n")
	return line
}

func tagged(line string) bool {
	x, err := constraint.Parse(line)
	return err == nil && len(numbers(x)) > 0
}

// numbers returns the N of every beforeN in a constraint.
func numbers(x constraint.Expr) (list []int) {
	switch x := x.(type) {
	case *constraint.TagExpr:
		if n, ok := number(x.Tag); ok {
			list = append(list, n)
		}
	case *constraint.NotExpr:
		list = numbers(x.X)
	case *constraint.AndExpr:
		list = append(numbers(x.X), numbers(x.Y)...)
	case *constraint.OrExpr:
		list = append(numbers(x.X), numbers(x.Y)...)
	}
	return list
}

var standIn = regexp.MustCompile(`^before([0-9]+)(_[a-z0-9_]+)?\.go$`)

// constraint checks the numbers, the span of chapters they make, and that a stand-in is what its name says.
func (l *lint) constraint(p string, src []byte) {
	line, x, err := header(src)
	if err != nil {
		l.report(p, 1, "%v", err)
		return
	}
	for _, n := range numbers(x) {
		if n < 1 || n > Last {
			l.report(p, 1, "%s: there is no chapter %d", line, n)
			return
		}
	}
	if first, last, ok := span(x); !ok {
		l.report(p, 1, "%s: not one span of chapters: say !beforeN, or beforeM && !beforeN", line)
	} else if m := standIn.FindStringSubmatch(path.Base(p)); m != nil {
		n, _ := strconv.Atoi(m[1])
		if last != n-1 || first >= n {
			l.report(p, 1, "%s: a stand-in with this name is there until chapter %d comes, so it says before%d", line, n, n)
		}
		if lines := strings.Count(string(src), "\n"); lines > standInMax {
			l.report(p, lines, "a stand-in of %d lines, %d at most: give a longer predecessor a name for what it does", lines, standInMax)
		}
	}
}

// span returns the first and the last chapter whose snapshot has a file with this constraint; ok is false when it is
// in none, or comes, goes and comes again.
func span(x constraint.Expr) (first, last int, ok bool) {
	if x == nil {
		return 1, Last, true
	}
	for n := 1; n <= Last; n++ {
		if _, there := stage(n).reduce(x); !there {
			continue
		}
		if last != 0 && last != n-1 {
			return 0, 0, false
		}
		if first == 0 {
			first = n
		}
		last = n
	}
	return first, last, first != 0
}

func (l *lint) imports(p, room string, test bool, f *ast.File) {
	own, placed := floor[room]
	if !placed && !slices.Contains(beside, room) {
		l.report(p, 1, "stack/%s has no place in the house: give it a floor in the list of rooms", room)
		return
	}
	for _, i := range f.Imports {
		to, _ := strconv.Unquote(i.Path.Value)
		if to != Module && !strings.HasPrefix(to, Module+"/") {
			continue
		}
		if to != Module+"/stack" && !strings.HasPrefix(to, Module+"/stack/") {
			l.at(p, i.Pos(), "imports %s, which is outside the stack", to)
			continue
		}
		if test || !placed {
			continue
		}
		target, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(to, Module+"/stack"), "/"), "/")
		switch below, ok := floor[target]; {
		case !ok:
			l.at(p, i.Pos(), "imports %s, which stands beside the house: only it may look in", to)
		case below >= own && target != room:
			l.at(p, i.Pos(), "imports %s, which is not below: an import only ever points down", to)
		}
	}
}

// declarations refuses what would let a file change another's behaviour by being there.
func (l *lint) declarations(p string, f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				l.at(p, d.Pos(), "func init: what a chapter brings is called by name, from a hook")
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, s := range d.Specs {
				if v := s.(*ast.ValueSpec); registry(v) {
					l.at(p, v.Pos(), "%s: a function variable at package level is a registry: use a hook, or a field of the configuration", v.Names[0].Name)
				}
			}
		}
	}
}

// registry says whether a variable holds functions.
func registry(v *ast.ValueSpec) bool {
	types := []ast.Expr{v.Type}
	for _, x := range v.Values {
		switch x := x.(type) {
		case *ast.CompositeLit:
			types = append(types, x.Type)
		case *ast.FuncLit:
			types = append(types, x.Type)
		case *ast.CallExpr:
			if name, ok := x.Fun.(*ast.Ident); ok && name.Name == "make" && len(x.Args) > 0 {
				types = append(types, x.Args[0])
			}
		}
	}
	return slices.ContainsFunc(types, holdsFunc)
}

func holdsFunc(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.FuncType:
		return true
	case *ast.MapType:
		return holdsFunc(t.Value)
	case *ast.ArrayType:
		return holdsFunc(t.Elt)
	}
	return false
}
