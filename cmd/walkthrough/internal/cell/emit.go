package cell

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// emitter writes a unit out anew: its own text, with other words in some places. Nothing that is put in has a line end, so
// lines stay what they were.
type emitter struct {
	r     *reading
	c     *checked
	rules func(ast.Node) (string, bool)    // what else is to be replaced
	set   func(lhs, rhs []ast.Expr) string // how several are assigned to at once, nil for as it stands
	show  string                           // the function that shows values
	mark  func(line, col int) string       // what comes before each statement at the top level
	line  func(line, col int) string       // says where the next line comes from
	temps int
	err   *Error
}

// fail keeps the first error.
func (e *emitter) fail(pos token.Pos, code, format string, a ...any) {
	if e.err == nil {
		e.err = e.r.at(e.c, pos, code, format, a...)
	}
}

// temp returns a name for something that is kept for a moment.
func (e *emitter) temp() string {
	e.temps++
	return fmt.Sprintf("t%s%d", mark, e.temps)
}

// typ writes a type for a place inside of a function.
func (e *emitter) typ(pos token.Pos, t types.Type) string {
	e.r.inside = true
	text, why := e.r.typeText(t)
	e.r.inside = false
	if why != "" {
		e.fail(pos, "type-name", "the interpreter needs the name of a type here, and can't write %s", why)
	}
	return text
}

// text is a node in its new words.
func (e *emitter) text(n ast.Node) string {
	if s, ok := e.replace(n); ok {
		return s
	}
	return e.below(n)
}

// below is a node whose own words stay, with new words for what is in it.
func (e *emitter) below(n ast.Node) string { return e.between(n, n.Pos(), n.End()) }

// between is the part of a node between two places, with new words for what is in it.
func (e *emitter) between(n ast.Node, from, to token.Pos) string {
	type edit struct {
		from, to int
		text     string
	}
	var edits []edit
	ast.Inspect(n, func(m ast.Node) bool {
		if m == nil || m == n || m.End() <= from || m.Pos() >= to {
			return m == n
		}
		if s, ok := e.replace(m); ok {
			edits = append(edits, edit{e.c.offset(m.Pos()), e.c.offset(m.End()), s})
			return false
		}
		return true
	})
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	last := e.c.offset(from)
	for _, d := range edits {
		if d.from < last {
			continue // a node that stands in the tree twice: the parameter list of a method
		}
		b.WriteString(e.r.src[last:d.from])
		b.WriteString(d.text)
		last = d.to
	}
	b.WriteString(e.r.src[last:e.c.offset(to)])
	return b.String()
}

// replace says what is written instead of a node.
func (e *emitter) replace(n ast.Node) (string, bool) {
	if e.rules != nil {
		if s, ok := e.rules(n); ok {
			return s, true
		}
	}
	if id, ok := n.(*ast.Ident); ok {
		return e.ident(id)
	}
	return "", false
}

// ident writes a name that cells declare as its name in the package.
func (e *emitter) ident(id *ast.Ident) (string, bool) {
	o := e.c.info.Uses[id]
	if o == nil {
		o = e.c.info.Defs[id]
	}
	if v, ok := o.(*types.Var); ok && v.IsField() && v.Embedded() {
		t := types.Unalias(v.Type())
		if p, ok := t.(*types.Pointer); ok {
			t = types.Unalias(p.Elem())
		}
		if named, ok := t.(*types.Named); ok {
			o = named.Obj()
		}
	}
	name, ok := e.r.nameOf(o)
	return name, ok && name != id.Name
}

func (e *emitter) list(exprs []ast.Expr) string {
	texts := make([]string, len(exprs))
	for i, x := range exprs {
		texts[i] = e.text(x)
	}
	return strings.Join(texts, ", ")
}

// place is the line and column of a node in the cell.
func (e *emitter) place(n ast.Node) (line, col int) {
	p := at(e.r.src, e.c.offset(n.Pos()), "", "")
	return p.Line, p.Col
}

// declarations writes types, constants, functions and methods.
func (e *emitter) declarations() string {
	var b strings.Builder
	for _, d := range e.c.decls {
		b.WriteString(e.line(e.place(d)))
		b.WriteString(e.text(d))
		b.WriteString("\n")
	}
	return b.String()
}

// variables declares the variables that statements assign to.
func (e *emitter) variables() string {
	var b strings.Builder
	for _, g := range e.c.vars {
		text, why := e.r.typeText(g.v.Type())
		if why != "" {
			e.fail(g.v.Pos(), "type-name", "%s can't be kept for later cells: its type is %s. Use the value inside of a function", g.v.Name(), why)
		}
		fmt.Fprintf(&b, "var %s %s\n", g.name, text)
	}
	return b.String()
}

// body writes the statements of a unit, as they stand in a function.
func (e *emitter) body() string {
	var b strings.Builder
	for _, s := range e.c.stmts {
		line, col := e.place(s)
		b.WriteString(e.line(line, col))
		if e.mark != nil {
			b.WriteString(e.mark(line, col))
		}
		if x := e.c.shown(); x != nil && s == e.c.stmts[len(e.c.stmts)-1] {
			b.WriteString(e.showing(x))
		} else {
			b.WriteString(e.statement(s))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// statement writes a statement at the top level of a cell.
func (e *emitter) statement(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return e.assign(s.Lhs, s.Rhs)
		}
	case *ast.DeclStmt:
		d := s.Decl.(*ast.GenDecl)
		var texts []string
		for _, spec := range d.Specs {
			v := spec.(*ast.ValueSpec)
			if len(v.Values) == 0 {
				continue
			}
			var names []ast.Expr
			for _, id := range v.Names {
				names = append(names, id)
			}
			if v.Type == nil || !slices.ContainsFunc(names, isBlank) {
				texts = append(texts, e.assign(names, v.Values))
				continue
			}
			var values []string
			for i, x := range v.Values {
				text := e.text(x)
				if v.Type != nil && len(v.Names) == len(v.Values) && v.Names[i].Name == "_" {
					text = "(" + e.text(v.Type) + ")(" + text + ")"
				}
				values = append(values, text)
			}
			texts = append(texts, e.list(names)+" = "+strings.Join(values, ", "))
		}
		return strings.Join(texts, "; ")
	}
	return e.text(s)
}

// assign writes an assignment.
func (e *emitter) assign(lhs, rhs []ast.Expr) string {
	if e.set != nil {
		return e.set(lhs, rhs)
	}
	return e.list(lhs) + " = " + e.list(rhs)
}

// showing writes the expression at the end of a cell so that its values are shown. A call that prints, and one that has
// no result, shows nothing.
func (e *emitter) showing(x ast.Expr) string {
	t := e.c.info.Types[x]
	if e.prints(x) || t.IsVoid() {
		return e.text(x)
	}
	if tuple, ok := t.Type.(*types.Tuple); ok {
		if tuple.Len() == 0 {
			return e.text(x)
		}
		var names []string
		for range tuple.Len() {
			names = append(names, e.temp())
		}
		list := strings.Join(names, ", ")
		return "{ " + list + " := " + e.text(x) + "; " + e.show + "(" + list + ") }"
	}
	if t.Value != nil && !constantFits(t) {
		e.fail(x.Pos(), "type", "the constant is too large to be shown: convert it, to float64 for example")
	}
	return e.show + "(" + e.text(x) + ")"
}

// constantFits says whether a constant without a type fits the type that it gets.
func constantFits(t types.TypeAndValue) bool {
	b, ok := t.Type.(*types.Basic)
	if !ok || b.Info()&types.IsUntyped == 0 || b.Info()&types.IsInteger == 0 {
		return true
	}
	n, exact := constant.Int64Val(constant.ToInt(t.Value))
	if b.Kind() == types.UntypedRune {
		return exact && n == int64(int32(n))
	}
	return exact
}

// prints says whether a call is one of those that print.
func (e *emitter) prints(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	fn, ok := calledFunc(e.c.info, call)
	if !ok || fn.Pkg() == nil || fn.Pkg().Path() != "fmt" {
		return false
	}
	return strings.HasPrefix(fn.Name(), "Print") || strings.HasPrefix(fn.Name(), "Fprint")
}

// calledFunc returns the function of a package that a call calls.
func calledFunc(info *types.Info, call *ast.CallExpr) (*types.Func, bool) {
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil, false
	}
	fn, ok := info.Uses[id].(*types.Func)
	return fn, ok
}
