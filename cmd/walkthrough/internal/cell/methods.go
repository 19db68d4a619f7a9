package cell

import (
	"go/ast"
	"go/types"
	"slices"
)

// methods checks methods of types that are there already, and adds them. For the type checker, which wants a type and its
// methods together, they are functions whose first parameter is the receiver: first without bodies, to learn what the
// methods are, then whole, since they may use each other.
func (r *reading) methods(c *checked) *Error {
	for _, signatures := range []bool{true, false} {
		if err := r.parse(c, "package main;", c.text(r.src), "\n"); err != nil {
			return err
		}
		c.decls = c.file.Decls
		var methods []*ast.Ident
		for _, d := range c.decls {
			fn := d.(*ast.FuncDecl)
			methods = append(methods, fn.Name)
			if _, generic := ast.Unparen(starless(fn.Recv.List[0].Type)).(*ast.IndexExpr); generic {
				return r.at(c, fn.Pos(), "generic-method", "the methods of a generic type belong in the cell of the type: put them there")
			}
			receiverFirst(fn)
		}
		if err := r.check(c, nil, signatures, nil); err != nil {
			return err
		}
		for i, d := range c.decls {
			if fn := d.(*ast.FuncDecl); signatures {
				if err := r.addMethod(c, methods[i].Name, fn); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func starless(e ast.Expr) ast.Expr {
	if s, ok := ast.Unparen(e).(*ast.StarExpr); ok {
		return s.X
	}
	return e
}

// receiverFirst makes a function of a method.
func receiverFirst(fn *ast.FuncDecl) {
	list := append(slices.Clone(fn.Recv.List), fn.Type.Params.List...)
	for _, f := range list {
		if len(f.Names) == 0 {
			f.Names = []*ast.Ident{{NamePos: f.Type.Pos(), Name: "_"}}
		}
	}
	fn.Type.Params = &ast.FieldList{Opening: fn.Type.Params.Opening, List: list, Closing: fn.Type.Params.Closing}
	fn.Recv = nil
	fn.Name = &ast.Ident{NamePos: fn.Name.NamePos, Name: "_"}
}

func (r *reading) addMethod(c *checked, name string, fn *ast.FuncDecl) *Error {
	sig := c.info.Defs[fn.Name].Type().(*types.Signature)
	recv := sig.Params().At(0)
	base := recv.Type()
	if p, ok := types.Unalias(base).(*types.Pointer); ok {
		base = p.Elem()
	}
	named, ok := types.Unalias(base).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != cellPath {
		return r.at(c, recv.Pos(), "type", "cannot define new methods on non-local type %s", plain(types.TypeString(base, (*types.Package).Name)))
	}
	switch named.Underlying().(type) {
	case *types.Pointer, *types.Interface:
		return r.at(c, recv.Pos(), "type", "invalid receiver type %s", named.Obj().Name())
	}
	for i := range named.NumMethods() {
		if named.Method(i).Name() == name {
			return r.at(c, fn.Name.Pos(), "method-again", "%[1]s has a method %[2]s already: change the cell that declares it, or declare the type %[1]s again with the new method", named.Obj().Name(), name)
		}
	}
	if s, ok := named.Underlying().(*types.Struct); ok {
		for i := range s.NumFields() {
			if s.Field(i).Name() == name {
				return r.at(c, fn.Name.Pos(), "type", "field and method with the same name %s", name)
			}
		}
	}
	var params []*types.Var
	for i := 1; i < sig.Params().Len(); i++ {
		params = append(params, sig.Params().At(i))
	}
	pkg := named.Obj().Pkg()
	r.st.changed = true
	named.AddMethod(types.NewFunc(fn.Name.Pos(), pkg, name, types.NewSignatureType(
		types.NewParam(recv.Pos(), pkg, recv.Name(), recv.Type()), nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())))
	return nil
}
