package book

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Excerpt returns the piece of source that ref names, with a newline at its end. root is the module's root. A reference
// is one of
//
//	stack/socket.go#Stack.Socket              a method, with its doc comment
//	stack/stack.go#New                        a function, type, constant or variable; of a group, the whole group
//	stack/socket.go#Stack.newSocket:/sk :=/,/return sk/   its lines from one that matches to the next that matches
//	stack/socket.go#Stack.newSocket:/sk :=/   the one line that matches
func Excerpt(root fs.FS, ref string) (string, error) {
	file, what, _ := strings.Cut(ref, "#")
	name, lines, ranged := strings.Cut(what, ":")
	if path.Ext(file) != ".go" || !fs.ValidPath(file) || name == "" {
		return "", fmt.Errorf("“%s” is no excerpt: write file.go#declaration with the path from the module's root, as in stack/socket.go#Stack.Socket", ref)
	}
	source, err := fs.ReadFile(root, file)
	if err != nil {
		return "", fmt.Errorf("excerpt %s: there is no file %s", ref, file)
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", fmt.Errorf("excerpt %s: %v", ref, err)
	}
	var has []string
	for _, d := range parsed.Decls {
		names, doc := declared(d)
		for _, n := range names {
			if n != name {
				has = append(has, n)
				continue
			}
			start := d.Pos()
			if doc != nil && !ranged {
				start = doc.Pos()
			}
			text := string(source[set.Position(start).Offset:set.Position(d.End()).Offset])
			if ranged {
				return cut(ref, text, lines)
			}
			return text + "\n", nil
		}
	}
	return "", fmt.Errorf("excerpt %s: %s declares no %s; it declares %s", ref, file, name, strings.Join(has, ", "))
}

// declared returns what a declaration declares, and its doc comment.
func declared(d ast.Decl) (names []string, doc *ast.CommentGroup) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return []string{methodName(d)}, d.Doc
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
		return names, d.Doc
	}
	return nil, nil
}

// methodName is a function's name, with its receiver's type before it: Conn.open.
func methodName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

var rangePattern = regexp.MustCompile(`^/((?:[^/\\]|\\.)+)/(?:,/((?:[^/\\]|\\.)+)/)?$`)

// cut returns the lines of text that a range names, moved to the left margin.
func cut(ref, text, lines string) (string, error) {
	m := rangePattern.FindStringSubmatch(lines)
	if m == nil {
		return "", fmt.Errorf("excerpt %s: after the : comes /regexp/ or /regexp/,/regexp/ for the lines wanted", ref)
	}
	from, err := regexp.Compile(m[1])
	if err != nil {
		return "", fmt.Errorf("excerpt %s: %v", ref, err)
	}
	to, err := regexp.Compile(m[2])
	if err != nil {
		return "", fmt.Errorf("excerpt %s: %v", ref, err)
	}
	var picked []string
	for _, line := range strings.Split(text, "\n") {
		begin := len(picked) == 0
		if begin && !from.MatchString(line) {
			continue
		}
		picked = append(picked, line)
		if m[2] == "" || !begin && to.MatchString(line) {
			return strings.Join(outdent(picked), "\n") + "\n", nil
		}
	}
	if len(picked) == 0 {
		return "", fmt.Errorf("excerpt %s: no line matches /%s/", ref, m[1])
	}
	return "", fmt.Errorf("excerpt %s: no line after the first matches /%s/", ref, m[2])
}

// outdent removes the tabs that all lines begin with.
func outdent(lines []string) []string {
	common := -1
	for _, l := range lines {
		if tabs := len(l) - len(strings.TrimLeft(l, "\t")); l != "" && (common < 0 || tabs < common) {
			common = tabs
		}
	}
	for i, l := range lines {
		lines[i] = l[min(len(l), max(common, 0)):]
	}
	return lines
}
