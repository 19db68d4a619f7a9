package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cellPath is the package that everything in cells belongs to.
const cellPath = "main"

// reading is one cell being read: its units, checked one after the other.
type reading struct {
	st      *State // advanced as the reading goes on
	src     string
	cell    int // its number
	imports []string
	defines []string
	units   []*checked
	parts   []segment         // all statements so far
	names   map[string]string // what this cell's own variables are called in the package
	inside  bool              // types are written for a place inside of a function
}

// checked is a unit and what the type checker says of it.
type checked struct {
	unit
	last  bool // in its cell
	fset  *token.FileSet
	base  int // offset in the file of the cell's first byte
	file  *ast.File
	info  *types.Info
	decls []ast.Decl
	stmts []ast.Stmt
	vars  []global
}

// global is a variable that statements of a cell declare.
type global struct {
	name string
	v    *types.Var
}

// read takes a cell apart and checks it.
func (st *State) read(src string) (*reading, error) {
	st.cells++
	r := &reading{st: st, src: src, cell: st.cells, names: map[string]string{}}
	segments, err := split(src)
	if err != nil {
		return nil, err
	}
	list := units(segments)
	for i, u := range list {
		c := &checked{unit: u, last: i == len(list)-1}
		var err *Error
		switch u.kind {
		case importKind:
			err = r.imported(c)
		case declareKind:
			err = r.declared(c)
		case methodKind:
			err = r.methods(c)
		case statementKind:
			err = r.stated(c)
		}
		if err != nil {
			return nil, err
		}
		if u.kind != importKind {
			r.units = append(r.units, c)
		}
	}
	return r, nil
}

// parse parses a unit between a head and a tail of one line each.
func (r *reading) parse(c *checked, head, text, tail string) *Error {
	c.fset, c.base = token.NewFileSet(), len(head)
	f, err := parser.ParseFile(c.fset, "", head+text+tail, parser.SkipObjectResolution)
	if list, ok := err.(scanner.ErrorList); ok && len(list) > 0 {
		list.Sort()
		offset := min(list[0].Pos.Offset-c.base, len(strings.TrimRight(r.src, " \t\n")))
		return at(r.src, offset, "syntax", list[0].Msg)
	}
	c.file = f
	return nil
}

// at makes an error of a place in a unit.
func (r *reading) at(c *checked, pos token.Pos, code, format string, a ...any) *Error {
	return at(r.src, c.offset(pos), code, fmt.Sprintf(format, a...))
}

func (c *checked) offset(pos token.Pos) int { return c.fset.Position(pos).Offset - c.base }

// imported looks at import declarations: the packages are all there already.
func (r *reading) imported(c *checked) *Error {
	if err := r.parse(c, "package main;", c.text(r.src), "\n"); err != nil {
		return err
	}
	for _, spec := range c.file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if !r.st.lib.has(path) {
			return r.at(c, spec.Pos(), "import", "cells can't import %s; they have %s, without an import", spec.Path.Value, strings.Join(r.st.lib.Names(), ", "))
		}
		if spec.Name != nil && r.st.lib.Path(spec.Name.Name) != path {
			return r.at(c, spec.Pos(), "import-name", "a package is there under its own name: leave out %s", spec.Name.Name)
		}
		if !slices.Contains(r.imports, path) {
			r.imports = append(r.imports, path)
		}
	}
	return nil
}

// declared checks types, constants and functions.
func (r *reading) declared(c *checked) *Error {
	if err := r.parse(c, "package main;", c.text(r.src), "\n"); err != nil {
		return err
	}
	c.decls = c.file.Decls
	own := declaredNames(c.decls)
	for _, id := range own {
		if err := r.declares(c, id); err != nil {
			return err
		}
	}
	if err := r.check(c, own, false, nil); err != nil {
		return err
	}
	for _, id := range own {
		o := c.info.Defs[id]
		if id.Name == "_" || o == nil {
			continue
		}
		name := r.st.names.fresh(id.Name, r.reserved)
		r.st.names.given[o] = name
		r.names[id.Name] = name
		r.define(id.Name, o)
	}
	return nil
}

// declares refuses names that a cell cannot declare, or declares twice.
func (r *reading) declares(c *checked, id *ast.Ident) *Error {
	switch {
	case id.Name == "main" || id.Name == "init":
		return r.at(c, id.Pos(), "main", "a cell needs no %s function: write the statements themselves, they run in order", id.Name)
	case id.Name != "_" && r.names[id.Name] != "":
		return r.at(c, id.Pos(), "type", "%s redeclared in this cell", id.Name)
	}
	return nil
}

func declaredNames(decls []ast.Decl) (own []*ast.Ident) {
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				own = append(own, d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					own = append(own, s.Name)
				case *ast.ValueSpec:
					own = append(own, s.Names...)
				}
			}
		}
	}
	return own
}

// define makes a name of the cell what later units and cells see.
func (r *reading) define(name string, o types.Object) {
	if r.st.objects[name] == nil || !slices.Contains(r.st.order, name) {
		r.st.order = append(r.st.order, name)
	}
	r.st.objects[name] = o
	if !slices.Contains(r.defines, name) {
		r.defines = append(r.defines, name)
	}
}

// reserved says whether a name is not free in the package for what a cell declares: Go's own names and the packages'.
func (r *reading) reserved(name string) bool {
	return types.Universe.Lookup(name) != nil || r.st.lib.Path(name) != "" || token.IsKeyword(name) || name == "main" || name == "init" || name == "_"
}

// stated checks statements. The cell's statements before them are checked once more with them, since a := may take up
// their variables.
func (r *reading) stated(c *checked) *Error {
	r.parts = append(r.parts, c.segments...)
	if err := r.parse(c, "package main; func _() {", only(r.src, r.parts), "\n}"); err != nil {
		return err
	}
	fn := c.file.Decls[0].(*ast.FuncDecl)
	if len(c.file.Decls) > 1 {
		return r.at(c, c.file.Decls[1].Pos(), "syntax", "unexpected declaration")
	}
	start := c.segments[0].start
	for _, s := range fn.Body.List {
		if c.offset(s.Pos()) >= start {
			c.stmts = append(c.stmts, s)
		}
	}
	if err := r.check(c, nil, false, fn); err != nil {
		return err
	}
	scope := c.info.Scopes[fn.Type]
	var fresh []*types.Var
	for _, name := range scope.Names() {
		v, ok := scope.Lookup(name).(*types.Var)
		if !ok {
			continue
		}
		if c.offset(v.Pos()) < start {
			r.st.names.given[v] = r.names[name]
			continue
		}
		fresh = append(fresh, v)
	}
	slices.SortFunc(fresh, func(a, b *types.Var) int { return int(a.Pos() - b.Pos()) })
	for _, v := range fresh {
		if r.names[v.Name()] != "" {
			return r.at(c, v.Pos(), "type", "%s redeclared in this cell", v.Name())
		}
		name := r.st.names.fresh(v.Name(), r.reserved)
		r.st.names.given[v], r.names[v.Name()] = name, name
		c.vars = append(c.vars, global{name, v})
		r.define(v.Name(), v)
	}
	return nil
}

// check runs the type checker over a unit, with what came before in scope except what the unit declares itself. fn is the
// function that stands for statements.
func (r *reading) check(c *checked, own []*ast.Ident, signatures bool, fn *ast.FuncDecl) *Error {
	// One package for all cells, so that its small letters are everybody's, but a new scope for each unit.
	pkg := r.st.pkg
	*pkg = *types.NewPackage(cellPath, "main")
	hidden := map[string]bool{}
	for _, id := range own {
		hidden[id.Name] = true
	}
	for name, o := range r.st.objects {
		if !hidden[name] {
			pkg.Scope().Insert(o)
		}
	}
	for _, name := range r.packagesIn(c.file) {
		if hidden[name] || r.st.objects[name] != nil {
			continue
		}
		p, err := r.st.lib.Import(r.st.lib.Path(name))
		if err != nil {
			return &Error{1, 1, "import", err.Error()}
		}
		pkg.Scope().Insert(types.NewPkgName(token.NoPos, pkg, name, p))
	}
	c.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{}, Instances: map[*ast.Ident]types.Instance{},
	}
	var errs []types.Error
	conf := types.Config{
		GoVersion: "go1.26", IgnoreFuncBodies: signatures, Sizes: types.SizesFor("gc", "amd64"),
		Error: func(err error) { errs = append(errs, err.(types.Error)) },
	}
	if r.st.lib != nil {
		conf.Importer = r.st.lib
	}
	types.NewChecker(&conf, c.fset, pkg, c.info).Files([]*ast.File{c.file})
	for _, err := range errs {
		if strings.HasPrefix(err.Msg, "\t") || fn != nil && r.allowed(c, fn, err) {
			continue
		}
		return r.at(c, err.Pos, "type", "%s", plain(err.Msg))
	}
	return nil
}

// allowed says whether something that Go refuses is all right at the top level of a cell: a variable that only later
// cells use, and a value that stands alone at the end.
func (r *reading) allowed(c *checked, fn *ast.FuncDecl, err types.Error) bool {
	if name, ok := strings.CutPrefix(err.Msg, "declared and not used: "); ok {
		o := c.info.Scopes[fn.Type].Lookup(name)
		return o != nil && o.Pos() == err.Pos
	}
	if x := c.shown(); x != nil && strings.HasSuffix(err.Msg, " is not used") && x.Pos() <= err.Pos && err.Pos < x.End() {
		inside := false
		ast.Inspect(x, func(n ast.Node) bool {
			lit, ok := n.(*ast.FuncLit)
			inside = inside || ok && lit.Body.Pos() <= err.Pos && err.Pos < lit.Body.End()
			return !inside
		})
		return !inside
	}
	return false
}

// shown returns the expression at the end of the cell, if this unit is its end and has one.
func (c *checked) shown() ast.Expr {
	if !c.last || len(c.stmts) == 0 {
		return nil
	}
	if s, ok := c.stmts[len(c.stmts)-1].(*ast.ExprStmt); ok {
		return s.X
	}
	return nil
}

// packagesIn returns the names of packages that stand in a file, whatever they mean there.
func (r *reading) packagesIn(f *ast.File) (names []string) {
	seen := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && !seen[id.Name] && r.st.lib.Path(id.Name) != "" {
				seen[id.Name] = true
				names = append(names, id.Name)
			}
		}
		return true
	})
	return names
}

var mainDot = regexp.MustCompile(`\bmain\.`)

// plain takes out of a message what only says that it is about cells.
func plain(msg string) string { return mainDot.ReplaceAllString(msg, "") }

// nameOf returns the name in the package of what cells declare at their top level.
func (r *reading) nameOf(o types.Object) (string, bool) {
	name, ok := r.st.names.given[o]
	return name, ok
}
