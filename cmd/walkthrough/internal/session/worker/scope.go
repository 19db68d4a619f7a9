package worker

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/symbols"
)

// mainPath is the package that what cells declare belongs to.
const mainPath = "main"

// scope is what names mean at a place in a cell that is being written.
type scope struct {
	lib   *cell.Library
	state *cell.State
}

// scopeAt returns the scope at a byte offset of a cell's text: what cells have declared, and where the lines above make
// sense by themselves, what they do.
func (s *space) scopeAt(src string, pos int) scope {
	c := scope{s.lib, s.state}
	above := src[:strings.LastIndexByte(src[:pos], '\n')+1]
	if strings.TrimSpace(above) == "" {
		return c
	}
	trial := *s.state
	if p, err := trial.Prepare(above); err == nil {
		trial.Commit(p)
		c.state = &trial
	}
	return c
}

// object returns what a single name means that is no package: what cells have declared, or what Go has.
func (c scope) object(name string) types.Object {
	if o := c.state.Lookup(name); o != nil {
		return o
	}
	return types.Universe.Lookup(name)
}

// pkg returns the package that a name means, nil if it means none.
func (c scope) pkg(name string) *types.Package {
	path := c.lib.Path(name)
	if path == "" || c.state.Lookup(name) != nil {
		return nil
	}
	p, err := c.lib.Import(path)
	if err != nil {
		return nil
	}
	return p
}

// eval returns the type of an expression; its Type is nil when it has none.
func (c scope) eval(expression string) types.TypeAndValue {
	fset := token.NewFileSet()
	x, err := parser.ParseExprFrom(fset, "", expression, parser.SkipObjectResolution)
	if err != nil {
		return types.TypeAndValue{}
	}
	main := types.NewPackage(mainPath, "main")
	for _, w := range words(expression) {
		if w.tok != token.IDENT || main.Scope().Lookup(w.lit) != nil {
			continue
		}
		if o := c.state.Lookup(w.lit); o != nil {
			main.Scope().Insert(o)
		} else if p := c.pkg(w.lit); p != nil {
			main.Scope().Insert(types.NewPkgName(token.NoPos, main, w.lit, p))
		}
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if err := types.CheckExpr(fset, main, token.NoPos, x, info); err != nil {
		return types.TypeAndValue{}
	}
	return info.Types[x]
}

// document tells what is known of a name: what it is, and what its comment says.
func (s *space) document(name string) string {
	name = strings.TrimSpace(name)
	c := scope{s.lib, s.state}
	if p := c.pkg(name); p != nil {
		e := symbols.Docs()[p.Path()][""]
		if e.Signature == "" {
			return "package " + p.Name() + " // " + p.Path()
		}
		return join(e)
	}
	of, member := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		of, member = name[:i], name[i+1:]
	}
	if of == "" {
		o := c.object(name)
		if o == nil {
			return ""
		}
		return describe(o, nil)
	}
	if p := c.pkg(of); p != nil {
		o := p.Scope().Lookup(member)
		if o == nil || !o.Exported() {
			return ""
		}
		return describe(o, nil)
	}
	tv := c.eval(of)
	if tv.Type == nil {
		return ""
	}
	o, _, _ := types.LookupFieldOrMethod(tv.Type, true, types.NewPackage(mainPath, "main"), member)
	if o == nil {
		return ""
	}
	return describe(o, tv.Type)
}

// describe documents an object; of is the type it was selected from, nil if it was not.
func describe(o types.Object, of types.Type) string {
	entry := func(t types.Type, member string) (symbols.Entry, bool) {
		n := named(t)
		if n == nil || n.Obj().Pkg() == nil {
			return symbols.Entry{}, false
		}
		key := n.Obj().Name()
		if member != "" {
			key += "." + member
		}
		e, ok := symbols.Docs()[n.Obj().Pkg().Path()][key]
		return e, ok
	}
	if of != nil {
		if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
			if e, ok := entry(f.Signature().Recv().Type(), o.Name()); ok {
				return join(e)
			}
		}
		if e, ok := entry(of, o.Name()); ok {
			return join(e)
		}
	} else if o.Pkg() != nil && fromLibrary(o) {
		if e, ok := symbols.Docs()[o.Pkg().Path()][o.Name()]; ok {
			return join(e)
		}
	}
	text := types.ObjectString(o, byName)
	// What a variable is, is told by its type.
	if v, ok := o.(*types.Var); ok && !v.IsField() {
		if e, ok := entry(v.Type(), ""); ok {
			text += "\n\n" + join(e)
		}
	}
	return text
}

// named returns the named type that t is or points to, nil if it is none.
func named(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, _ := t.(*types.Named)
	return n
}

func join(e symbols.Entry) string {
	if e.Text == "" {
		return e.Signature
	}
	return e.Signature + "\n\n" + e.Text
}
