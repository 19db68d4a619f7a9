package cell

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// refuse looks for what cells must not do: what the interpreter cannot be taught, and what would not be the same twice.
func (r *reading) refuse(c *checked) *Error {
	var first *Error
	no := func(pos token.Pos, code, format string, a ...any) {
		if first == nil {
			first = r.at(c, pos, code, format, a...)
		}
	}
	for _, s := range c.stmts {
		walkOwn(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ReturnStmt:
				no(n.Pos(), "return-top", "there is nothing to return from here: put the statements into a function, or use if and else")
			case *ast.DeferStmt:
				no(n.Pos(), "defer-top", "a cell has no end that defer could wait for: put the statements into a function, or call it in a later cell")
			}
			return true
		})
	}
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			if !r.st.Live {
				no(n.Pos(), "go", "in this world only the world's own tasks take turns: write world.Go(func() { … }) instead of go")
			}
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				no(n.Pos(), "goto", "cells have no goto: use a loop")
			}
		case *ast.CallExpr:
			r.refuseCall(c, n, no)
		case *ast.TypeSpec:
			r.refuseType(c, n, no)
		case *ast.TypeAssertExpr:
			r.refuseAssertion(c, n, no)
		case *ast.TypeSwitchStmt:
			r.refuseSwitch(c, n, no)
		}
		return first == nil
	}
	for _, s := range c.stmts {
		ast.Inspect(s, visit)
	}
	for _, d := range c.decls {
		ast.Inspect(d, visit)
	}
	return first
}

type refusal func(pos token.Pos, code, format string, a ...any)

func (r *reading) refuseCall(c *checked, call *ast.CallExpr, no refusal) {
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok {
		if b, ok := c.info.Uses[id].(*types.Builtin); ok && (b.Name() == "print" || b.Name() == "println") {
			no(call.Pos(), "println", "use fmt.Println: the builtin %s does not print here", b.Name())
		}
	}
	fn, ok := calledFunc(c.info, call)
	if !ok || fn.Pkg() == nil || fn.Pkg().Path() != "fmt" {
		return
	}
	args := call.Args
	if strings.HasPrefix(fn.Name(), "F") && len(args) > 0 {
		args = args[1:]
	}
	var verbs []verb
	if strings.HasSuffix(fn.Name(), "f") && len(args) > 0 {
		format := c.info.Types[args[0]].Value
		args = args[1:]
		if format != nil && format.Kind() == constant.String {
			verbs = verbsOf(constant.StringVal(format))
		}
	} else if !strings.HasPrefix(fn.Name(), "S") && !strings.Contains(fn.Name(), "rint") {
		return
	}
	for _, v := range verbs {
		switch {
		case v.letter == 'T':
			no(call.Pos(), "percent-T", "%%T can't be told here: the interpreter has no names for the types of cells. Say in words what it is")
		case v.letter == 'p':
			no(call.Pos(), "percent-p", "%%p would print another address every time: compare pointers with == instead")
		}
	}
	if call.Ellipsis.IsValid() {
		return
	}
	for i, x := range args {
		v := verb{letter: 'v'}
		if i < len(verbs) {
			v = verbs[i]
		}
		r.refusePrinted(c, x, v, no)
	}
}

// refusePrinted refuses values that fmt prints otherwise when they are interpreted.
func (r *reading) refusePrinted(c *checked, x ast.Expr, v verb, no refusal) {
	t := c.info.TypeOf(x)
	if t == nil {
		return
	}
	const instead = "make it the last line of the cell, which shows it"
	own := isCell(t) && speaks(t)
	switch {
	case own && !strings.ContainsRune("vswqxX", v.letter), own && v.plus, own && v.sharp:
		no(x.Pos(), "fmt-verb", "here fmt has only the text of such a value: print it with %%v, or convert it, as in int(x)")
	case own:
	case v.letter == 'v' && (v.plus || v.sharp) && hidesFields(t, 0):
		no(x.Pos(), "fmt-plus", "%%+v and %%#v do not know the fields' names here: print the fields one by one, or %s", instead)
	case speaksInside(t, 0):
		no(x.Pos(), "fmt-nested", "fmt does not find the String or Error methods inside of this value here: print its parts one by one, or %s", instead)
	}
}

// verb is a verb of a format and its flags.
type verb struct {
	letter      rune
	plus, sharp bool
}

// verbsOf returns the verbs of a format in the order of the arguments. Formats that count arguments themselves have none.
func verbsOf(format string) (verbs []verb) {
	rs := []rune(format)
	for i := 0; i < len(rs); i++ {
		if rs[i] != '%' {
			continue
		}
		var v verb
		for i++; i < len(rs) && strings.ContainsRune("+-# 0123456789.*[]", rs[i]); i++ {
			switch rs[i] {
			case '+':
				v.plus = true
			case '#':
				v.sharp = true
			case '*':
				verbs = append(verbs, verb{letter: 'd'})
			case '[':
				return nil
			}
		}
		if i < len(rs) && rs[i] != '%' {
			v.letter = rs[i]
			verbs = append(verbs, v)
		}
	}
	return verbs
}

// speaks says whether values of a type have a text of their own.
func speaks(t types.Type) bool {
	for _, name := range []string{"String", "Error"} {
		o, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
		if f, ok := o.(*types.Func); ok {
			s := f.Signature()
			if s.Params().Len() == 0 && s.Results().Len() == 1 && types.Identical(s.Results().At(0).Type(), types.Typ[types.String]) {
				return true
			}
		}
	}
	return false
}

// speaksInside says whether there are values inside of a value whose text fmt finds in one of the two ways only: of types
// of cells, and in fields whose names begin with a small letter.
func speaksInside(t types.Type, depth int) bool {
	if depth > 8 {
		return false
	}
	inside := func(t types.Type, small bool) bool {
		if speaks(t) {
			return isCell(t) != small || isCell(t)
		}
		return speaksInside(t, depth+1)
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return inside(u.Elem(), false)
	case *types.Array:
		return inside(u.Elem(), false)
	case *types.Map:
		return inside(u.Key(), false) || inside(u.Elem(), false)
	case *types.Pointer:
		return depth == 0 && inside(u.Elem(), false)
	case *types.Struct:
		if n, ok := types.Unalias(t).(*types.Named); ok && !isCell(n) {
			return false
		}
		for i := range u.NumFields() {
			f := u.Field(i)
			if _, ok := f.Type().Underlying().(*types.Pointer); !ok && inside(f.Type(), !f.Exported()) {
				return true
			}
		}
	}
	return false
}

// hidesFields says whether a value has fields whose names the interpreter changes.
func hidesFields(t types.Type, depth int) bool {
	if depth > 8 {
		return false
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && !isCell(n) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return hidesFields(u.Elem(), depth+1)
	case *types.Array:
		return hidesFields(u.Elem(), depth+1)
	case *types.Map:
		return hidesFields(u.Key(), depth+1) || hidesFields(u.Elem(), depth+1)
	case *types.Pointer:
		return depth == 0 && hidesFields(u.Elem(), depth+1)
	case *types.Struct:
		for i := range u.NumFields() {
			if !u.Field(i).Exported() || hidesFields(u.Field(i).Type(), depth+1) {
				return true
			}
		}
	}
	return false
}

// refuseType refuses types that the interpreter cannot make.
func (r *reading) refuseType(c *checked, s *ast.TypeSpec, no refusal) {
	o := c.info.Defs[s.Name]
	if o == nil {
		return
	}
	named, ok := o.Type().(*types.Named)
	if !ok {
		return
	}
	switch u := named.Underlying().(type) {
	case *types.Signature:
		if mentions(u, named, map[types.Type]bool{}) {
			no(s.Pos(), "recursive-func", "the interpreter can't make a function type that names itself: put the function into a struct, type %[1]s struct { next func(…) %[1]s }", s.Name.Name)
		}
	case *types.Struct:
		embedded := 0
		for i := range u.NumFields() {
			if f := u.Field(i); f.Embedded() && types.IsInterface(f.Type()) && !isCell(f.Type()) {
				embedded++
			}
		}
		if embedded > 1 {
			no(s.Pos(), "embed-interfaces", "the interpreter can't embed two interfaces of packages in one struct: give the fields names")
		}
	}
}

// mentions says whether a type's parts lead back to a named type.
func mentions(t types.Type, to *types.Named, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		return t == to || isCell(t) && mentions(t.Underlying(), to, seen)
	case *types.Pointer:
		return mentions(t.Elem(), to, seen)
	case *types.Slice:
		return mentions(t.Elem(), to, seen)
	case *types.Array:
		return mentions(t.Elem(), to, seen)
	case *types.Map:
		return mentions(t.Key(), to, seen) || mentions(t.Elem(), to, seen)
	case *types.Chan:
		return mentions(t.Elem(), to, seen)
	case *types.Signature:
		return mentions(t.Params(), to, seen) || mentions(t.Results(), to, seen)
	case *types.Tuple:
		for i := range t.Len() {
			if mentions(t.At(i).Type(), to, seen) {
				return true
			}
		}
	case *types.Struct:
		for i := range t.NumFields() {
			if mentions(t.Field(i).Type(), to, seen) {
				return true
			}
		}
	}
	return false
}

const assertion = "the interpreter does not know in an any which of the cells' types it holds: give the interface a method that the type has, and use that interface"

// refuseAssertion refuses to ask a value of type any whether it is of a type that cells declare.
func (r *reading) refuseAssertion(c *checked, x *ast.TypeAssertExpr, no refusal) {
	if x.Type != nil && isAny(c.info.TypeOf(x.X)) && isCell(c.info.TypeOf(x.Type)) {
		no(x.Pos(), "any-assertion", assertion)
	}
}

func (r *reading) refuseSwitch(c *checked, s *ast.TypeSwitchStmt, no refusal) {
	var x *ast.TypeAssertExpr
	ast.Inspect(s.Assign, func(n ast.Node) bool {
		if a, ok := n.(*ast.TypeAssertExpr); ok && x == nil {
			x = a
		}
		return x == nil
	})
	if x == nil || !isAny(c.info.TypeOf(x.X)) {
		return
	}
	for _, cl := range s.Body.List {
		for _, t := range cl.(*ast.CaseClause).List {
			if c.info.Types[t].IsType() && isCell(c.info.TypeOf(t)) {
				no(t.Pos(), "any-assertion", assertion)
			}
		}
	}
}

func isAny(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 0
}
