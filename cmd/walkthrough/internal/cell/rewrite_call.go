package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell/prelude"
)

// call is the rules for calls: builtins that the interpreter does not have, errors that it hides, methods that are
// called on what is not there yet.
func (y *rewriter) call(c *ast.CallExpr) (string, bool) {
	if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok {
		if b, ok := y.object(id).(*types.Builtin); ok {
			return y.builtin(c, b.Name())
		}
	}
	if t := y.c.info.Types[c.Fun]; t.IsType() {
		return y.conversion(c, t.Type)
	}
	fn, ok := calledFunc(y.c.info, c)
	if !ok || fn.Pkg() == nil {
		return y.called(c)
	}
	switch fn.Pkg().Path() + "." + fn.Name() {
	case "errors.As":
		return y.errorsAs(c)
	case "errors.Is":
		if s, ok := y.errorsIs(c); ok {
			return s, true
		}
	}
	return y.called(c)
}

// called takes a function out of parentheses: the interpreter does not find it in them.
func (y *rewriter) called(c *ast.CallExpr) (string, bool) {
	p, ok := c.Fun.(*ast.ParenExpr)
	if !ok {
		return "", false
	}
	switch f := ast.Unparen(p).(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.FuncLit:
		if !y.c.info.Types[f].IsType() {
			return y.text(f) + y.between(c, c.Lparen, c.End()), true
		}
	}
	return "", false
}

// conversion converts to an interface by assigning: a conversion leaves the value without its methods.
func (y *rewriter) conversion(c *ast.CallExpr, t types.Type) (string, bool) {
	if from := y.c.info.Types[c.Args[0]]; !types.IsInterface(t) || from.IsNil() || types.IsInterface(from.Type) || isAny(t) {
		return "", false
	}
	name, typ := y.temp(), y.typ(c.Pos(), t)
	return fmt.Sprintf("func() %s { var %s %s = %s; return %s }()", typ, name, typ, y.text(c.Args[0]), name), true
}

func (y *rewriter) isBuiltin(c *ast.CallExpr, name string) bool {
	id, ok := ast.Unparen(c.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := y.object(id).(*types.Builtin)
	return ok && b.Name() == name
}

func (y *rewriter) builtin(c *ast.CallExpr, name string) (string, bool) {
	switch name {
	case "recover":
		list := y.recovers[c]
		if list == "" {
			y.fail(c.Pos(), "recover", "write recover() into the function literal that is deferred: defer func() { … recover() … }()")
		}
		return list + ".Recover()", true
	case "clear":
		return fmt.Sprintf("%s.Clear(%s)", prelude.Name, y.text(c.Args[0])), true
	case "len", "cap":
		if v := y.c.info.Types[c].Value; v != nil {
			return "int(" + v.ExactString() + ")", true
		}
	case "new":
		if t := y.c.info.Types[c.Args[0]]; !t.IsType() {
			name, typ := y.temp(), y.typ(c.Pos(), y.typeOf(c).Underlying().(*types.Pointer).Elem())
			return fmt.Sprintf("func() *%s { var %s %s = %s; return &%s }()", typ, name, typ, y.text(c.Args[0]), name), true
		}
	case "min", "max":
		return y.minMax(c, strings.ToUpper(name[:1])+name[1:]), true
	}
	return "", false
}

// minMax calls the prelude's function for the kind of the type.
func (y *rewriter) minMax(c *ast.CallExpr, name string) string {
	t := y.c.info.Types[c]
	typ := y.typ(c.Pos(), types.Default(t.Type))
	b, ok := types.Default(t.Type).Underlying().(*types.Basic)
	if !ok {
		y.fail(c.Pos(), "minmax", "%s of a type parameter is not possible here: write the comparison", strings.ToLower(name))
		return ""
	}
	if t.Value != nil {
		return fmt.Sprintf("%s(%s)", typ, t.Value.ExactString())
	}
	kind, as := "String", "string"
	switch i := b.Info(); {
	case i&types.IsUnsigned != 0:
		kind, as = "Uint", "uint64"
	case i&types.IsInteger != 0:
		kind, as = "Int", "int64"
	case i&types.IsFloat != 0:
		kind, as = "Float", "float64"
	}
	var args []string
	for _, x := range c.Args {
		args = append(args, fmt.Sprintf("%s(%s)", as, y.text(x)))
	}
	return fmt.Sprintf("%s(%s.%s%s(%s))", typ, prelude.Name, name, kind, strings.Join(args, ", "))
}

// errorsAs looks for a type of the reader's itself: the package errors, which is compiled, does not know it.
func (y *rewriter) errorsAs(c *ast.CallExpr) (string, bool) {
	p, ok := y.typeOf(c.Args[1]).Underlying().(*types.Pointer)
	if !ok || !isCell(p.Elem()) {
		return "", false
	}
	if _, ok := p.Elem().Underlying().(*types.Struct); ok {
		y.fail(c.Pos(), "errors-struct", structError, types.TypeString(p.Elem(), func(*types.Package) string { return "" }))
	}
	if !y.distinct(p.Elem()) {
		y.fail(c.Pos(), "errors-as", "the interpreter can't tell two types of errors apart that have the same fields: give one of them another field")
	}
	return fmt.Sprintf("%s.As(%s, %s)", prelude.Name, y.text(c.Args[0]), y.text(c.Args[1])), true
}

const structError = "the interpreter loses the value of an error that is a struct: give %[1]s its Error method with the receiver *%[1]s, and make errors with &%[1]s{…}"

// distinct says whether no other type of errors is made like this one.
func (y *rewriter) distinct(t types.Type) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	for _, o := range y.r.st.objects {
		n, ok := o.(*types.TypeName)
		if ok && (isError(n.Type()) || isError(types.NewPointer(n.Type()))) && !types.Identical(n.Type(), t) && types.Identical(n.Type().Underlying(), t.Underlying()) {
			return false
		}
	}
	return true
}

// errorsIs compares errors of the reader's types itself, for the same reason.
func (y *rewriter) errorsIs(c *ast.CallExpr) (string, bool) {
	if !y.hasErrors() {
		return "", false
	}
	y.structErrors(c)
	e, target := y.temp(), y.temp()
	return fmt.Sprintf("func() bool { %[1]s, %[2]s := error(%[3]s), error(%[4]s); if errors%[5]s.Is(%[1]s, %[2]s) { return true }; for %[1]s != nil { if %[6]s.Same(%[1]s, %[2]s) { return true }; %[1]s = errors%[5]s.Unwrap(%[1]s) }; return false }()",
		e, target, y.text(c.Args[0]), y.text(c.Args[1]), mark, prelude.Name), true
}

// compare compares errors: a reader's that has been through compiled code and one that has not look different to the
// interpreter.
func (y *rewriter) compare(x *ast.BinaryExpr) (string, bool) {
	if x.Op != token.EQL && x.Op != token.NEQ || !y.hasErrors() {
		return "", false
	}
	for _, o := range []ast.Expr{x.X, x.Y} {
		if t := y.c.info.Types[o]; t.IsNil() || !types.IsInterface(t.Type) || isAny(t.Type) || !types.Implements(t.Type, errorInterface) {
			return "", false
		}
	}
	y.structErrors(x)
	not := ""
	if x.Op == token.NEQ {
		not = "!"
	}
	return fmt.Sprintf("%s%s.Same(%s, %s)", not, prelude.Name, y.text(x.X), y.text(x.Y)), true
}

// hasErrors says whether a cell has declared a type of errors.
func (y *rewriter) hasErrors() bool {
	for _, o := range y.r.st.objects {
		if t, ok := o.(*types.TypeName); ok && (isError(t.Type()) || isError(types.NewPointer(t.Type()))) {
			return true
		}
	}
	return false
}

// structErrors refuses to compare errors where a cell has declared errors that are structs.
func (y *rewriter) structErrors(x ast.Expr) {
	for name, o := range y.r.st.objects {
		if t, ok := o.(*types.TypeName); ok && isError(t.Type()) {
			if _, ok := t.Type().Underlying().(*types.Struct); ok {
				y.fail(x.Pos(), "errors-struct", structError, name)
			}
		}
	}
}

var errorInterface = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

func isError(t types.Type) bool { return !types.IsInterface(t) && types.Implements(t, errorInterface) }

// selector writes methods that are not called: the interpreter asks for a method value's receiver when it is called, and
// has no method expressions.
func (y *rewriter) selector(sel *ast.SelectorExpr) (string, bool) {
	s := y.c.info.Selections[sel]
	if s == nil || s.Kind() == types.FieldVal {
		return "", false
	}
	if y.isCalled(sel) && s.Kind() == types.MethodVal {
		return "", false
	}
	sig := s.Type().(*types.Signature)
	if s.Kind() == types.MethodExpr {
		name, params, args, results := y.parts(sel, sig)
		literal := fmt.Sprintf("func(%s)%s { %s%s.%s(%s) }", params, results, returnIf(results), name[0], sel.Sel.Name, strings.Join(args[1:], ", "))
		return y.asArgument(sel, literal), true
	}
	_, params, args, results := y.parts(sel, sig)
	r := y.temp()
	kept, recv := y.receiver(sel, s)
	return fmt.Sprintf("func(%[1]s %[2]s) func(%[3]s)%[4]s { return func(%[3]s)%[4]s { %[5]s%[1]s.%[6]s(%[7]s) } }(%[8]s)",
		r, y.typ(sel.Pos(), recv), params, results, returnIf(results), sel.Sel.Name, strings.Join(args, ", "), kept), true
}

func returnIf(results string) string {
	if results == "" {
		return ""
	}
	return "return "
}

// parts writes a signature with names for its parameters.
func (y *rewriter) parts(n ast.Node, sig *types.Signature) (names []string, params string, args []string, results string) {
	var list []string
	for i := range sig.Params().Len() {
		name, t, dots := y.temp(), sig.Params().At(i).Type(), ""
		names = append(names, name)
		if sig.Variadic() && i == sig.Params().Len()-1 {
			dots, t = "...", t.(*types.Slice).Elem()
			args = append(args, name+"...")
		} else {
			args = append(args, name)
		}
		list = append(list, name+" "+dots+y.typ(n.Pos(), t))
	}
	var out []string
	for i := range sig.Results().Len() {
		out = append(out, y.typ(n.Pos(), sig.Results().At(i).Type()))
	}
	switch len(out) {
	case 0:
	case 1:
		results = " " + out[0]
	default:
		results = " (" + strings.Join(out, ", ") + ")"
	}
	return names, strings.Join(list, ", "), args, results
}

// name writes names: of variables that have another for a while, and of generic functions with their type arguments,
// which the interpreter does not always infer right.
func (y *rewriter) name(id *ast.Ident) (string, bool) {
	o := y.object(id)
	if n, ok := y.renamed[o]; ok {
		return n, true
	}
	if f, ok := o.(*types.Func); ok && y.c.info.Uses[id] == o && !y.isCalled(id) && f.Signature().Recv() == nil && y.c.info.Instances[id].Type == nil {
		if name, own := y.r.nameOf(o); own {
			return y.instantiated(id, name), true
		}
	}
	if args := y.typeArguments(id); args != "" {
		return y.instantiated(id, y.plainName(id)+args), true
	}
	return "", false
}

// inLiteral says whether an expression is part of a composite literal.
func (y *rewriter) inLiteral(x ast.Node) bool {
	for n := y.parents[x]; n != nil; n = y.parents[n] {
		switch n.(type) {
		case *ast.CompositeLit:
			return true
		case ast.Stmt:
			return false
		}
	}
	return false
}

func (y *rewriter) plainName(id *ast.Ident) string {
	if s, ok := y.ident(id); ok {
		return s
	}
	return id.Name
}

func (y *rewriter) typeArguments(id *ast.Ident) string {
	in, ok := y.c.info.Instances[id]
	if _, fn := y.object(id).(*types.Func); !ok || !fn {
		return ""
	}
	var args []string
	for i := range in.TypeArgs.Len() {
		args = append(args, y.typ(id.Pos(), in.TypeArgs.At(i)))
	}
	return "[" + strings.Join(args, ", ") + "]"
}

// instance writes a generic function that has been given some of its type arguments with all of them.
func (y *rewriter) instance(n, x ast.Expr) (string, bool) {
	id, ok := x.(*ast.Ident)
	if !ok {
		return "", false
	}
	args := y.typeArguments(id)
	if args == "" {
		return "", false
	}
	return y.instantiated(n, y.plainName(id)+args), true
}

// instantiated writes a function that is not called as a literal that calls it: as a value, a generic one does not exist,
// and another cannot be handed back. Among the elements of a composite literal, a generic one cannot be called either.
func (y *rewriter) instantiated(x ast.Expr, text string) string {
	if y.isCalled(x) && !y.inLiteral(x) {
		return text
	}
	_, params, args, results := y.parts(x, y.typeOf(x).Underlying().(*types.Signature))
	literal := fmt.Sprintf("func(%s)%s { %s%s(%s) }", params, results, returnIf(results), text, strings.Join(args, ", "))
	return y.asArgument(x, literal)
}
