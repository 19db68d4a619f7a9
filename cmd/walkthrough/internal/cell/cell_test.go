package cell

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell/prelude"
)

func TestErrorsAreAtTheReadersPlace(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      Error
	}{
		{"syntax in statements", "x := 1\ny := )", Error{2, 6, "syntax", `unexpected ")": nothing is open that it would close`}},
		{"syntax inside", "x := 1\ny := x +* / 2", Error{2, 11, "syntax", "expected operand, found '/'"}},
		{"syntax in a declaration", "x := 1\n\nfunc f( {\n}\nx", Error{3, 9, "syntax", "expected ')', found '{'"}},
		{"not closed", "if true {\n\tx := 1\n", Error{2, 8, "syntax", "expected '}', found 'EOF'"}},
		{"text not closed", "x := \"abc", Error{1, 6, "syntax", "string literal not terminated"}},
		{"type", "x := 1\nvar y string = x", Error{2, 16, "type", "cannot use x (variable of type int) as string value in variable declaration"}},
		{"undefined", "日本 := 1; nothing(日本)", Error{1, 14, "type", "undefined: nothing"}},
		{"in a function", "func f() int {\n\tz := 1\n\treturn 2\n}", Error{2, 2, "type", "declared and not used: z"}},
		{"value in the middle", "x := 1\nx\nx", Error{2, 1, "type", "x (variable of type int) is not used"}},
		{"type's name", "type T struct{}\nvar t T\nt.Missing()", Error{3, 3, "type", "t.Missing undefined (type T has no field or method Missing)"}},
		{"twice", "x := 1\nfunc x() {}", Error{2, 6, "type", "x redeclared in this cell"}},
		{"taken up", "a, b := 1, 2\nfunc f() {}\na, b := 3, 4", Error{3, 6, "type", "no new variables on left side of :="}},
		{"method of a package's type", "func (d time.Duration) Twice() {}", Error{1, 7, "type", "cannot define new methods on non-local type time.Duration"}},
		{"return", "x := 1\n  return", Error{2, 3, "return-top", "there is nothing to return from here: put the statements into a function, or use if and else"}},
		{"type is no value", "int", Error{1, 1, "type", "int (type) is not an expression"}},
		{"too large", "1 << 100", Error{1, 1, "type", "the constant is too large to be shown: convert it, to float64 for example"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(library()).Prepare(c.src)
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(c.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestStateIsWhatWasCommitted(t *testing.T) {
	st := New(library())
	p, err := st.Prepare("import \"fmt\"\ntype T struct{ n int }\nconst K = 2\nx, y := 1, T{}\nfunc f() {}\nfmt.Println(x)")
	if err != nil {
		t.Fatal(err)
	}
	if st.Lookup("x") != nil {
		t.Error("a cell that did not run is in the state")
	}
	st.Commit(p)
	want := []string{"T", "K", "x", "y", "f"}
	if diff := cmp.Diff(want, st.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"fmt"}, p.Imports); diff != "" {
		t.Errorf("imports (-want +got):\n%s", diff)
	}
	if got := st.Lookup("y").Type().String(); got != "main.T" {
		t.Errorf("the type of y is %s", got)
	}
	// A method that comes to nothing is forgotten.
	if _, err := st.Prepare("func (t T) M() int { return t.n + nothing }"); err == nil {
		t.Error("a wrong method was taken")
	}
	if p, err = st.Prepare("func (t T) M() int { return t.n }\ny.M()"); err != nil {
		t.Fatal(err)
	}
	st.Commit(p)
}

func TestZeroState(t *testing.T) {
	var st State
	if _, err := st.Prepare("x := 1\nx + 1"); err != nil {
		t.Error(err)
	}
	if _, err := st.Prepare("fmt.Println(1)"); err == nil {
		t.Error("there is a package fmt")
	}
}

func TestIncomplete(t *testing.T) {
	for src, want := range map[string]bool{
		"":                      false,
		"x := 1":                false,
		"x":                     false,
		"func f() {":            true,
		"func f() {\n}":         false,
		"f(1,":                  true,
		"x := 1 +":              true,
		"a.":                    true,
		"a &&":                  true,
		"s := `raw":             true,
		"s := `raw\n`":          false,
		"/* comment":            true,
		"s := \"open":           false, // an error, which more lines do not mend
		")":                     false,
		"if x {":                true,
		"if x { } else":         true,
		"switch {\ncase true:":  true,
		"x++":                   false,
		"m := map[string]int{":  true,
		"x := []int{1,\n2}":     false,
		"for i := range 3":      false,
		"return":                false,
		"// a comment {":        false,
		"x := '('":              false,
		"fmt.Println(\"(\"":     true,
		"L:":                    false,
		"func (t T) M() int\n{": true,
	} {
		if got := Incomplete(src); got != want {
			t.Errorf("Incomplete(%q) = %v", src, got)
		}
	}
}

func TestPositionOfAFailure(t *testing.T) {
	n, err := newNotebook()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.run("xs := []int{1}\nfunc at(i int) int {\n\treturn xs[i]\n}\n\nat(0)\n  at(3)\nat(0)"); err != nil {
		t.Fatal(err)
	}
	if line, col := prelude.Position(); line != 7 || col != 3 {
		t.Errorf("the cell failed at %d:%d, want 7:3", line, col)
	}
}

func TestProgramLeavesOutWhatIsMeantToFail(t *testing.T) {
	cells := []Cell{
		{Name: "one", Source: "x := 1\nfmt.Print(\"no line end\")\nx"},
		{Name: "wrong", Source: "var s string = x", Error: true},
		{Name: "fails", Source: "y := 2\npanic(\"own\")", Error: true},
		{Name: "after", Source: "x := \"new\"\nx", File: "page.md", Line: 10},
	}
	src, err := Program(cells, library())
	if err != nil {
		t.Fatal(err)
	}
	want := "\x1eone\nno line end\n1\n\x1efails\npanic: own\n\x1eafter\n\"new\"\n"
	if diff := cmp.Diff(want, runProgram(t, src)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e := TypeError(cells[:1], cells[1], library()); e == nil || e.Line != 1 || e.Col != 16 {
		t.Errorf("TypeError: %v", e)
	}
	if e := TypeError(cells[:3], cells[3], library()); e != nil {
		t.Errorf("TypeError of a cell that is right: %v", e)
	}
	// What a failing cell declared is not there afterwards, as in a session.
	if e := TypeError(cells[:3], Cell{Source: "y"}, library()); e == nil {
		t.Error("what a failing cell declared is there afterwards")
	}
	_, err = Program([]Cell{{Name: "bad", Source: "x := 1\nz", File: "chapters/04/en.md", Line: 20}}, library())
	if err == nil || !strings.HasPrefix(err.Error(), "chapters/04/en.md:21:1: cell bad: undefined: z") {
		t.Errorf("got %v", err)
	}
}

// TestLibrariesAgree compares what reflection tells of packages with what the compiler says.
func TestLibrariesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("asks the go command")
	}
	var paths []string
	mirrored := library()
	for _, name := range mirrored.Names() {
		paths = append(paths, mirrored.Path(name))
	}
	real, err := FromGo(context.Background(), "go", ".", nil, paths)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(real.Names(), mirrored.Names()); diff != "" {
		t.Errorf("names (-go +symbols):\n%s", diff)
	}
	st, other := New(mirrored), New(real)
	for _, part := range strings.Split(traps, "=== ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		a, b := st.clone(), other.clone()
		for _, src := range strings.Split(body, "\n---\n") {
			x, errX := a.Prepare(src)
			y, errY := b.Prepare(src)
			if (errX == nil) != (errY == nil) {
				t.Errorf("%s: symbols: %v, go: %v", name, errX, errY)
			}
			if errX != nil || errY != nil {
				break
			}
			if diff := cmp.Diff(y.Chunks, x.Chunks); diff != "" {
				t.Errorf("%s (-go +symbols):\n%s", name, diff)
			}
			a.Commit(x)
			b.Commit(y)
		}
	}
}
