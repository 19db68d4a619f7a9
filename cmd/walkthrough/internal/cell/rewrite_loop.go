package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// The interpreter's loop variables are one for the whole loop: a closure that outlives its turn sees the next ones. Where
// that can be seen, each turn gets a variable of its own.

// captured says whether a variable can be reached when its turn is over: by a function literal or a pointer in one of the
// nodes.
func (y *rewriter) captured(o types.Object, nodes ...ast.Node) bool {
	found := false
	is := func(x ast.Expr) bool {
		for {
			switch e := ast.Unparen(x).(type) {
			case *ast.Ident:
				return y.object(e) == o
			case *ast.SelectorExpr:
				x = e.X
			case *ast.IndexExpr:
				x = e.X
			default:
				return false
			}
		}
	}
	for _, n := range nodes {
		if n == nil {
			continue
		}
		ast.Inspect(n, func(m ast.Node) bool {
			switch m := m.(type) {
			case *ast.FuncLit:
				ast.Inspect(m, func(k ast.Node) bool {
					if id, ok := k.(*ast.Ident); ok && y.object(id) == o {
						found = true
					}
					return !found
				})
			case *ast.UnaryExpr:
				found = found || m.Op == token.AND && is(m.X)
			case *ast.SliceExpr:
				found = found || is(m.X)
			case *ast.SelectorExpr:
				if s := y.c.info.Selections[m]; s != nil && s.Kind() == types.MethodVal && is(m.X) {
					found = true
				}
			case *ast.DeferStmt:
				ast.Inspect(m, func(k ast.Node) bool {
					if id, ok := k.(*ast.Ident); ok && y.object(id) == o {
						found = true
					}
					return !found
				})
			}
			return !found
		})
	}
	return found
}

// define returns the variables that an init statement or a range clause declares.
func (y *rewriter) define(xs ...ast.Expr) (vars []types.Object) {
	for _, x := range xs {
		if id, ok := x.(*ast.Ident); ok && id.Name != "_" {
			if o := y.c.info.Defs[id]; o != nil {
				vars = append(vars, o)
			}
		}
	}
	return vars
}

// forLoop writes a for clause whose variables are captured with the header's variables apart from each turn's own, which
// are copied back before the post statement.
func (y *rewriter) forLoop(s *ast.ForStmt) (string, bool) {
	init, ok := s.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE {
		return y.underLabel(s)
	}
	vars := y.define(init.Lhs...)
	any := false
	for _, o := range vars {
		if y.captured(o, nodesOf(s.Cond, s.Post)...) {
			y.fail(s.Pos(), "loop-capture", "the interpreter keeps one %s for the whole loop: move the function literal out of the loop's first line", o.Name())
		}
		any = any || y.captured(o, s.Body)
	}
	if !any {
		return y.underLabel(s)
	}
	header, turn := map[types.Object]string{}, map[types.Object]string{}
	var in, back string
	for _, o := range vars {
		header[o], turn[o] = y.temp(), y.temp()
		in += fmt.Sprintf("%s := %s; ", turn[o], header[o])
		back += fmt.Sprintf("; %s = %s", header[o], turn[o])
	}
	y.continues(s, s.Body, strings.TrimPrefix(back, "; "))
	y.rename(header)
	text := y.label(s) + "for " + y.between(s, init.Pos(), s.Body.Lbrace)
	y.rename(turn)
	text += "{ " + in + "{" + y.statementsOf(s.Body) + "}" + back + " }"
	return text, true
}

func nodesOf(cond ast.Expr, post ast.Stmt) (list []ast.Node) {
	if cond != nil {
		list = append(list, cond)
	}
	if post != nil {
		list = append(list, post)
	}
	return list
}

// underLabel writes a loop that stays as it is, with the label that was taken from it.
func (y *rewriter) underLabel(s ast.Stmt) (string, bool) {
	l := y.label(s)
	return l + y.below(s), l != ""
}

func (y *rewriter) rename(names map[types.Object]string) {
	for o, n := range names {
		y.renamed[o] = n
	}
}

// continues makes every continue of a loop do something first.
func (y *rewriter) continues(loop ast.Stmt, body *ast.BlockStmt, first string) {
	for _, b := range y.branchesTo(loop, body, token.CONTINUE) {
		text := "continue"
		if b.Label != nil {
			text += " " + b.Label.Name
		}
		y.branches[b] = func() string { return "{ " + first + "; " + text + " }" }
	}
}

// branchesTo returns the break or continue statements in a loop's body that are about the loop.
func (y *rewriter) branchesTo(loop ast.Stmt, body *ast.BlockStmt, what token.Token) (list []*ast.BranchStmt) {
	label := y.labels[loop]
	var walk func(n ast.Node, own bool)
	walk = func(n ast.Node, own bool) {
		ast.Inspect(n, func(m ast.Node) bool {
			if m == n {
				return true
			}
			switch m := m.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ForStmt, *ast.RangeStmt:
				walk(m, false)
				return false
			case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
				walk(m, own && what == token.CONTINUE)
				return false
			case *ast.BranchStmt:
				if m.Tok == what && (m.Label == nil && own || m.Label != nil && m.Label.Name == label && label != "") {
					list = append(list, m)
				}
			}
			return true
		})
	}
	walk(body, true)
	return list
}

// assigned says whether a variable is assigned to.
func (y *rewriter) assigned(o types.Object, body ast.Node) bool {
	found := false
	is := func(x ast.Expr) {
		id, ok := ast.Unparen(x).(*ast.Ident)
		found = found || ok && y.object(id) == o
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				is(x)
			}
		case *ast.IncDecStmt:
			is(n.X)
		case *ast.RangeStmt:
			if n.Key != nil {
				is(n.Key)
			}
			if n.Value != nil {
				is(n.Value)
			}
		}
		return !found
	})
	return found
}

// rangeLoop gives each turn variables of its own where a turn keeps them or changes them: the interpreter counts with the
// loop's variable itself.
func (y *rewriter) rangeLoop(s *ast.RangeStmt) (string, bool) {
	switch t := y.typeOf(s.X).Underlying().(type) {
	case *types.Basic:
		if t.Info()&types.IsInteger != 0 {
			return y.rangeInt(s), true
		}
	case *types.Signature:
		return y.rangeFunc(s, t), true
	}
	if s.Tok == token.DEFINE {
		var in string
		header := map[types.Object]string{}
		for _, o := range y.define(s.Key, s.Value) {
			if y.captured(o, s.Body) || y.assigned(o, s.Body) {
				header[o] = y.temp()
				in += fmt.Sprintf("%s := %s; ", o.Name(), header[o])
			}
		}
		if len(header) > 0 {
			names := []string{}
			for _, x := range []ast.Expr{s.Key, s.Value} {
				if x == nil {
					continue
				}
				name := x.(*ast.Ident).Name
				for o, h := range header {
					if o == y.c.info.Defs[x.(*ast.Ident)] {
						name = h
					}
				}
				names = append(names, name)
			}
			return fmt.Sprintf("%sfor %s := range %s { %s{%s} }", y.label(s), strings.Join(names, ", "), y.text(s.X), in, y.statementsOf(s.Body)), true
		}
	}
	return y.underLabel(s)
}

// rangeInt counts: the interpreter cannot range over an integer.
func (y *rewriter) rangeInt(s *ast.RangeStmt) string {
	t := y.typeOf(s.X)
	if !isBlank(s.Key) {
		t = y.typeOf(s.Key)
		if o := y.define(s.Key); len(o) == 1 {
			t = o[0].Type()
		}
	}
	typ := y.typ(s.Pos(), types.Default(t))
	i, n := y.temp(), y.temp()
	set := ""
	if !isBlank(s.Key) {
		set = fmt.Sprintf("%s %s %s; ", y.text(s.Key), s.Tok, i)
	}
	return fmt.Sprintf("%sfor %s, %s := %s(0), %s(%s); %s < %s; %s++ { %s{%s} }",
		y.label(s), i, n, typ, typ, y.text(s.X), i, n, i, set, y.statementsOf(s.Body))
}

// rangeFunc calls the function with the body as what it yields to: the interpreter cannot range over a function. What
// leaves the body says so to the function by its result, and to the code behind the call by a flag.
func (y *rewriter) rangeFunc(s *ast.RangeStmt, f *types.Signature) string {
	yield := f.Params().At(0).Type().Underlying().(*types.Signature)
	var params, set string
	for i, x := range []ast.Expr{s.Key, s.Value}[:yield.Params().Len()] {
		name := y.temp()
		if i > 0 {
			params += ", "
		}
		params += name + " " + y.typ(s.Pos(), yield.Params().At(i).Type())
		if !isBlank(x) {
			set += fmt.Sprintf("%s %s %s; ", y.text(x), s.Tok, name)
		}
	}
	for _, b := range y.branchesTo(s, s.Body, token.CONTINUE) {
		y.branches[b] = func() string { return "return true" }
	}
	for _, b := range y.branchesTo(s, s.Body, token.BREAK) {
		y.branches[b] = func() string { return "return false" }
	}
	left := y.temp()
	before, results, own := y.resultsOf(s)
	returns := false
	walkOwn(s.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BranchStmt:
			if n.Label != nil && y.branches[n] == nil && y.labelOutside(n, s) {
				y.fail(n.Pos(), "range-func", "a loop over a function can't be left by a label: use a variable that says so")
			}
		case *ast.DeferStmt:
			y.fail(n.Pos(), "range-func", "defer is not possible in a loop over a function: put the loop's body into a function")
		case *ast.ReturnStmt:
			if y.ranges[n] {
				y.fail(n.Pos(), "range-func", "return is not possible in a loop over a function inside of another: put the inner one into a function")
			}
			returns, y.ranges[n] = true, true
			y.branches[n] = func() string {
				set := y.assign(results, n.Results)
				if len(n.Results) == 0 && len(own) > 0 {
					set = strings.Join(results, ", ") + " = " + strings.Join(own, ", ")
				}
				return fmt.Sprintf("{ %s; %s = true; return false }", set, left)
			}
		}
		return true
	})
	tail := ""
	if returns {
		tail = fmt.Sprintf("if %s { return %s }", left, strings.Join(results, ", "))
		if y.defers[y.enclosing(s)] != "" && len(own) > 0 {
			tail = fmt.Sprintf("if %s { %s = %s; return }", left, strings.Join(own, ", "), strings.Join(results, ", "))
		}
	} else {
		before = ""
	}
	fn, over := y.temp(), y.text(s.X)
	if _, ok := ast.Unparen(s.X).(*ast.Ident); !ok {
		name := y.temp()
		before, over = fmt.Sprintf("%s := %s; ", name, over)+before, name
	}
	return fmt.Sprintf("{ %svar %s bool; %s := func(%s) bool { %s{%s}; return true }; %s(%s); %s }",
		before, left, fn, params, set, y.statementsOf(s.Body), over, fn, tail)
}

// resultsOf declares locals for the results of the function around a node, and returns their names, and those of the
// function's own locals for them, if it has any.
func (y *rewriter) resultsOf(n ast.Node) (declaration string, locals, own []string) {
	sig := y.signature(n)
	if sig == nil {
		return "", nil, nil
	}
	for i := range sig.Results().Len() {
		name := y.temp()
		declaration += fmt.Sprintf("var %s %s; ", name, y.typ(n.Pos(), sig.Results().At(i).Type()))
		locals = append(locals, name)
	}
	return declaration, locals, y.named[y.enclosing(n)]
}

// labelOutside says whether a labeled branch leaves a statement.
func (y *rewriter) labelOutside(b *ast.BranchStmt, s ast.Stmt) bool {
	for n := y.parents[b]; n != nil && n != s; n = y.parents[n] {
		if l, ok := n.(*ast.LabeledStmt); ok && l.Label.Name == b.Label.Name {
			return false
		}
	}
	return true
}
