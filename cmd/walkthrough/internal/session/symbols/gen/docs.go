package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// entry is symbols.Entry. Package symbols itself does not compile when a name it lists is gone, which is when this
// command is needed.
type entry struct {
	Signature string `json:"signature"`
	Text      string `json:"text,omitempty"`
}

// documentation makes the table of what the finished stack's exported names are and what their comments say.
func documentation(root string) ([]byte, error) {
	dirs, err := packages(root)
	if err != nil {
		return nil, err
	}
	table := map[string]map[string]entry{}
	for _, dir := range dirs {
		p, fset, err := parse(filepath.Join(root, filepath.FromSlash(dir)), snapshot.Module+"/"+dir)
		if err != nil {
			return nil, err
		}
		if p != nil {
			table[p.ImportPath] = entries(p, fset)
		}
	}
	// The keys of a map come out sorted: the same stack gives the same bytes.
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err = e.Encode(table)
	return b.Bytes(), err
}

func parse(dir, importPath string) (*doc.Package, *token.FileSet, error) {
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled, context.BuildTags = "linux", "amd64", false, nil
	p, err := context.ImportDir(dir, 0)
	if _, empty := err.(*build.NoGoError); empty {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	d, err := doc.NewFromFiles(fset, files, importPath)
	return d, fset, err
}

// entries documents one package. What a group of constants says together, each of them says.
func entries(p *doc.Package, fset *token.FileSet) map[string]entry {
	m := map[string]entry{"": {Signature: "package " + p.Name, Text: strings.TrimSpace(p.Doc)}}
	values := func(list []*doc.Value) {
		for _, v := range list {
			for _, s := range v.Decl.Specs {
				s := s.(*ast.ValueSpec)
				text := firstOf(s.Doc.Text(), s.Comment.Text(), v.Doc)
				for _, name := range s.Names {
					if name.IsExported() {
						m[name.Name] = entry{Signature: value(fset, v.Decl.Tok, name, s), Text: text}
					}
				}
			}
		}
	}
	funcs := func(list []*doc.Func, of string) {
		for _, f := range list {
			f.Decl.Body, f.Decl.Doc = nil, nil
			m[of+f.Name] = entry{Signature: source(fset, f.Decl), Text: strings.TrimSpace(f.Doc)}
		}
	}
	values(p.Consts)
	values(p.Vars)
	funcs(p.Funcs, "")
	for _, t := range p.Types {
		values(t.Consts)
		values(t.Vars)
		funcs(t.Funcs, "")
		funcs(t.Methods, t.Name+".")
		for _, s := range t.Decl.Specs {
			spec := s.(*ast.TypeSpec)
			fields(m, fset, t.Name, spec.Type)
			t.Decl.Doc, spec.Doc = nil, nil
			m[t.Name] = entry{Signature: source(fset, t.Decl), Text: strings.TrimSpace(t.Doc)}
		}
	}
	return m
}

// fields documents the fields of a struct and the methods of an interface.
func fields(m map[string]entry, fset *token.FileSet, of string, t ast.Expr) {
	var list *ast.FieldList
	switch t := t.(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list = t.Methods
	default:
		return
	}
	for _, f := range list.List {
		for _, name := range f.Names {
			if !name.IsExported() {
				continue
			}
			sign := name.Name + " " + source(fset, f.Type)
			if _, ok := f.Type.(*ast.FuncType); ok {
				sign = name.Name + strings.TrimPrefix(source(fset, f.Type), "func")
			}
			m[of+"."+name.Name] = entry{Signature: sign, Text: firstOf(f.Doc.Text(), f.Comment.Text())}
		}
	}
}

func value(fset *token.FileSet, tok token.Token, name *ast.Ident, s *ast.ValueSpec) string {
	text := tok.String() + " " + name.Name
	if s.Type != nil {
		text += " " + source(fset, s.Type)
	}
	if len(s.Values) == 1 && len(s.Names) == 1 && tok == token.CONST {
		text += " = " + source(fset, s.Values[0])
	}
	return text
}

func source(fset *token.FileSet, node any) string {
	var b strings.Builder
	c := printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8}
	if err := c.Fprint(&b, fset, node); err != nil {
		return ""
	}
	return b.String()
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}
