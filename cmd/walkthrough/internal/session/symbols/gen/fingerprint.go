package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// fingerprint writes down all of a package's files, under some tags, that its symbols can depend on: the names it
// exports, the values of its constants and the methods of its interfaces. It returns false when the package has no
// file there. The type checker that makes the symbols of it needs a second a package; this needs none, so that a plain
// test can tell whether they are stale.
func fingerprint(dir string, tags []string, goos string) (string, bool, error) {
	context := build.Default
	context.GOOS, context.GOARCH, context.BuildTags, context.CgoEnabled = goos, "amd64", tags, false
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", false, err
	}
	var b bytes.Buffer
	any := false
	for _, e := range entries {
		if name := e.Name(); !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		ok, err := context.MatchFile(dir, e.Name())
		if err != nil {
			return "", false, err
		}
		if !ok {
			continue
		}
		any = true
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return "", false, err
		}
		for _, d := range f.Decls {
			declaration(&b, fset, d)
		}
	}
	return b.String(), any, nil
}

func declaration(b *bytes.Buffer, fset *token.FileSet, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.IsExported() {
			fmt.Fprintln(b, "func", d.Name.Name, d.Type.TypeParams != nil)
		}
	case *ast.GenDecl:
		switch d.Tok {
		case token.CONST:
			printer.Fprint(b, fset, d)
			b.WriteByte('\n')
		case token.VAR:
			for _, s := range d.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					if name.IsExported() {
						fmt.Fprintln(b, "var", name.Name)
					}
				}
			}
		case token.TYPE:
			for _, s := range d.Specs {
				t := s.(*ast.TypeSpec)
				_, isStruct := t.Type.(*ast.StructType)
				_, isFunc := t.Type.(*ast.FuncType)
				switch {
				case isStruct || isFunc:
					if t.Name.IsExported() {
						fmt.Fprintln(b, "type", t.Name.Name, t.TypeParams != nil)
					}
				default: // an interface, or what may be one
					fmt.Fprint(b, "type ")
					printer.Fprint(b, fset, t)
					b.WriteByte('\n')
				}
			}
		}
	}
}

// mark is the fingerprint as it stands in a generated file.
func mark(v *variant) string {
	sum := sha256.Sum256([]byte(v.importPath + "\n" + v.fingerprint))
	return hex.EncodeToString(sum[:12])
}
