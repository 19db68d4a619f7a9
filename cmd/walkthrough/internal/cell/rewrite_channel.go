package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// returns receives before it returns: return <-c panics in the interpreter.
func (y *rewriter) returns(s *ast.ReturnStmt) (string, bool) {
	if b := y.branches[s]; b != nil {
		return b(), true
	}
	if !slices.ContainsFunc(s.Results, receives) {
		return "", false
	}
	var before string
	var names []string
	for _, x := range s.Results {
		name, stmt := y.keep(x, nil)
		before += stmt
		names = append(names, name)
	}
	return "{ " + before + "return " + strings.Join(names, ", ") + " }", true
}

func receives(x ast.Expr) bool {
	u, ok := ast.Unparen(x).(*ast.UnaryExpr)
	return ok && u.Op == token.ARROW
}

// selects evaluates channels and what is sent before the select, in the order of the cases, as Go does: the interpreter
// never takes a case whose channel is more than a name, and sends zeros for a literal. What is received goes to its place
// by way of a local.
func (y *rewriter) selects(s *ast.SelectStmt) (string, bool) {
	var before, cases strings.Builder
	keep := func(x ast.Expr, t types.Type) string {
		if _, ok := ast.Unparen(x).(*ast.Ident); ok && t == nil {
			return y.text(x)
		}
		name, stmt := y.keep(x, t)
		before.WriteString(stmt)
		return name
	}
	for _, c := range s.Body.List {
		clause := c.(*ast.CommClause)
		cases.WriteString(y.r.src[y.gap(clause.Pos(), s, clause):y.c.offset(clause.Pos())])
		first := ""
		switch comm := clause.Comm.(type) {
		case nil:
			cases.WriteString("default:")
		case *ast.SendStmt:
			elem := y.typeOf(comm.Chan).Underlying().(*types.Chan).Elem()
			channel := keep(comm.Chan, nil)
			fmt.Fprintf(&cases, "case %s <- %s:", channel, keep(comm.Value, elem))
		case *ast.ExprStmt:
			fmt.Fprintf(&cases, "case <-%s:", keep(channelOf(comm.X), nil))
		case *ast.AssignStmt:
			channel := keep(channelOf(comm.Rhs[0]), nil)
			if comm.Tok == token.DEFINE {
				fmt.Fprintf(&cases, "case %s := <-%s:", y.list(comm.Lhs), channel)
				break
			}
			var names []string
			for range comm.Lhs {
				names = append(names, y.temp())
			}
			list := strings.Join(names, ", ")
			fmt.Fprintf(&cases, "case %s := <-%s:", list, channel)
			first = fmt.Sprintf(" %s = %s;", y.list(comm.Lhs), list)
		}
		cases.WriteString(first)
		cases.WriteString(y.between(clause, clause.Colon+1, clause.End()))
	}
	return fmt.Sprintf("{ %s%sselect {%s\n} }", before.String(), y.label(s), cases.String()), true
}

// gap returns where what stands before a case begins: its line ends are kept.
func (y *rewriter) gap(_ token.Pos, s *ast.SelectStmt, clause *ast.CommClause) int {
	from := y.c.offset(s.Body.Lbrace + 1)
	for _, c := range s.Body.List {
		if c == clause {
			break
		}
		from = y.c.offset(c.End())
	}
	return from
}

func channelOf(x ast.Expr) ast.Expr { return ast.Unparen(x).(*ast.UnaryExpr).X }
