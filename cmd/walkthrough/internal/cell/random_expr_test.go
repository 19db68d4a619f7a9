package cell

import (
	"fmt"
	"strings"
)

// expr writes an expression of a type.
func (g *grammar) expr(typ string, deep int) string {
	if v := g.of(typ, false); v != "" && g.int(0, 2) > 0 {
		return v
	}
	var calls []string
	if deep > 0 {
		for _, f := range g.funcs {
			if f.result == typ {
				calls = append(calls, f.name)
			}
		}
		if len(calls) > 0 && g.int(0, 3) == 0 {
			name := g.pick(calls...)
			for _, f := range g.funcs {
				if f.name == name {
					var args []string
					for _, p := range f.params {
						args = append(args, g.expr(p, deep-1))
					}
					return fmt.Sprintf("%s(%s)", name, strings.Join(args, ", "))
				}
			}
		}
	}
	e := func(t string) string { return g.expr(t, deep-1) }
	if deep <= 0 {
		return g.literal(typ)
	}
	switch typ {
	case "int":
		switch g.int(0, 17) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", e("int"), g.pick("+", "-", "*", "&", "|", "^"), e("int"))
		case 1:
			return fmt.Sprintf("(%s %% 5)", e("int"))
		case 2:
			return fmt.Sprintf("len(%s)", e(g.pick("string", "[]int", "map[string]int")))
		case 3:
			return fmt.Sprintf("safe(%s, %s)", e("[]int"), e("int"))
		case 4:
			return fmt.Sprintf("%s[%s]", e("map[string]int"), e("string"))
		case 5:
			return fmt.Sprintf("%s.%s", e("P"), g.pick("x", "y", "Sum()"))
		case 6:
			return fmt.Sprintf("(%s).Inc(%s).y", e("*P"), e("int"))
		case 7:
			return fmt.Sprintf("(%s)(%s)", e("func(int) int"), e("int"))
		case 8:
			return fmt.Sprintf("int(%s)", e("uint8"))
		case 9:
			return fmt.Sprintf("%s(%s, %s)", g.pick("min", "max"), e("int"), e("int"))
		case 10:
			return fmt.Sprintf("func() int { if (%s) { return %s }; return %s }()", e("bool"), e("int"), e("int"))
		case 11:
			return fmt.Sprintf("(%s).Area()", e("Shape"))
		case 12:
			return fmt.Sprintf("%s[clip(%s)%%3]", e("[3]int"), e("int"))
		case 13:
			return fmt.Sprintf("apply(%s, func(a %s) int { return %s })", e("string"), "string", "len(a)*2")
		case 14:
			return fmt.Sprintf("P.Sum(%s)", e("P"))
		case 15:
			return fmt.Sprintf("(%s << 2 >> 1)", e("int"))
		}
	case "string":
		switch g.int(0, 7) {
		case 0:
			return fmt.Sprintf("(%s + %s)", e("string"), e("string"))
		case 1:
			return fmt.Sprintf("fmt.Sprint(%s)", e(g.pick("int", "bool", "[]int", "uint8", "string", "P", "[3]int", "error", "map[string]int", "float64")))
		case 2:
			return fmt.Sprintf("strings.Repeat(%s, clip(%s)%%3)", g.literal("string"), e("int"))
		case 3:
			return fmt.Sprintf("%s.name", e("P"))
		case 4:
			return fmt.Sprintf("try(func() { fmt.Print(10 / clip(%s)) })", e("int"))
		case 5:
			return fmt.Sprintf("strconv.Itoa(%s)", e("int"))
		}
	case "bool":
		switch g.int(0, 5) {
		case 0:
			return fmt.Sprintf("%s %s %s", e("int"), g.pick("<", ">", "==", "!="), e("int"))
		case 1:
			return fmt.Sprintf("(%s %s %s)", e("bool"), g.pick("&&", "||"), e("bool"))
		case 2:
			return fmt.Sprintf("!(%s)", e("bool"))
		case 3:
			return fmt.Sprintf("(%s != nil)", e("error"))
		case 4:
			return fmt.Sprintf("(%s == %s)", e("string"), e("string"))
		}
	case "[]int":
		switch g.int(0, 4) {
		case 0:
			return fmt.Sprintf("append(%s[:0:0], %s, %s)", e("[]int"), e("int"), e("int"))
		case 1:
			return fmt.Sprintf("append([]int(nil), %s...)", e("[]int"))
		case 2:
			if v := g.of("[3]int", false); v != "" {
				return v + "[1:]"
			}
		case 3:
			return fmt.Sprintf("[]int{%s, %s}", e("int"), e("int"))
		}
	case "P":
		switch g.int(0, 4) {
		case 0:
			return fmt.Sprintf("P{x: %s, name: %s}", e("int"), e("string"))
		case 1:
			return fmt.Sprintf("(*(&P{%s, %s, %s}).Inc(%s))", e("int"), e("int"), e("string"), e("int"))
		case 2:
			return fmt.Sprintf("(*(%s))", e("*P"))
		case 3:
			return fmt.Sprintf("Q{P: %s}.P", e("P"))
		}
	case "*P":
		switch g.int(0, 2) {
		case 0:
			if v := g.of("P", true); v != "" {
				return "(&" + v + ")"
			}
		case 1:
			return fmt.Sprintf("&P{x: %s}", e("int"))
		}
	case "func(int) int":
		switch g.int(0, 3) {
		case 0:
			if v := g.of("int", true); v != "" {
				return fmt.Sprintf("func(a int) int { %s += a; return %s }", v, v)
			}
		case 1:
			return fmt.Sprintf("func(a int) int { return a %s %s }", g.pick("+", "*", "-"), e("int"))
		case 2:
			return "clip"
		}
	case "error":
		switch g.int(0, 3) {
		case 0:
			return fmt.Sprintf("error(&E{%s})", e("int"))
		case 1:
			return fmt.Sprintf("fmt.Errorf(\"w %%d: %%w\", %s, %s)", e("int"), "io.EOF")
		}
	case "any":
		return fmt.Sprintf("any(%s)", e(g.pick("int", "string", "bool", "uint8", "float64")))
	case "uint8":
		switch g.int(0, 1) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", e("uint8"), g.pick("+", "-", "*", "^"), e("uint8"))
		}
	case "float64":
		return fmt.Sprintf("float64(%s) / 4", e("int"))
	case "[]P":
		return fmt.Sprintf("[]P{%s, {name: %s}}", e("P"), e("string"))
	case "Shape":
		switch g.int(0, 1) {
		case 0:
			return fmt.Sprintf("Shape(Square(%s))", e("int"))
		case 1:
			return fmt.Sprintf("Shape(%s)", e("P"))
		}
	case "map[string]int":
		return fmt.Sprintf("map[string]int{%q: %s, %q: %s}", "k"+g.pick("a", "b"), e("int"), "z", e("int"))
	case "[]func() int":
		if v := g.of("int", true); v != "" {
			return fmt.Sprintf("[]func() int{func() int { %s++; return %s }, func() int { return %s }}", v, v, e("int"))
		}
	}
	return g.literal(typ)
}

func (g *grammar) literal(typ string) string {
	switch typ {
	case "int":
		return fmt.Sprint(g.int(-3, 9))
	case "string":
		return g.pick(`"a"`, `"go"`, `""`, `"日本"`)
	case "bool":
		return g.pick("true", "false")
	case "[]int":
		return g.pick("[]int{1, 2, 3}", "[]int{}", "[]int(nil)")
	case "map[string]int":
		return `map[string]int{"a": 1}`
	case "P":
		return g.pick(`P{1, 2, "p"}`, "P{}", "P{x: 4}")
	case "*P":
		return g.pick("&P{x: 1}", "new(P)")
	case "func(int) int":
		return "func(a int) int { return a + 1 }"
	case "error":
		return g.pick(`errors.New("e")`, "io.EOF", "error(nil)")
	case "any":
		return g.pick("any(1)", `any("s")`, "any(nil)", "any(2.5)")
	case "uint8":
		return g.pick("uint8(clip(3))+uint8(clip(9))", "uint8(clip(250))")
	case "float64":
		return "1.5"
	case "[3]int":
		return g.pick("[3]int{1, 2, 3}", "[3]int{}")
	case "[]P":
		return `[]P{{1, 2, "l"}}`
	case "Shape":
		return "Shape(Square(3))"
	case "chan int":
		return "make(chan int, 9)"
	}
	return "[]func() int{func() int { return 1 }}"
}

// printable writes an expression that fmt prints the same however it is run.
func (g *grammar) printable() string {
	switch g.int(0, 3) {
	case 0:
		return g.expr("int", 2)
	case 1:
		return g.expr(g.pick("string", "bool", "[]int", "uint8", "float64", "[3]int"), 2)
	case 2:
		return g.expr(g.pick("P", "[]P", "map[string]int", "error", "any"), 1)
	}
	if v := g.of("int", false); v != "" {
		return v
	}
	return "0"
}
