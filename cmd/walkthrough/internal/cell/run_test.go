package cell

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/traefik/yaegi/interp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell/prelude"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/symbols"
	"github.com/tsunagu/tsunagu/stack/show"
)

// The tests run cells in both ways, as a session and the checker do, with the session's symbols.

var library = sync.OnceValue(func() *Library { return FromSymbols(symbols.Symbols) })

// printer is where an interpreted cell prints. It makes lines as a compiled program does.
type printer struct {
	b     bytes.Buffer
	begun bool
}

func (p *printer) Write(b []byte) (int, error) {
	if len(b) > 0 {
		p.begun = b[len(b)-1] != '\n'
	}
	return p.b.Write(b)
}

func (p *printer) line(text string) {
	if p.begun {
		p.Write([]byte("\n"))
	}
	p.Write([]byte(text + "\n"))
}

type notebook struct {
	state  *State
	interp *interp.Interpreter
	out    *printer
}

func newNotebook() (*notebook, error) {
	n := &notebook{state: New(library()), out: &printer{}}
	e := maps.Clone(interp.Exports(symbols.Symbols))
	print := maps.Clone(e[symbols.Fmt])
	mapTypes := symbols.MapTypes()
	for name, f := range prelude.Fmt(n.out) {
		print[name] = f
		mapTypes[f] = []reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer]()}
	}
	e[symbols.Fmt] = print
	own, shower := prelude.Symbols(func(values []any) {
		for _, v := range values {
			n.out.line(show.Format(v))
		}
	})
	maps.Copy(e, own)
	mapTypes[shower] = []reflect.Type{reflect.TypeFor[show.Picture](), reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer]()}
	e["."] = map[string]reflect.Value{"MapTypes": reflect.ValueOf(mapTypes)}
	n.interp = interp.New(interp.Options{Stdin: strings.NewReader(""), Stdout: n.out, Stderr: io.Discard, SourcecodeFilesystem: fstest.MapFS{}})
	if err := n.interp.Use(e); err != nil {
		return nil, err
	}
	_, err := n.interp.Eval(n.state.Preamble())
	return n, err
}

var errHangs = errors.New("it hangs")

// run runs a cell, and returns what is wrong with the cell or with the interpreter. A panic of the cell is output.
func (n *notebook) run(src string) (err error) {
	p, err := n.state.Prepare(src)
	if err != nil {
		return err
	}
	if os.Getenv("CELL_SHOW") != "" {
		fmt.Println(strings.Join(p.Chunks, "\n~~\n"))
	}
	err = n.eval(p.Chunks)
	var panicked interp.Panic
	if errors.As(err, &panicked) {
		n.out.line("panic: " + prelude.PanicText(prelude.Value(panicked.Value), show.Format))
		return nil
	}
	if err == nil {
		n.state.Commit(p)
	} else {
		err = fmt.Errorf("the interpreter: %w\n%s", err, strings.Join(p.Chunks, "\n~~\n"))
	}
	return err
}

func (n *notebook) eval(chunks []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the interpreter panics: %v", r)
		}
	}()
	for _, c := range chunks {
		if _, err := n.interp.Eval(c); err != nil {
			return err
		}
	}
	return nil
}

// interpret runs cells one after the other, and returns what each of them prints.
func interpret(cells []string) ([]string, error) {
	type result struct {
		texts []string
		err   error
	}
	done := make(chan result, 1)
	go func() { // one goroutine for all cells: the world insists
		texts, err := interpretHere(cells)
		done <- result{texts, err}
	}()
	select {
	case r := <-done:
		return r.texts, r.err
	case <-time.After(time.Minute):
		return []string{""}, errHangs
	}
}

func interpretHere(cells []string) (texts []string, err error) {
	n, err := newNotebook()
	if err != nil {
		return nil, err
	}
	for _, c := range cells {
		n.out.b.Reset()
		n.out.begun = false
		err := n.run(c)
		texts = append(texts, n.out.b.String())
		if err != nil {
			return texts, err
		}
	}
	return texts, nil
}

// compile builds notebooks as one program, and returns what each of them printed.
func compile(t testing.TB, notebooks [][]string) [][]string {
	t.Helper()
	var all [][]Cell
	for i, n := range notebooks {
		var cells []Cell
		for _, src := range n {
			cells = append(cells, Cell{Name: fmt.Sprint(i), Source: src})
		}
		all = append(all, cells)
	}
	src, err := program(all, library())
	if err != nil {
		t.Fatal(err)
	}
	out := runProgram(t, src)
	texts := make([][]string, len(notebooks))
	for _, part := range strings.Split(out, "\x1e")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		var i int
		fmt.Sscan(name, &i)
		texts[i] = append(texts[i], text)
	}
	return texts
}

// runProgram builds and runs a program, and returns what it printed.
func runProgram(t testing.TB, src []byte) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, src, 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "cells.exe"), file)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s\n%s", err, out, src)
	}
	var out, stderr bytes.Buffer
	run := exec.Command(filepath.Join(dir, "cells.exe"))
	run.Stdout, run.Stderr = &out, &stderr
	if err := run.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return out.String()
}

// agree runs notebooks in both ways and compares what each cell prints.
func agree(t *testing.T, names []string, notebooks [][]string) {
	t.Helper()
	want := compile(t, notebooks)
	for i, cells := range notebooks {
		got, err := interpret(cells)
		for j, text := range got {
			if text != want[i][j] {
				t.Errorf("%s: cell %d:\n%s\n(-compiled +interpreted):\n%s", names[i], j, cells[j], cmp.Diff(want[i][j], text))
				break
			}
			if failed(text) && j+1 < len(cells) && strings.HasPrefix(names[i], "random") {
				err = nil // what the cell would have declared is not there for the next
				break
			}
		}
		if err != nil {
			t.Errorf("%s: cell %d: %v\n%s", names[i], len(got)-1, err, cells[len(got)-1])
		}
	}
}

func failed(text string) bool {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return strings.HasPrefix(lines[len(lines)-1], "panic: ")
}
