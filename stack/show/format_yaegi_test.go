package show_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/traefik/yaegi/interp"

	"github.com/tsunagu/tsunagu/stack/show"
)

// _Stringer is what the interpreter wraps a value in that is used as a fmt.Stringer; yaegi's extract writes the like.
type _Stringer struct {
	IValue  any
	WString func() string
}

func (w _Stringer) String() string { return w.WString() }

// declarations and values are a reader's, written once and run both ways.
var declarations = []string{
	`type P struct { name string; Age int; sub struct { a, b int }; _ int }`,
	`type Q struct { P; x any; d time.Duration; f func(P) int; next *Q }`,
	`type C int`,
	`func (c C) String() string { return "colour" }`,
	`type E struct { why string }`,
	`func (e *E) Error() string { return "bad: " + e.why }`,
	`type B byte`,
	`type I interface { String() string }`,
	`type J interface { Jump() int }`,
	`func (c C) Jump() int { return int(c) }`,
	`var one = 1`,
	`var anError error = &E{"x"}`,
	`var aStringer fmt.Stringer = C(4)`,
}

var values = []string{
	`1`, `"x"`, `1.5`, `one`, `[]int{1, 2}`, `[3]byte{1, 2}`, `B(3)`, `[]B{1, 2}`,
	`P{name: "x", Age: 3}`, `&P{name: "x"}`, `[]P{{name: "a"}, {name: "b"}}`, `[]*P{{name: "a"}}`, `map[string]P{"k": {Age: 1}}`,
	`Q{x: P{name: "y"}, d: time.Second}`, `Q{next: &Q{next: &Q{}}}`, `Q{f: func(P) int { return 1 }}`,
	`struct { a int; B string }{1, "b"}`, `func(P) int { return 1 }`, `map[P]int{{name: "k"}: 1}`,
	`C(1)`, `[]C{1, 2}`, `map[C]C{1: 2}`, `[]any{C(1), P{name: "z"}, 3, nil, &P{}}`, `struct { c C; s fmt.Stringer; a any }{1, C(2), C(3)}`,
	`&E{"x"}`, `anError`, `[]error{&E{"x"}, errors.New("y")}`, `[]any{&E{"x"}}`, `fmt.Errorf("a: %w", anError)`,
	`aStringer`, `[]fmt.Stringer{C(4)}`, `map[string]any{"s": C(5), "d": time.Minute}`, `[]J{C(7)}`,
	`struct { e, s any }{anError, aStringer}`, `make(chan P, 2)`, `[]func(){nil}`, `time.Second`, `[]time.Duration{1, 2}`,
}

// TestFormatInterpretedIsFormatCompiled runs the same values both ways.
func TestFormatInterpretedIsFormatCompiled(t *testing.T) {
	interpreted := interpret(t)
	compiled := compile(t)
	for i, v := range values {
		if interpreted[i] != compiled[i] {
			t.Errorf("%s\ninterpreted:\n%s\ncompiled:\n%s", v, interpreted[i], compiled[i])
		}
	}
	for i, want := range map[string]string{
		`P{name: "x", Age: 3}`: "name: \"x\"\nAge:  3\nsub:  {a: 0, b: 0}",
		`C(1)`:                 "colour",
		`[]C{1, 2}`:            "[1 2]",
		`&E{"x"}`:              "bad: x",
	} {
		for n, v := range values {
			if v == i {
				if diff := cmp.Diff(want, interpreted[n]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", v, diff)
				}
			}
		}
	}
}

func interpret(t *testing.T) (texts []string) {
	format := reflect.ValueOf(show.Format)
	i := interp.New(interp.Options{Stderr: new(bytes.Buffer)})
	if err := i.Use(interp.Exports{
		"fmt/./fmt": {
			"Errorf":    reflect.ValueOf(fmt.Errorf),
			"Stringer":  reflect.ValueOf((*fmt.Stringer)(nil)),
			"_Stringer": reflect.ValueOf((*_Stringer)(nil)),
		},
		"errors/errors": {"New": reflect.ValueOf(errors.New)},
		"time/time": {
			"Second": reflect.ValueOf(time.Second), "Minute": reflect.ValueOf(time.Minute),
			"Duration": reflect.ValueOf((*time.Duration)(nil)),
		},
		"show/show": {"Format": format},
		// A value of a type with methods is handed to Format wrapped in what has them.
		".": {"MapTypes": reflect.ValueOf(map[reflect.Value][]reflect.Type{
			format:                      {reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer]()},
			reflect.ValueOf(fmt.Errorf): {reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer]()},
		})},
	}); err != nil {
		t.Fatal(err)
	}
	eval := func(src string) reflect.Value {
		t.Helper()
		v, err := i.Eval(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		return v
	}
	for _, p := range []string{"fmt", "errors", "time", "show"} {
		eval(fmt.Sprintf("import %q", p))
	}
	for _, d := range declarations {
		eval(d)
	}
	for _, v := range values {
		texts = append(texts, eval("show.Format("+v+")").String())
	}
	return texts
}

func compile(t *testing.T) []string {
	if testing.Short() {
		t.Skip("builds a program")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command to build a program with")
	}
	var src strings.Builder
	src.WriteString("package main\nimport (\"fmt\"; \"errors\"; \"time\"; \"github.com/tsunagu/tsunagu/stack/show\")\n")
	src.WriteString(strings.Join(declarations, "\n") + "\nvar _ = errors.New\nvar _ time.Time\nfunc main() {\n")
	for _, v := range values {
		fmt.Fprintf(&src, "fmt.Print(show.Format(%s), \"\\x00\")\n", v)
	}
	src.WriteString("}\n")
	name := filepath.Join(t.TempDir(), "values.go")
	if err := os.WriteFile(name, []byte(src.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(goTool, "run", name).CombinedOutput()
	if err != nil {
		t.Fatalf("go run: %v\n%s", err, out)
	}
	return strings.Split(string(out), "\x00")
}
