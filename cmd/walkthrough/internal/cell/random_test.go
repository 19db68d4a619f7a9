package cell

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// grammar writes random cells that compile and that end: every loop counts to a small number, and calls only go to
// functions that were written before. What it writes is what readers write: small steps, with closures, errors, slices,
// maps, structs with methods, channels, defer and type switches in any combination.
type grammar struct {
	t     *rapid.T
	b     strings.Builder
	vars  []variable // in scope
	funcs []function
	names int
	depth int
	from  int // where the variables of this block begin
	loops int
	inFn  string // the result type of the function around, "-" at the top level
	label string // of the loop around
}

type variable struct {
	name, typ string
	fixed     bool // not to be assigned to: it ends a loop
}

type function struct {
	name   string
	params []string
	result string
}

// types that variables have. P and E are declared in the first cell.
var varTypes = []string{"int", "string", "bool", "[]int", "map[string]int", "P", "*P", "func(int) int", "error", "any", "uint8", "float64", "[3]int", "[]P", "Shape", "chan int", "[]func() int"}

const prologue = `type P struct { x, y int; name string }
func (p P) Sum() int { return p.x + p.y }
func (p *P) Inc(n int) *P { p.x += n; return p }
type Q struct { P; tags []string }
type E struct { code int }
func (e *E) Error() string { return fmt.Sprint("E", e.code) }
type Shape interface { Area() int }
type Square int
func (s Square) Area() int { return int(s) * int(s) }
func (p P) Area() int { return p.x * p.y }
func clip(n int) int { return (n%7 + 7) % 7 }
func safe(xs []int, i int) int { if i < 0 || i >= len(xs) { return -1 }; return xs[i] }
func try(f func()) (s string) { defer func() { if r := recover(); r != nil { s = fmt.Sprint("caught ", r) } }(); f(); return "fine" }
func count(n int) func(func(int) bool) { return func(yield func(int) bool) { for i := 0; i < n; i++ { if !yield(i) { return } } } }
func apply[T, U any](x T, f func(T) U) U { return f(x) }`

func (g *grammar) int(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(g.t, "n") }

func (g *grammar) pick(list ...string) string { return rapid.SampledFrom(list).Draw(g.t, "pick") }

func (g *grammar) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *grammar) w(format string, a ...any) { fmt.Fprintf(&g.b, format, a...) }

// of returns a variable of a type, "" when there is none.
func (g *grammar) of(typ string, assigned bool) string {
	var names []string
	seen := map[string]bool{}
	for i := len(g.vars) - 1; i >= 0; i-- {
		v := g.vars[i]
		if !seen[v.name] && v.typ == typ && !(assigned && v.fixed) {
			names = append(names, v.name)
		}
		seen[v.name] = true
	}
	if len(names) == 0 {
		return ""
	}
	return g.pick(names...)
}

// here says whether a name was declared in this very block.
func (g *grammar) here(name string) bool {
	for _, v := range g.vars[g.from:] {
		if v.name == name {
			return true
		}
	}
	return false
}

func (g *grammar) declare(name, typ string, fixed bool) {
	g.vars = append(g.vars, variable{name, typ, fixed})
}

// block writes statements in braces.
func (g *grammar) block(n int) {
	mark, from := len(g.vars), g.from
	g.depth++
	g.from = mark
	g.w("{\n")
	for range g.int(1, n) {
		g.stmt()
	}
	g.w("}")
	g.depth--
	g.vars, g.from = g.vars[:mark], from
}

func (g *grammar) stmt() {
	if g.depth > 3 {
		g.w("fmt.Println(%s)\n", g.printable())
		return
	}
	switch g.int(0, 28) {
	case 0, 1, 2:
		typ := g.pick(varTypes...)
		name := g.name("v")
		if v := g.of(typ, true); v != "" && g.int(0, 4) == 0 && g.depth > 0 && !g.here(v) {
			name = v // shadows
		}
		x := g.expr(typ, 2)
		if typ == "float64" || g.int(0, 4) == 0 {
			g.w("var %s %s = %s\n", name, typ, x)
		} else {
			g.w("%s := %s\n", name, x)
		}
		if g.depth > 0 {
			g.w("_ = %s\n", name)
		}
		g.declare(name, typ, false)
	case 3, 4, 5:
		typ := g.pick(varTypes...)
		if v := g.of(typ, true); v != "" {
			g.w("%s = %s\n", v, g.expr(typ, 2))
		}
	case 6:
		if v := g.of("int", true); v != "" {
			g.w("%s %s %s\n", v, g.pick("+=", "-=", "*=", "|=", "^="), g.expr("int", 1))
		}
	case 7:
		g.w("if (%s) ", g.expr("bool", 2))
		g.block(3)
		if g.int(0, 1) == 0 {
			g.w(" else ")
			g.block(2)
		}
		g.w("\n")
	case 8, 9, 10:
		g.loop()
	case 11:
		g.w("switch clip(%s) {\ncase 0, 1:\n", g.expr("int", 1))
		g.inner(2)
		if g.int(0, 2) == 0 {
			g.w("fallthrough\n")
		}
		g.w("case 2:\n")
		g.inner(1)
		g.w("default:\n")
		g.inner(2)
		g.w("}\n")
	case 12:
		x := g.name("x")
		g.w("switch %s := (%s).(type) {\ncase int:\nfmt.Println(\"int\", %s+1)\ncase string, bool:\nfmt.Println(%s)\ncase nil:\nfmt.Println(\"nil\")\ncase error:\nfmt.Println(%s.Error())\ndefault:\n", x, g.expr("any", 1), x, x, x)
		g.inner(1)
		g.w("}\n")
	case 13:
		v, ok := g.name("v"), g.name("ok")
		g.w("%s, %s := %s[%s]\nfmt.Println(%s, %s)\n", v, ok, g.expr("map[string]int", 1), g.expr("string", 1), v, ok)
		g.declare(v, "int", false)
		g.declare(ok, "bool", false)
	case 14:
		g.w("if v, ok := (%s).(%s); ok {\nfmt.Println(v)\n} else {\nfmt.Println(v, \"no\")\n}\n", g.expr("any", 1), g.pick("int", "string", "bool"))
	case 15:
		g.w("func() {\n")
		g.inFunc("", func() {
			g.w("defer fmt.Println(\"deferred\", %s)\n", g.printable())
			if v := g.of("int", true); v != "" {
				g.w("defer func(n int) { %s += n; fmt.Println(%s) }(%s)\n", v, v, g.expr("int", 1))
			}
			g.inner(3)
		})
		g.w("}()\n")
	case 16:
		v := g.name("s")
		g.w("%s := try(func() { ", v)
		g.w("if (%s) { panic(%s) }; fmt.Print(%s) })\nfmt.Println(%s)\n", g.expr("bool", 1), g.pick(`"boom"`, `errors.New("bang")`, "3"), g.printable(), v)
	case 17:
		if v := g.of("map[string]int", true); v != "" {
			g.w("%s[%s] %s %s\n", v, g.expr("string", 1), g.pick("=", "+="), g.expr("int", 1))
		}
	case 18:
		if v := g.of("[]int", true); v != "" {
			g.w("%s = append(%s, %s)\nif len(%s) > 1 { %s[0], %s[1] = %s[1], %s[0] }\n", v, v, g.expr("int", 1), v, v, v, v, v)
		}
	case 19:
		if v := g.of("P", true); v != "" {
			g.w("%s.%s\n", v, g.pick("x++", "y = 5", `name += "!"`, "Inc(2)"))
		}
	case 20:
		a, b := g.of("int", true), g.of("int", true)
		if a != "" && a != b {
			g.w("%s, %s = %s, %s\n", a, b, g.expr("int", 1), g.expr("int", 1))
		}
	case 21:
		if v := g.of("chan int", false); v != "" {
			x := g.name("r")
			g.w("select {\ncase %s <- %s:\nfmt.Println(\"sent\")\ndefault:\nfmt.Println(\"full\")\n}\n", v, g.expr("int", 1))
			g.w("select {\ncase %s, ok := <-%s:\nfmt.Println(%s, ok)\ndefault:\nfmt.Println(\"empty\")\n}\n", x, v, x)
		}
	case 22:
		if v := g.of("[]func() int", false); v != "" {
			g.w("for _, f := range %s {\nfmt.Print(f(), \" \")\n}\n", v)
		}
	case 23:
		if g.inFn != "-" && g.loops == 0 && g.int(0, 3) == 0 {
			g.w("if (%s) { %s }\n", g.expr("bool", 1), g.returns())
		}
	case 24:
		if v := g.of("[]P", true); v != "" {
			g.w("for i := range %s {\n%s[i].x += i\n}\nfor _, p := range %s {\np.x = 0\n_ = p\n}\n", v, v, v)
		}
	case 25:
		if v := g.of("P", true); v != "" {
			m := g.name("m")
			g.w("%s := %s.%s\n%s.x = 77\nfmt.Println(%s())\n", m, v, "Sum", v, m)
		}
	default:
		g.w("fmt.Println(%s, %s)\n", g.printable(), g.printable())
	}
}

func (g *grammar) returns() string {
	if g.inFn == "" {
		return "return"
	}
	return "return " + g.expr(g.inFn, 1)
}

func (g *grammar) inFunc(result string, body func()) {
	fn, loops, mark, label, from := g.inFn, g.loops, len(g.vars), g.label, g.from
	g.from = mark
	g.inFn, g.loops, g.label = result, 0, ""
	g.depth++
	body()
	g.depth--
	g.inFn, g.loops, g.label = fn, loops, label
	g.vars, g.from = g.vars[:mark], from
}

func (g *grammar) inner(n int) {
	mark, from := len(g.vars), g.from
	g.depth++
	for range g.int(1, n) {
		g.stmt()
	}
	g.depth--
	g.vars, g.from = g.vars[:mark], from
}

// loop writes one of the loops, with closures that outlive it, and branches.
func (g *grammar) loop() {
	if g.loops > 1 {
		return
	}
	mark := len(g.vars)
	fs := g.name("fs")
	g.w("var %s []func() int\n", fs)
	i := g.name("i")
	label := ""
	if g.inFn != "-" && g.int(0, 2) == 0 {
		label = g.name("L")
		g.w("%s:\n", label)
	}
	kind := g.int(0, 5)
	fixed := true
	switch kind {
	case 0:
		g.w("for %s := 0; %s < %d; %s++ {\n", i, i, g.int(1, 4), i)
	case 1:
		g.w("for %s := range %d {\n", i, g.int(1, 4))
		fixed = false
	case 2:
		v := g.name("e")
		g.w("for %s, %s := range (%s) {\n_ = %s\n", i, v, g.expr("[]int", 1), v)
		g.declare(v, "int", false)
		fixed = false
	case 3:
		g.w("for %s := range count(%d) {\n", i, g.int(1, 4))
		fixed = false
	case 4:
		v := g.name("j")
		g.w("for %s, %s := 0, 9; %s < %s; %s, %s = %s+2, %s-1 {\n", i, v, i, v, i, v, i, v)
		g.declare(v, "int", true)
	case 5:
		r := g.name("r")
		g.w("for %s, %s := range (%s) {\n_ = %s\n", i, r, g.expr("string", 1), r)
		fixed = false
	}
	g.w("_ = %s\n", i)
	g.declare(i, "int", fixed)
	outer := g.label
	if kind == 3 {
		g.label = ""
	} else {
		g.label = label
	}
	if label != "" {
		g.w("if %s > 100 { break %s }\n", i, label)
	}
	g.loops++
	if g.int(0, 1) == 0 {
		g.w("%s = append(%s, func() int { return %s })\n", fs, fs, g.expr("int", 1))
	}
	if g.int(0, 1) == 0 {
		g.w("%s = append(%s, func() int { %s += 1; return %s })\n", fs, fs, i, i)
	}
	g.inner(3)
	if g.int(0, 2) == 0 {
		to := ""
		if g.label != "" {
			to = g.label
		}
		g.w("if (%s) { %s %s }\n", g.expr("bool", 1), g.pick("continue", "break"), to)
		g.w("fmt.Print(%s, \" \")\n", i)
	}
	g.loops--
	g.label = outer
	g.w("}\nfor _, f := range %s {\nfmt.Print(f(), \" \")\n}\nfmt.Println()\n", fs)
	g.vars = g.vars[:mark]
}

func (g *grammar) function() {
	f := function{name: g.name("f"), result: g.pick("int", "string", "[]int", "P", "error", "func(int) int", "bool")}
	g.w("func %s(", f.name)
	var params []variable
	for i := range g.int(0, 2) {
		typ := g.pick("int", "string", "[]int", "P", "*P", "func(int) int", "any", "Shape")
		f.params = append(f.params, typ)
		params = append(params, variable{g.name("a"), typ, false})
		if i > 0 {
			g.w(", ")
		}
		g.w("%s %s", params[i].name, typ)
	}
	named := g.int(0, 1) == 0
	if named {
		g.w(") (res %s) {\n", f.result)
	} else {
		g.w(") %s {\n", f.result)
	}
	g.inFunc(f.result, func() {
		g.vars = append(g.vars, params...)
		if named {
			g.declare("res", f.result, false)
			if g.int(0, 1) == 0 {
				g.w("defer func() { res = %s }()\n", g.expr(f.result, 1))
			}
		} else if g.int(0, 3) == 0 {
			g.w("defer fmt.Println(\"end of %s\", %s)\n", f.name, g.printable())
		}
		g.inner(5)
		g.w("%s\n", g.returns())
	})
	g.w("}\n")
	g.funcs = append(g.funcs, f)
}

// notebook writes the cells of a random notebook.
func randomNotebook(t *rapid.T) []string {
	g := &grammar{t: t, inFn: "-"}
	cells := []string{prologue}
	for range g.int(2, 4) {
		g.b.Reset()
		for range g.int(0, 2) {
			g.function()
		}
		for range g.int(1, 6) {
			g.stmt()
		}
		if g.int(0, 2) > 0 {
			typ := g.pick("int", "string", "bool", "[]int", "map[string]int", "P", "*P", "error", "any", "uint8", "[3]int", "[]P")
			g.w("%s\n", g.expr(typ, 1))
		}
		cells = append(cells, g.b.String())
	}
	return cells
}
