package cell

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// assignment says two kinds of assignment otherwise. Of several that are made at once, some come to nothing: they are made
// one after the other, from locals. And a literal that is assigned as a whole is copied: the interpreter makes a new
// variable of it instead, which nothing that points to the old one sees.
func (y *rewriter) assignment(s *ast.AssignStmt) (string, bool) {
	if s.Tok != token.ASSIGN || !y.inBlock(s) && !slices.ContainsFunc(s.Rhs, y.isPlainLiteral) {
		return "", false
	}
	if !y.inBlock(s) {
		return y.list(s.Lhs) + " = " + y.values(s.Rhs), true
	}
	return y.setTogether(s.Lhs, s.Rhs), true
}

// setTogether writes an assignment to several places at once.
func (y *rewriter) setTogether(lhs, rhs []ast.Expr) string {
	if len(lhs) == 1 || len(lhs) != len(rhs) || !allNames(lhs) {
		return y.list(lhs) + " = " + y.values(rhs)
	}
	var before, after string
	for i, x := range rhs {
		name, stmt := y.keep(x, nil)
		before += stmt
		if isBlank(lhs[i]) {
			name = y.blank(name, x)
		}
		after += "; " + y.text(lhs[i]) + " = " + name
	}
	return "{ " + before + strings.TrimPrefix(after, "; ") + " }"
}

// blank is what is assigned to _.
func (y *rewriter) blank(name string, x ast.Expr) string {
	if y.c.info.Types[x].IsNil() {
		return "0"
	}
	return name
}

func (y *rewriter) values(xs []ast.Expr) string {
	var values []string
	for _, x := range xs {
		values = append(values, y.value(x))
	}
	return strings.Join(values, ", ")
}

// declaration writes a variable with a type apart from its first value, where a generic function makes that: the value does
// not arrive.
func (y *rewriter) declaration(s *ast.DeclStmt) (string, bool) {
	d := s.Decl.(*ast.GenDecl)
	if d.Tok != token.VAR {
		return "", false
	}
	found := false
	var text strings.Builder
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		if v.Type == nil || len(v.Names) != len(v.Values) || !slices.ContainsFunc(v.Values, y.hasInstance) {
			text.WriteString("var " + y.text(v) + "; ")
			continue
		}
		found = true
		var after strings.Builder
		for i, x := range v.Values {
			name, stmt := y.keep(x, nil)
			text.WriteString(stmt)
			fmt.Fprintf(&after, "var %[1]s %[2]s; %[1]s = %[3]s; ", y.text(v.Names[i]), y.text(v.Type), name)
		}
		text.WriteString(after.String())
	}
	return strings.TrimSuffix(text.String(), "; "), found
}

// hasInstance says whether a generic function is used in an expression.
func (y *rewriter) hasInstance(x ast.Expr) bool {
	found := false
	ast.Inspect(x, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && y.typeArguments(id) != ""
		return !found
	})
	return found
}

// inBlock says whether a statement stands where a block could.
func (y *rewriter) inBlock(s ast.Stmt) bool {
	switch y.parents[s].(type) {
	case *ast.BlockStmt, *ast.CaseClause:
		return true
	case *ast.CommClause:
		return y.parents[s].(*ast.CommClause).Comm != s
	}
	return false
}

func allNames(xs []ast.Expr) bool {
	return !slices.ContainsFunc(xs, func(x ast.Expr) bool {
		_, ok := x.(*ast.Ident)
		return !ok
	})
}

// value writes what is assigned.
func (y *rewriter) value(x ast.Expr) string {
	if y.isPlainLiteral(x) {
		return "*&" + y.text(ast.Unparen(x))
	}
	return y.text(x)
}

// isPlainLiteral says whether an expression is the literal of a struct or an array.
func (y *rewriter) isPlainLiteral(x ast.Expr) bool {
	if _, ok := ast.Unparen(x).(*ast.CompositeLit); !ok {
		return false
	}
	switch y.typeOf(x).Underlying().(type) {
	case *types.Struct, *types.Array:
		return true
	}
	return false
}

// logic evaluates what is known of a condition: at some conditions with constants in them, the interpreter leaves the
// function without a word.
func (y *rewriter) logic(x ast.Expr) (string, bool) {
	if v := y.c.info.Types[x].Value; v != nil && v.Kind() == constant.Bool {
		return v.String(), true
	}
	b, ok := x.(*ast.BinaryExpr)
	if !ok || b.Op != token.LAND && b.Op != token.LOR {
		return "", false
	}
	left, right := y.c.info.Types[b.X].Value, y.c.info.Types[b.Y].Value
	decides := b.Op == token.LOR // what ends it
	switch {
	case left != nil && constant.BoolVal(left) == decides:
		return left.String(), true
	case left != nil:
		return y.text(b.Y), true
	case right != nil && constant.BoolVal(right) != decides:
		return y.text(b.X), true
	case right != nil:
		return fmt.Sprintf("func() bool { _ = %s; return %v }()", y.text(b.X), decides), true
	}
	return "", false
}
