package cell

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// Cell is a cell of a chapter.
type Cell struct {
	Name   string
	File   string // where it stands, for the compiler's messages; "" for none
	Line   int    // of its first line in File
	Source string
	// Error is set of a cell that is meant to fail.
	Error bool
	// Live is set of a cell whose world is the real one; it may have go statements.
	Live bool
	// OnFinished is set of a cell that runs on the finished stack, in a session of its own: it belongs to another program.
	OnFinished bool
}

//go:embed prelude/panic.go
var panicSource string

// Program makes one Go program of cells, package main, that prints on standard output what a session would print: before
// each cell a line of the sign RS and the cell's name, then its output. A value, a picture and an error each begin a line
// and end one. Cells that are meant to fail and do not compile are left out; those that fail when they run go on with the
// next cell.
func Program(cells []Cell, lib *Library) ([]byte, error) {
	return program([][]Cell{cells}, lib)
}

// program makes one program of several notebooks, none of which sees another's names.
func program(notebooks [][]Cell, lib *Library) ([]byte, error) {
	var decls, calls strings.Builder
	for n, cells := range notebooks {
		st := New(lib)
		if n > 0 {
			st.names = st.names.clone()
			st.names.suffix = fmt.Sprintf("%s%d", mark, n)
		}
		for i, c := range cells {
			id := fmt.Sprintf("%d%s%d", n, mark, i)
			text, runs, next, err := st.compile(c, id)
			switch {
			case err != nil && c.Error:
				continue
			case err != nil:
				return nil, located(c, err)
			}
			decls.WriteString(text)
			fmt.Fprintf(&calls, "\tcell%[1]s(%[2]q, func() {%[3]s})\n", mark, c.Name, runs)
			st = next
		}
	}
	return []byte(assemble(lib, decls.String(), calls.String())), nil
}

// compile writes a cell for the compiler, and returns the state after it. A cell that is meant to fail leaves nothing
// behind, as in a session; its names are its own.
func (st *State) compile(c Cell, id string) (text, runs string, after *State, err error) {
	next := st.clone()
	next.Live = c.Live
	if c.Error {
		next.names.suffix += mark + "e" + id
	}
	r, err := next.read(c.Source)
	if err == nil {
		_, err = r.interpreted() // what a session refuses is no part of a program
	}
	if err == nil {
		text, runs, err = r.compiled(c, id)
	}
	if (err != nil || c.Error) && next.changed {
		st.rebuild()
	}
	if err != nil || c.Error {
		return text, runs, st, err
	}
	next.sources = append(next.sources[:len(next.sources):len(next.sources)], c.Source)
	next.changed = false
	return text, runs, next, nil
}

// TypeError returns what is wrong with a cell that comes after others, in the type checker's words, or nil. Earlier cells
// that are wrong themselves are passed over.
func TypeError(before []Cell, c Cell, lib *Library) *Error {
	st := New(lib)
	for _, b := range before {
		if b.Error {
			continue // it leaves nothing behind
		}
		st.Live = b.Live
		if p, err := st.Prepare(b.Source); err == nil {
			st.Commit(p)
		}
	}
	st.Live = c.Live
	_, err := st.Prepare(c.Source)
	e, _ := err.(*Error)
	return e
}

func located(c Cell, err error) error {
	if e, ok := err.(*Error); ok && c.File != "" {
		return fmt.Errorf("%s:%d:%d: cell %s: %s", c.File, c.Line+e.Line-1, e.Col, c.Name, e.Msg)
	}
	return fmt.Errorf("cell %s: %w", c.Name, err)
}

// compiled writes a cell for the compiler: what stands at package level, and the calls that run its statements.
func (r *reading) compiled(c Cell, id string) (text, runs string, err error) {
	var decls, calls strings.Builder
	for i, u := range r.units {
		e := &emitter{r: r, c: u, rules: u.printing, show: "show" + mark, line: func(line, col int) string {
			if c.File == "" {
				return ""
			}
			return fmt.Sprintf("//line %s:%d:%d\n", c.File, c.Line+line-1, col)
		}}
		if u.kind != statementKind {
			decls.WriteString(e.declarations())
		} else {
			name := fmt.Sprintf("run%s%s%s%d", mark, id, mark, i)
			fmt.Fprintf(&decls, "%sfunc %s() {\n%s}\n", e.variables(), name, e.body())
			fmt.Fprintf(&calls, " %s();", name)
		}
		if e.err != nil {
			return "", "", e.err
		}
	}
	return decls.String(), strings.TrimSuffix(calls.String(), ";") + " ", nil
}

// printing has what prints to standard output print where the program knows whether a line has been begun.
func (c *checked) printing(n ast.Node) (string, bool) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	switch fn, ok := c.info.Uses[sel.Sel].(*types.Func); {
	case !ok || fn.Pkg() == nil || fn.Pkg().Path() != "fmt":
	case fn.Name() == "Print" || fn.Name() == "Println" || fn.Name() == "Printf":
		return fn.Name() + mark, true
	}
	return "", false
}

// assemble puts a program together. Every package is imported under its name and under a marked one, which the types of
// variables are written with.
func assemble(lib *Library, decls, calls string) string {
	var b strings.Builder
	b.WriteString("// Code generated from the cells of a chapter. DO NOT EDIT.\n\npackage main\n\nimport (\n")
	fmt.Fprintf(&b, "\tfmt%[1]s%[1]s \"fmt\"\n\tos%[1]s%[1]s \"os\"\n\tstrings%[1]s%[1]s \"strings\"\n\tshow%[1]s%[1]s \"github.com/tsunagu/tsunagu/stack/show\"\n", mark)
	for _, name := range lib.Names() {
		for _, alias := range []string{name, name + mark} {
			if strings.Contains(decls, alias+".") {
				fmt.Fprintf(&b, "\t%s %q\n", alias, lib.Path(name))
			}
		}
	}
	b.WriteString(")\n\n")
	for _, name := range lib.Names() {
		p, err := lib.Import(lib.Path(name))
		if err != nil {
			continue
		}
		for _, alias := range []string{name, name + mark} {
			if strings.Contains(decls, alias+".") {
				b.WriteString(mention(alias, p))
			}
		}
	}
	runtime := strings.NewReplacer("§", mark).Replace(programRuntime)
	b.WriteString(runtime)
	_, text, _ := strings.Cut(panicSource, "// BEGIN\n")
	b.WriteString(strings.NewReplacer("fmt.", "fmt"+mark+mark+".", "strings.", "strings"+mark+mark+".", "PanicText", "panicText"+mark).Replace(text))
	b.WriteString("\nfunc main() {\n" + calls + "}\n\n")
	b.WriteString("//line cells:1\n")
	b.WriteString(decls)
	return b.String()
}

// mention makes an import that may be shadowed everywhere count as used.
func mention(alias string, p *types.Package) string {
	scope := p.Scope()
	for _, name := range scope.Names() {
		switch o := scope.Lookup(name).(type) {
		case *types.Func:
			if o.Exported() && o.Type().(*types.Signature).TypeParams().Len() == 0 {
				return fmt.Sprintf("var _ = %s.%s\n", alias, name)
			}
		case *types.TypeName:
			if n, ok := o.Type().(*types.Named); o.Exported() && ok && n.TypeParams().Len() == 0 && !strings.HasPrefix(name, "_") {
				return fmt.Sprintf("var _ *%s.%s\n", alias, name)
			}
		}
	}
	return ""
}
