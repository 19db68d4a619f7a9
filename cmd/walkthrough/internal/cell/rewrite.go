package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell/prelude"
)

// rewriter knows what yaegi gets wrong, and says it in other words. Each rule has its reason beside it; what the words
// come to is the same for Go.
type rewriter struct {
	emitter
	parents  map[ast.Node]ast.Node
	renamed  map[types.Object]string    // variables that have another name for a while
	branches map[ast.Stmt]func() string // break, continue and return statements that became something else
	defers   map[ast.Node]string        // the name of a function's own list of deferred calls
	named    map[ast.Node][]string      // the results of such a function
	recovers map[*ast.CallExpr]string   // calls of recover, and the list they are about
	ranges   map[*ast.ReturnStmt]bool   // that return from inside of a loop over a function
	labels   map[ast.Stmt]string        // of labeled statements
}

// Preamble is what a fresh interpreter evaluates before the first cell: it imports everything, under the name that cells
// use and under one that nothing can shadow.
func (st *State) Preamble() string {
	var b strings.Builder
	b.WriteString("\n" + lineDirective(1, 1) + "import (\n")
	fmt.Fprintf(&b, "%s %q\n", prelude.Name, prelude.Path)
	for _, name := range st.lib.Names() {
		fmt.Fprintf(&b, "%[1]s %[2]q\n%[1]s%[3]s %[2]q\n", name, st.lib.imports[name], mark)
	}
	b.WriteString(")\n")
	return b.String()
}

// lineDirective says where the next line comes from. The file's name is the one that the interpreter gives what it
// evaluates: it keeps imports by file, and looks for some by one name and for some by the other.
func lineDirective(line, col int) string { return fmt.Sprintf("//line _.go:%d:%d\n", line, col) }

// interpreted writes the cell for the interpreter: declarations as they are, and for statements their variables, a
// function of them, and its call. At its top level the interpreter cannot do most of what it can do in a function.
func (r *reading) interpreted() ([]string, error) {
	var chunks []string
	for i, c := range r.units {
		if err := r.refuse(c); err != nil {
			return nil, err
		}
		y := r.rewriter(c)
		if c.kind != statementKind {
			chunks = append(chunks, "\n"+y.declarations())
		} else {
			if len(c.vars) > 0 {
				chunks = append(chunks, "\n"+lineDirective(1, 1)+y.variables())
			}
			name := fmt.Sprintf("run%s%d%s%d", mark, r.cell, mark, i)
			chunks = append(chunks, "\n"+lineDirective(1, 1)+"func "+name+"() {\n"+y.body()+"}\n", name+"()")
		}
		if y.err != nil {
			return nil, y.err
		}
	}
	return chunks, nil
}

func (r *reading) rewriter(c *checked) *rewriter {
	y := &rewriter{
		parents: map[ast.Node]ast.Node{}, renamed: map[types.Object]string{}, branches: map[ast.Stmt]func() string{},
		defers: map[ast.Node]string{}, named: map[ast.Node][]string{}, recovers: map[*ast.CallExpr]string{},
		ranges: map[*ast.ReturnStmt]bool{}, labels: map[ast.Stmt]string{},
	}
	y.emitter = emitter{
		r: r, c: c, rules: y.rewrite, show: prelude.Name + ".Show", line: lineDirective,
		mark: func(line, col int) string { return fmt.Sprintf("%s.At(%d, %d); ", prelude.Name, line, col) },
	}
	y.set = y.setTogether
	var stack []ast.Node
	ast.Inspect(c.file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			y.parents[n] = stack[len(stack)-1]
		}
		stack = append(stack, n)
		return true
	})
	return y
}

// rewrite is the rules, by what they are about.
func (y *rewriter) rewrite(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.Ident:
		return y.name(n)
	case *ast.FuncDecl:
		return y.function(n, n.Body)
	case *ast.FuncLit:
		return y.function(n, n.Body)
	case *ast.LabeledStmt:
		return y.labeled(n)
	case *ast.ForStmt:
		return y.forLoop(n)
	case *ast.RangeStmt:
		return y.rangeLoop(n)
	case *ast.BranchStmt:
		if b := y.branches[n]; b != nil {
			return b(), true
		}
	case *ast.ReturnStmt:
		return y.returns(n)
	case *ast.DeferStmt:
		return y.deferred(n)
	case *ast.SelectStmt:
		return y.selects(n)
	case *ast.SwitchStmt:
		return y.switches(n)
	case *ast.TypeSwitchStmt:
		return y.typeSwitch(n)
	case *ast.DeclStmt:
		return y.declaration(n)
	case *ast.AssignStmt:
		return y.assignment(n)
	case *ast.BinaryExpr:
		if s, ok := y.logic(n); ok {
			return s, true
		}
		return y.compare(n)
	case *ast.ParenExpr:
		if lit, ok := ast.Unparen(n).(*ast.FuncLit); ok {
			return y.text(lit), true
		}
		return y.logic(n)
	case *ast.UnaryExpr:
		return y.logic(n)
	case *ast.CallExpr:
		return y.call(n)
	case *ast.SelectorExpr:
		return y.selector(n)
	case *ast.IndexExpr:
		return y.instance(n, n.X)
	case *ast.IndexListExpr:
		return y.instance(n, n.X)
	}
	return "", false
}

// object is what a name stands for.
func (y *rewriter) object(id *ast.Ident) types.Object {
	if o := y.c.info.Uses[id]; o != nil {
		return o
	}
	return y.c.info.Defs[id]
}

func (y *rewriter) typeOf(x ast.Expr) types.Type {
	if t := y.c.info.TypeOf(x); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

// isConstant says whether an expression can be evaluated at any time: a constant, nil, or a function of the package.
func (y *rewriter) isConstant(x ast.Expr) bool {
	t := y.c.info.Types[x]
	if t.Value != nil || t.IsNil() || t.IsType() {
		return true
	}
	if id, ok := ast.Unparen(x).(*ast.Ident); ok {
		_, ok := y.object(id).(*types.Func)
		return ok
	}
	return false
}

// keep writes that an expression is kept in a local, of type t if that is not nil, and returns the local's name and the
// statement. A constant needs none.
func (y *rewriter) keep(x ast.Expr, t types.Type) (name, stmt string) {
	nothing := y.c.info.Types[x].IsNil() && t != nil
	if y.isConstant(x) && !nothing {
		return y.text(x), ""
	}
	name = y.temp()
	if nothing || t != nil && types.IsInterface(t) && !isAny(t) {
		return name, fmt.Sprintf("var %s %s = %s; ", name, y.typ(x.Pos(), t), y.text(x))
	}
	return name, fmt.Sprintf("%s := %s; ", name, y.text(x))
}

// labeled hands a label down to a loop that may be written otherwise. In a case, the interpreter finds a label only in a
// block of its own.
func (y *rewriter) labeled(s *ast.LabeledStmt) (string, bool) {
	y.labels[s.Stmt] = s.Label.Name
	text, ok := y.replace(s.Stmt)
	if !ok {
		text = s.Label.Name + ": " + y.below(s.Stmt)
	}
	switch y.parents[s].(type) {
	case *ast.CaseClause, *ast.CommClause:
		text = "{ " + text + " }"
	}
	return text, true
}

// label is what stands before a loop that had a label.
func (y *rewriter) label(s ast.Stmt) string {
	if l := y.labels[s]; l != "" {
		return l + ": "
	}
	return ""
}

// statementsOf is what stands between the braces of a block.
func (y *rewriter) statementsOf(b *ast.BlockStmt) string {
	return y.between(b, b.Lbrace+1, b.Rbrace)
}

// walkOwn visits what belongs to a function itself, and not to a literal in it.
func walkOwn(n ast.Node, visit func(ast.Node) bool) {
	ast.Inspect(n, func(m ast.Node) bool {
		if _, ok := m.(*ast.FuncLit); ok && m != n {
			return false
		}
		return m != nil && visit(m)
	})
}

// parent returns what a node stands in, parentheses aside.
func (y *rewriter) parent(n ast.Node) ast.Node {
	for n = y.parents[n]; ; n = y.parents[n] {
		if _, ok := n.(*ast.ParenExpr); !ok {
			return n
		}
	}
}

// isCalled says whether an expression is the function of a call.
func (y *rewriter) isCalled(x ast.Expr) bool {
	call, ok := y.parent(x).(*ast.CallExpr)
	return ok && ast.Unparen(call.Fun) == x
}

// enclosing returns the function around a node: a literal, a declaration, or nil at the top level of a cell.
func (y *rewriter) enclosing(n ast.Node) ast.Node {
	for n = y.parents[n]; n != nil; n = y.parents[n] {
		switch n.(type) {
		case *ast.FuncLit, *ast.FuncDecl:
			return n
		}
	}
	return nil
}

// signature returns the type of the function around a node, or nil.
func (y *rewriter) signature(n ast.Node) *types.Signature {
	switch f := y.enclosing(n).(type) {
	case *ast.FuncLit:
		s, _ := y.typeOf(f).(*types.Signature)
		return s
	case *ast.FuncDecl:
		if o := y.c.info.Defs[f.Name]; o != nil {
			s, _ := o.Type().(*types.Signature)
			return s
		}
	}
	return nil
}

// isCell says whether a type is one that cells declare, or a pointer to one.
func isCell(t types.Type) bool {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == cellPath
}

func isBlank(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return x == nil || ok && id.Name == "_"
}
