package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell/prelude"
)

// function makes the body of a function that defers a closure. The interpreter evaluates a deferred call's arguments when
// the function ends, and a deferred literal sees the last turn of a loop: silent wrong answers.
func (y *rewriter) function(f ast.Node, body *ast.BlockStmt) (string, bool) {
	if body == nil {
		return "", false
	}
	has := false
	walkOwn(f, func(n ast.Node) bool {
		_, ok := n.(*ast.DeferStmt)
		has = has || ok
		return true
	})
	var text string
	if has {
		text = y.deferring(f, body)
	} else {
		text = y.below(f)
	}
	if lit, ok := f.(*ast.FuncLit); ok && y.isArgument(lit) {
		// Handed straight to compiled code, a literal in a loop sees the last turn.
		text = "(" + text + ")"
	}
	return text, true
}

// deferring writes a function that defers. Its results have names, so that the closure can set them.
func (y *rewriter) deferring(f ast.Node, body *ast.BlockStmt) string {
	var typ *ast.FuncType
	switch f := f.(type) {
	case *ast.FuncLit:
		typ = f.Type
	case *ast.FuncDecl:
		typ = f.Type
	}
	list := y.temp()
	y.defers[f] = list
	var names, fields []string
	if typ.Results != nil {
		for _, field := range typ.Results.List {
			ids := []string{}
			for _, id := range field.Names {
				ids = append(ids, id.Name)
			}
			if len(ids) == 0 {
				ids = []string{"_"}
			}
			for _, id := range ids {
				if id == "_" {
					id = y.temp()
				}
				names = append(names, id)
				fields = append(fields, id+" "+y.text(field.Type))
			}
		}
	}
	y.named[f] = names
	results := strings.Join(names, ", ")
	walkOwn(body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
			y.branches[r] = func() string { return fmt.Sprintf("{ %s; return }", y.assign(names, r.Results)) }
		}
		return true
	})
	head := y.between(f, f.Pos(), typ.Params.End())
	if len(fields) > 0 {
		head += " (" + strings.Join(fields, ", ") + ")"
	}
	return fmt.Sprintf("%s { var %s %s.Deferred; %s.Call((func() %s)); return %s }",
		head, list, prelude.Name, list, y.text(body), results)
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

func (y *rewriter) isArgument(lit *ast.FuncLit) bool {
	switch p := y.parents[lit].(type) {
	case *ast.CallExpr:
		return p.Fun != lit
	case *ast.KeyValueExpr, *ast.CompositeLit:
		return true
	}
	return false
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
	return y.keepText(y.receiver(sel, s), before) + "." + sel.Sel.Name
}

// keepText keeps an expression in a local.
func (y *rewriter) keepText(x string, before *strings.Builder) string {
	name := y.temp()
	fmt.Fprintf(before, "%s := %s; ", name, x)
	return name
}

// receiver writes a method's receiver, as it is to be kept: a pointer or a value, whichever the method has.
func (y *rewriter) receiver(sel *ast.SelectorExpr, s *types.Selection) string {
	x := y.text(sel.X)
	switch {
	case y.byPointer(sel, s):
		return "&" + x
	case y.byValue(sel, s):
		return "*" + x
	}
	return x
}

// byValue says whether a method's operand is a pointer to what the method wants.
func (y *rewriter) byValue(sel *ast.SelectorExpr, s *types.Selection) bool {
	recv := s.Obj().(*types.Func).Signature().Recv()
	if recv == nil || len(s.Index()) > 1 || types.IsInterface(recv.Type()) {
		return false
	}
	_, wants := types.Unalias(recv.Type()).(*types.Pointer)
	_, is := y.typeOf(sel.X).Underlying().(*types.Pointer)
	return !wants && is
}

// byPointer says whether the address of a method's operand is taken.
func (y *rewriter) byPointer(sel *ast.SelectorExpr, s *types.Selection) bool {
	recv := s.Obj().(*types.Func).Signature().Recv()
	if recv == nil {
		return false
	}
	_, wants := types.Unalias(recv.Type()).(*types.Pointer)
	_, is := y.typeOf(sel.X).Underlying().(*types.Pointer)
	return wants && !is && !s.Indirect()
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
