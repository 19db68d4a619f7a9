package worker

import (
	"cmp"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
)

// word is a token of a cell's text.
type word struct {
	tok      token.Token
	lit      string
	from, to int
}

// words splits a text into tokens, as far as it can be split. Semicolons that are not written are left out.
func words(src string) []word {
	fset := token.NewFileSet()
	f := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(f, []byte(src), func(token.Position, string) {}, scanner.ScanComments)
	var list []word
	for {
		pos, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return list
		case tok == token.SEMICOLON && lit != ";":
			continue
		}
		if lit == "" {
			lit = tok.String()
		}
		from := f.Offset(pos)
		list = append(list, word{tok, lit, from, min(from+len(lit), len(src))})
	}
}

// complete returns what could stand at a byte offset of a cell's text: members after a point, else names.
func (s *space) complete(src string, pos int) protocol.Completion {
	pos = max(0, min(pos, len(src)))
	before := words(src[:pos])
	c := protocol.Completion{From: pos, To: pos}
	prefix := ""
	if n := len(before); n > 0 {
		switch last := before[n-1]; {
		case last.tok == token.COMMENT && (last.to < pos || strings.HasPrefix(last.lit, "/*") && strings.HasSuffix(last.lit, "*/")):
		case last.tok == token.COMMENT, last.to == pos && (last.tok == token.STRING || last.tok == token.CHAR):
			return c
		case last.to == pos && (last.tok == token.IDENT || last.tok.IsKeyword()):
			prefix, c.From = last.lit, last.from
			before = before[:n-1]
		}
	}
	before = slices.DeleteFunc(before, func(w word) bool { return w.tok == token.COMMENT })
	scope := s.scopeAt(src, c.From)
	var items []protocol.Item
	if n := len(before); n > 0 && before[n-1].tok == token.PERIOD {
		items = scope.members(operand(src, before[:n-1]))
	} else {
		items = append(scope.names(before), rest...)
		if prefix == "" {
			items = nil // everything could stand there
		}
	}
	c.Items = matching(items, prefix)
	return c
}

// matching returns the items that begin with prefix, or if none does those that do in other letters, each once.
func matching(items []protocol.Item, prefix string) []protocol.Item {
	choose := func(begins func(string) bool) (found []protocol.Item) {
		seen := map[string]bool{}
		for _, i := range items {
			if !seen[i.Label] && begins(i.Label) {
				seen[i.Label] = true
				found = append(found, i)
			}
		}
		return found
	}
	found := choose(func(s string) bool { return strings.HasPrefix(s, prefix) })
	if found == nil {
		found = choose(func(s string) bool { return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) })
	}
	return found
}

// operand returns the source of the operand that the tokens end with: world.Host("a") of x := world.Host("a").
func operand(src string, list []word) string {
	i := len(list)
	for i > 0 {
		i--
		switch list[i].tok {
		case token.IDENT, token.STRING, token.INT, token.FLOAT, token.CHAR:
			if i >= 2 && list[i-1].tok == token.PERIOD {
				i--
				continue
			}
			return src[list[i].from:list[len(list)-1].to]
		case token.RPAREN, token.RBRACK, token.RBRACE:
			i = opening(list, i)
			if i < 0 {
				return ""
			}
			if i > 0 {
				switch list[i-1].tok {
				case token.IDENT, token.RPAREN, token.RBRACK:
					continue // a call, an index, a literal
				}
			}
			return src[list[i].from:list[len(list)-1].to]
		default:
			return ""
		}
	}
	return ""
}

// opening returns the index of the bracket that the one at i closes, -1 if there is none.
func opening(list []word, i int) int {
	for depth := 0; i >= 0; i-- {
		switch list[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// names lists the names that mean something at a place: what the text before declares and cells have declared, the
// newest first, and the packages.
func (c scope) names(before []word) []protocol.Item {
	var items []protocol.Item
	for i := len(before) - 1; i >= 0; i-- {
		if w := before[i]; w.tok == token.IDENT && (i == 0 || before[i-1].tok != token.PERIOD) && c.object(w.lit) == nil && c.pkg(w.lit) == nil {
			items = append(items, protocol.Item{Label: w.lit, Kind: "var"})
		}
	}
	for _, name := range slices.Backward(c.state.Names()) {
		if o := c.state.Lookup(name); o != nil {
			items = append(items, item(name, o))
		}
	}
	for _, name := range c.lib.Names() {
		items = append(items, protocol.Item{Label: name, Kind: "package", Detail: c.lib.Path(name)})
	}
	return items
}

// rest is what means something everywhere.
var rest = func() []protocol.Item {
	var items []protocol.Item
	for _, name := range types.Universe.Names() {
		items = append(items, item(name, types.Universe.Lookup(name)))
	}
	for t := token.BREAK; t <= token.VAR; t++ {
		if t.IsKeyword() {
			items = append(items, protocol.Item{Label: t.String(), Kind: "keyword"})
		}
	}
	return items
}()

// members lists what can stand after an operand and a point.
func (c scope) members(operand string) []protocol.Item {
	if operand == "" {
		return nil
	}
	var items []protocol.Item
	if p := c.pkg(operand); p != nil {
		for _, name := range p.Scope().Names() {
			if ast.IsExported(name) {
				items = append(items, item(name, p.Scope().Lookup(name)))
			}
		}
		return items
	}
	tv := c.eval(operand)
	if tv.Type == nil {
		return nil
	}
	if !tv.IsType() {
		fields(tv.Type, map[types.Type]bool{}, func(f *types.Var) { items = append(items, item(f.Name(), f)) })
	}
	t := tv.Type
	if !types.IsInterface(t) {
		if _, ok := t.Underlying().(*types.Pointer); !ok {
			t = types.NewPointer(t)
		}
	}
	for m := range types.NewMethodSet(t).Methods() {
		if o := m.Obj(); o.Exported() || !fromLibrary(o) {
			i := item(o.Name(), o)
			i.Kind = "method"
			items = append(items, i)
		}
	}
	slices.SortStableFunc(items, func(a, b protocol.Item) int { return cmp.Compare(a.Label, b.Label) })
	return items
}

// fields calls each for the fields that can be selected from a value of type t.
func fields(t types.Type, seen map[types.Type]bool, each func(*types.Var)) {
	t = types.Unalias(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || seen[t] {
		return
	}
	seen[t] = true
	for f := range st.Fields() {
		if f.Exported() || !fromLibrary(f) {
			each(f)
		}
		if f.Embedded() {
			fields(f.Type(), seen, each)
		}
	}
}

// fromLibrary says whether an object is of a compiled package, whose lower-case names are its own.
func fromLibrary(o types.Object) bool { return o.Pkg() != nil && o.Pkg().Path() != mainPath }

// item describes an object.
func item(name string, o types.Object) protocol.Item {
	i := protocol.Item{Label: name, Kind: "var"}
	switch o := o.(type) {
	case *types.Func, *types.Builtin:
		i.Kind = "func"
	case *types.TypeName:
		i.Kind = "type"
	case *types.Const, *types.Nil:
		i.Kind = "const"
	case *types.PkgName:
		i.Kind = "package"
	case *types.Var:
		if o.IsField() {
			i.Kind = "field"
		}
	}
	if t := o.Type(); t != nil && t != types.Typ[types.Invalid] {
		if i.Kind == "type" {
			t = t.Underlying()
		}
		if i.Detail = types.TypeString(t, byName); i.Kind == "type" && len(i.Detail) > 40 {
			i.Detail, _, _ = strings.Cut(i.Detail, "{")
		}
	}
	return i
}

// byName writes package names the way cells do.
func byName(p *types.Package) string {
	if p.Path() == mainPath {
		return ""
	}
	return p.Name()
}
