package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell/prelude"
)

// function writes functions that defer, and functions whose results have names, with locals for the results. The
// interpreter evaluates a deferred call's arguments when the function ends, and a deferred literal sees the last turn of a
// loop; and a result with a name is the very variable that the caller assigns to, with what that held before.
func (y *rewriter) function(f ast.Node, body *ast.BlockStmt) (string, bool) {
	if body == nil {
		return "", false
	}
	defers := false
	walkOwn(f, func(n ast.Node) bool {
		_, ok := n.(*ast.DeferStmt)
		defers = defers || ok
		return true
	})
	text := ""
	if typ := typeOf(f); defers || typ.Results != nil && len(typ.Results.List[0].Names) > 0 {
		text = y.withResults(f, typ, body, defers)
	} else {
		text = y.below(f)
	}
	if lit, ok := f.(*ast.FuncLit); ok {
		text = y.asArgument(lit, text)
	}
	return text, true
}

func typeOf(f ast.Node) *ast.FuncType {
	if lit, ok := f.(*ast.FuncLit); ok {
		return lit.Type
	}
	return f.(*ast.FuncDecl).Type
}

// asArgument puts a function literal into parentheses where it is handed on: straight to compiled code, a literal in a
// loop sees the last turn. Elsewhere they do harm.
func (y *rewriter) asArgument(x ast.Expr, text string) string {
	switch p := y.parent(x).(type) {
	case *ast.CallExpr:
		if ast.Unparen(p.Fun) != x {
			return "(" + text + ")"
		}
	case *ast.KeyValueExpr, *ast.CompositeLit:
		return "(" + text + ")"
	}
	return text
}

// withResults writes a function whose results are locals, and which has its body made a closure if it defers.
func (y *rewriter) withResults(f ast.Node, typ *ast.FuncType, body *ast.BlockStmt, defers bool) string {
	var names, types []string
	locals := ""
	if typ.Results != nil {
		for _, field := range typ.Results.List {
			t := y.text(field.Type)
			for i := range max(1, len(field.Names)) {
				name := y.temp()
				if len(field.Names) > 0 {
					y.renamed[y.c.info.Defs[field.Names[i]]] = name // what is inside may shadow the own name
				}
				names, types = append(names, name), append(types, t)
				locals += fmt.Sprintf("var %s %s; ", name, t)
			}
		}
	}
	y.named[f] = names
	results := strings.Join(names, ", ")
	head := y.between(f, f.Pos(), typ.Params.End())
	if len(types) > 0 {
		head += " (" + strings.Join(types, ", ") + ")"
	}
	walkOwn(body, func(n ast.Node) bool {
		r, ok := n.(*ast.ReturnStmt)
		switch {
		case !ok || len(names) == 0:
		case defers && len(r.Results) > 0:
			y.branches[r] = func() string { return fmt.Sprintf("{ %s; return }", y.assign(names, r.Results)) }
		case !defers && len(r.Results) == 0:
			y.branches[r] = func() string { return "return " + results }
		}
		return true
	})
	if !defers {
		return fmt.Sprintf("%s { %s%s }", head, locals, y.text(body))
	}
	list := y.temp()
	y.defers[f] = list
	return fmt.Sprintf("%s { %svar %s %s.Deferred; %s.Call((func() %s)); return %s }",
		head, locals, list, prelude.Name, list, y.text(body), results)
}

// assign writes that results are set: one after the other through locals, since one result may be used for the next.
func (y *rewriter) assign(names []string, values []ast.Expr) string {
	if len(names) != len(values) {
		return strings.Join(names, ", ") + " = " + y.list(values)
	}
	var before, after string
	for i, x := range values {
		name, stmt := y.keep(x, nil)
		before += stmt
		after += fmt.Sprintf("; %s = %s", names[i], name)
	}
	return before + strings.TrimPrefix(after, "; ")
}

// deferred evaluates what Go evaluates at the defer statement into locals, and pushes a closure over them.
func (y *rewriter) deferred(s *ast.DeferStmt) (string, bool) {
	list := y.defers[y.enclosing(s)]
	if list == "" {
		return "", false
	}
	var before strings.Builder
	keep := func(x ast.Expr, t types.Type) string {
		name, stmt := y.keep(x, t)
		before.WriteString(stmt)
		return name
	}
	lit, literal := ast.Unparen(s.Call.Fun).(*ast.FuncLit)
	if literal {
		walkOwn(lit, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && y.isBuiltin(call, "recover") {
				y.recovers[call] = list
			}
			return true
		})
		if len(s.Call.Args) == 0 && lit.Type.Results == nil {
			fn := y.temp()
			return fmt.Sprintf("{ %s := %s; %s.Push(%s) }", fn, y.text(lit), list, fn), true
		}
	}
	fn := y.callee(s.Call, &before)
	var args []string
	if tuple, ok := y.tupleArgument(s.Call); ok {
		for range tuple.Len() {
			args = append(args, y.temp())
		}
		fmt.Fprintf(&before, "%s := %s; ", strings.Join(args, ", "), y.text(s.Call.Args[0]))
	} else {
		for i, x := range s.Call.Args {
			args = append(args, keep(x, y.parameter(s.Call, i)))
		}
	}
	dots := ""
	if s.Call.Ellipsis.IsValid() {
		dots = "..."
	}
	name := y.temp()
	return fmt.Sprintf("{ %s%s := func() { %s(%s%s) }; %s.Push(%s) }", before.String(), name, fn, strings.Join(args, ", "), dots, list, name), true
}

// callee writes the function of a call that is made later.
func (y *rewriter) callee(call *ast.CallExpr, before *strings.Builder) string {
	keep := func(x ast.Expr) string {
		name, stmt := y.keep(x, nil)
		before.WriteString(stmt)
		return name
	}
	fun := ast.Unparen(call.Fun)
	if y.c.info.Types[fun].IsBuiltin() || y.c.info.Types[fun].IsType() {
		return y.text(fun)
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return keep(fun)
	}
	s := y.c.info.Selections[sel]
	switch {
	case s == nil: // of a package
		return y.text(sel)
	case s.Kind() != types.MethodVal:
		return keep(sel)
	}
	text, _ := y.receiver(sel, s)
	return y.keepText(text, before) + "." + sel.Sel.Name
}

// keepText keeps an expression in a local.
func (y *rewriter) keepText(x string, before *strings.Builder) string {
	name := y.temp()
	fmt.Fprintf(before, "%s := %s; ", name, x)
	return name
}

// receiver writes a method's receiver, as it is to be kept, and returns its type: the very value that the method is
// called with, a pointer or not, found through what is embedded.
func (y *rewriter) receiver(sel *ast.SelectorExpr, s *types.Selection) (string, types.Type) {
	x, t := y.text(sel.X), y.typeOf(sel.X)
	for _, i := range s.Index()[:len(s.Index())-1] {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		f := t.Underlying().(*types.Struct).Field(i)
		if !f.Exported() && f.Pkg().Path() != cellPath {
			return y.text(sel.X), y.typeOf(sel.X)
		}
		x, t = x+"."+y.fieldName(f), f.Type()
	}
	recv := s.Obj().(*types.Func).Signature().Recv()
	if recv == nil || types.IsInterface(t) {
		return x, t
	}
	_, wants := types.Unalias(recv.Type()).(*types.Pointer)
	p, is := t.Underlying().(*types.Pointer)
	switch {
	case wants && !is:
		return "&" + x, types.NewPointer(t)
	case is && !wants:
		return "*" + x, p.Elem()
	}
	return x, t
}

// fieldName returns what an embedded field is called, which is what its type is called.
func (y *rewriter) fieldName(f *types.Var) string {
	t := types.Unalias(f.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok {
		if name, ok := y.r.nameOf(n.Obj()); ok {
			return name
		}
	}
	return f.Name()
}

// tupleArgument returns the results of a call that are all the arguments of another.
func (y *rewriter) tupleArgument(call *ast.CallExpr) (*types.Tuple, bool) {
	if len(call.Args) != 1 {
		return nil, false
	}
	t, ok := y.typeOf(call.Args[0]).(*types.Tuple)
	return t, ok
}

// parameter returns the type of the parameter that an argument is for, nil where that is not told.
func (y *rewriter) parameter(call *ast.CallExpr, i int) types.Type {
	s, ok := y.typeOf(call.Fun).Underlying().(*types.Signature)
	if !ok {
		return nil
	}
	n := s.Params().Len()
	if s.Variadic() && i >= n-1 {
		t := s.Params().At(n - 1).Type()
		if sl, ok := t.Underlying().(*types.Slice); ok && !call.Ellipsis.IsValid() {
			return sl.Elem()
		}
		return t
	}
	return s.Params().At(i).Type()
}
