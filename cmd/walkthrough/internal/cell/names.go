package cell

import (
	"fmt"
	"go/types"
	"maps"
	"strings"
)

// mark is the letter in all names that are made here, which nobody types: no name of a reader's can be one of them.
const mark = "ˑ"

// names gives everything that cells declare at their top level a name in the package: its own if that is free, else one
// with a number.
type names struct {
	given  map[types.Object]string
	taken  map[string]int
	suffix string // of all names, where programs are put together from several notebooks
}

func (n *names) clone() *names {
	if n == nil {
		return &names{given: map[types.Object]string{}, taken: map[string]int{}}
	}
	return &names{maps.Clone(n.given), maps.Clone(n.taken), n.suffix}
}

// fresh returns a name that nothing has yet.
func (n *names) fresh(name string, reserved func(string) bool) string {
	n.taken[name]++
	if k := n.taken[name]; k > 1 || n.suffix != "" || reserved(name) {
		return fmt.Sprintf("%s%s%d%s", name, mark, k, n.suffix)
	}
	return name
}

// typeText writes a type as source. Packages are named by their marked names, which nothing can shadow. why says what
// cannot be written: a type that its package keeps to itself, or one of a package that cells do not have.
func (r *reading) typeText(t types.Type) (text, why string) {
	w := typeWriter{r: r}
	w.write(t)
	return w.b.String(), w.why
}

type typeWriter struct {
	r   *reading
	b   strings.Builder
	why string
}

func (w *typeWriter) list(n int, sep string, each func(int)) {
	for i := range n {
		if i > 0 {
			w.b.WriteString(sep)
		}
		each(i)
	}
}

func (w *typeWriter) write(t types.Type) {
	p := func(s string) { w.b.WriteString(s) }
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			w.why = "unsafe.Pointer"
		}
		p(types.Typ[types.Default(t).(*types.Basic).Kind()].Name())
	case *types.Alias:
		if t.Obj().Pkg() == nil {
			p(t.Obj().Name())
			return
		}
		w.write(types.Unalias(t))
	case *types.Named:
		w.object(t.Obj())
		if a := t.TypeArgs(); a.Len() > 0 {
			p("[")
			w.list(a.Len(), ", ", func(i int) { w.write(a.At(i)) })
			p("]")
		}
	case *types.TypeParam:
		p(t.Obj().Name())
	case *types.Pointer:
		p("*")
		w.write(t.Elem())
	case *types.Slice:
		p("[]")
		w.write(t.Elem())
	case *types.Array:
		p(fmt.Sprintf("[%d]", t.Len()))
		w.write(t.Elem())
	case *types.Map:
		p("map[")
		w.write(t.Key())
		p("]")
		w.write(t.Elem())
	case *types.Chan:
		p(map[types.ChanDir]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()])
		if e, ok := t.Elem().(*types.Chan); ok && e.Dir() == types.RecvOnly {
			p("(")
			w.write(e)
			p(")")
			return
		}
		w.write(t.Elem())
	case *types.Signature:
		p("func")
		w.signature(t)
	case *types.Struct:
		p("struct{")
		w.list(t.NumFields(), "; ", func(i int) {
			if f := t.Field(i); f.Embedded() {
				w.write(f.Type())
			} else {
				p(f.Name() + " ")
				w.write(f.Type())
			}
			if tag := t.Tag(i); tag != "" {
				p(fmt.Sprintf(" %q", tag))
			}
		})
		p("}")
	case *types.Interface:
		if t.NumEmbeddeds() == 0 && t.NumMethods() == 0 {
			p("any")
			return
		}
		p("interface{")
		w.list(t.NumExplicitMethods(), "; ", func(i int) {
			p(t.ExplicitMethod(i).Name())
			w.signature(t.ExplicitMethod(i).Type().(*types.Signature))
		})
		if t.NumExplicitMethods() > 0 && t.NumEmbeddeds() > 0 {
			p("; ")
		}
		w.list(t.NumEmbeddeds(), "; ", func(i int) { w.write(t.EmbeddedType(i)) })
		p("}")
	case *types.Union:
		w.list(t.Len(), " | ", func(i int) {
			if t.Term(i).Tilde() {
				p("~")
			}
			w.write(t.Term(i).Type())
		})
	default:
		w.why = t.String()
	}
}

func (w *typeWriter) object(o *types.TypeName) {
	switch name, ok := w.r.nameOf(o); {
	case o.Pkg() == nil: // error, comparable
		w.b.WriteString(o.Name())
	case ok:
		w.b.WriteString(name)
	case o.Pkg().Path() == cellPath: // declared inside a function
		if !w.r.inside {
			w.why = o.Name() + ", which is declared inside of a function"
		}
		w.b.WriteString(o.Name())
	case !o.Exported():
		w.why = o.Pkg().Name() + "." + o.Name() + ", which its package keeps to itself"
	case !w.r.st.lib.has(o.Pkg().Path()):
		w.why = o.Pkg().Name() + "." + o.Name() + ", whose package cells do not have"
	default:
		w.b.WriteString(o.Pkg().Name() + mark + "." + o.Name())
	}
}

// signature writes parameters, with names that are marked so that a function literal can be made of it, and results.
func (w *typeWriter) signature(s *types.Signature) {
	w.b.WriteString("(")
	w.params(s)
	w.b.WriteString(")")
	w.results(s)
}

func (w *typeWriter) params(s *types.Signature) {
	w.list(s.Params().Len(), ", ", func(i int) {
		t := s.Params().At(i).Type()
		if s.Variadic() && i == s.Params().Len()-1 {
			w.b.WriteString("...")
			if sl, ok := t.Underlying().(*types.Slice); ok {
				t = sl.Elem()
			}
		}
		w.write(t)
	})
}

func (w *typeWriter) results(s *types.Signature) {
	switch s.Results().Len() {
	case 0:
	case 1:
		w.b.WriteString(" ")
		w.write(s.Results().At(0).Type())
	default:
		w.b.WriteString(" (")
		w.list(s.Results().Len(), ", ", func(i int) { w.write(s.Results().At(i).Type()) })
		w.b.WriteString(")")
	}
}
