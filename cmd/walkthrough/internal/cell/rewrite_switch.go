package cell

import (
	"fmt"
	"go/ast"
	"strings"
)

// switches evaluates what a switch is about before it: a call there can come to nothing.
func (y *rewriter) switches(s *ast.SwitchStmt) (string, bool) {
	_, name := s.Tag.(*ast.Ident)
	if s.Init == nil && (s.Tag == nil || name || y.isConstant(s.Tag)) {
		return y.underLabel(s)
	}
	before, tag := "", ""
	if s.Init != nil {
		before = y.text(s.Init) + "; "
	}
	if s.Tag != nil {
		kept, stmt := y.keep(s.Tag, y.typeOf(s.Tag))
		before, tag = before+stmt, " "+kept
	}
	return fmt.Sprintf("{ %s%sswitch%s %s }", before, y.label(s), tag, y.text(s.Body)), true
}

// typeSwitch asks for one type after the other: in a type switch the interpreter misses compiled values that implement an
// interface, and values of cells that are in fields.
func (y *rewriter) typeSwitch(s *ast.TypeSwitchStmt) (string, bool) {
	var x ast.Expr
	name := ""
	switch a := s.Assign.(type) {
	case *ast.ExprStmt:
		x = a.X.(*ast.TypeAssertExpr).X
	case *ast.AssignStmt:
		x, name = a.Rhs[0].(*ast.TypeAssertExpr).X, a.Lhs[0].(*ast.Ident).Name
	}
	value, which := y.temp(), y.temp()
	var ask, cases strings.Builder
	fmt.Fprintf(&ask, "if %s == nil { %s = %s } else ", value, which, nilCase(y, s))
	from := s.Body.Lbrace + 1
	for i, c := range s.Body.List {
		clause := c.(*ast.CaseClause)
		cases.WriteString(y.r.src[y.c.offset(from):y.c.offset(clause.Pos())])
		from = clause.End()
		head := "default:"
		if clause.List != nil {
			head = fmt.Sprintf("case %d:", i+1)
		}
		cases.WriteString(head)
		for _, t := range clause.List {
			if !y.c.info.Types[t].IsNil() {
				fmt.Fprintf(&ask, "if _, ok := %s.(%s); ok { %s = %d } else ", value, y.text(t), which, i+1)
			}
		}
		if name != "" {
			as := value
			if len(clause.List) == 1 && !y.c.info.Types[clause.List[0]].IsNil() {
				as = fmt.Sprintf("%s.(%s)", value, y.text(clause.List[0]))
			}
			fmt.Fprintf(&cases, " %s := %s; _ = %s;", name, as, name)
		}
		cases.WriteString(y.between(clause, clause.Colon+1, clause.End()))
	}
	init := ""
	if s.Init != nil {
		init = y.text(s.Init) + "; "
	}
	return fmt.Sprintf("{ %s%s := %s; %s := 0; %s{ }; %sswitch %s {%s\n} }",
		init, value, y.text(x), which, ask.String(), y.label(s), which, cases.String()), true
}

// nilCase returns the number of the case for nil, 0 for none.
func nilCase(y *rewriter, s *ast.TypeSwitchStmt) string {
	for i, c := range s.Body.List {
		for _, t := range c.(*ast.CaseClause).List {
			if y.c.info.Types[t].IsNil() {
				return fmt.Sprint(i + 1)
			}
		}
	}
	return "0"
}
