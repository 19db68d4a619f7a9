package worker

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing/fstest"

	"github.com/traefik/yaegi/interp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell/prelude"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/symbols"
	"github.com/tsunagu/tsunagu/stack/show"
)

// space is an interpreter and what cells have put into it.
type space struct {
	out    *output
	interp *interp.Interpreter
	lib    *cell.Library
	state  *cell.State
}

// newSpace returns a space in which nothing has happened yet and every package is imported.
func newSpace(out *output) (*space, error) {
	s := &space{out: out, lib: cell.FromSymbols(symbols.Symbols)}
	s.state = cell.New(s.lib)
	s.interp = interp.New(interp.Options{
		Stdin: strings.NewReader(""), Stdout: out, Stderr: panics{},
		Args: []string{}, SourcecodeFilesystem: fstest.MapFS{},
	})
	if err := s.interp.Use(s.exports()); err != nil {
		return nil, err
	}
	if err := s.eval(s.state.Preamble()); err != nil {
		return nil, fmt.Errorf("the interpreter did not take its packages: %w", err)
	}
	return s, nil
}

// exports returns the symbols of the chapter, with fmt's Print functions bound to what the cell prints, and what the
// front end calls.
func (s *space) exports() interp.Exports {
	e := maps.Clone(interp.Exports(symbols.Symbols))
	types := symbols.MapTypes()
	print := maps.Clone(e[symbols.Fmt])
	for name, f := range prelude.Fmt(s.out) {
		types[f] = types[print[name]]
		print[name] = f
	}
	e[symbols.Fmt] = print
	front, function := prelude.Symbols(s.show)
	maps.Copy(e, front)
	types[function] = []reflect.Type{reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer]()}
	e["."] = map[string]reflect.Value{"MapTypes": reflect.ValueOf(types)}
	return e
}

// run evaluates a cell and says how it left the space.
func (s *space) run(source string) protocol.State {
	prepared, err := s.state.Prepare(source)
	if err != nil {
		s.fail(err)
		return protocol.Unchanged
	}
	for _, c := range prepared.Chunks {
		if err := s.eval(c); err != nil {
			s.fail(err)
			return protocol.Spoiled
		}
	}
	s.state.Commit(prepared)
	return protocol.Good
}

// eval evaluates one chunk. The interpreter recovers from what its programs do, not from what goes wrong in its own
// compiler.
func (s *space) eval(source string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &cell.Error{Code: "interpreter", Msg: fmt.Sprintf("the interpreter cannot run this, though it may be right: %v", r)}
		}
	}()
	_, err = s.interp.Eval(source)
	return err
}

// show sends values in the forms they have.
func (s *space) show(values []any) {
	for _, v := range values {
		s.out.say(message(v))
	}
}

// message makes of a value what is said of it.
func message(value any) protocol.Message {
	p, ok := value.(show.Picture)
	if v := reflect.ValueOf(value); !ok || v.Kind() == reflect.Pointer && v.IsNil() {
		return protocol.Message{Kind: protocol.Value, Text: show.Format(value)}
	}
	m := protocol.Message{Kind: protocol.Picture, Text: p.Text()}
	if p, ok := value.(show.SVGer); ok {
		m.SVG = p.SVG()
	}
	if p, ok := value.(show.Mermaider); ok {
		m.Mermaid = p.Mermaid()
	}
	return m
}

// fail tells what is wrong with a cell.
func (s *space) fail(err error) {
	e := explain(err)
	s.out.say(protocol.Message{Kind: protocol.Error, Code: e.Code, Text: e.Msg, Line: e.Line, Col: e.Col})
}

var position = regexp.MustCompile(`^(?:_\.go:)?(\d+):(\d+): (?s:(.*))`)

// explain finds place and words in the errors that the front end and the interpreter give.
func explain(err error) *cell.Error {
	var own *cell.Error
	if errors.As(err, &own) {
		return own
	}
	var panicked interp.Panic
	if errors.As(err, &panicked) {
		e := &cell.Error{Code: "panic", Msg: "panic: " + prelude.PanicText(prelude.Value(panicked.Value), show.Format)}
		e.Line, e.Col = prelude.Position()
		return e
	}
	// The front end has found nothing wrong with the cell.
	e := &cell.Error{Code: "interpreter", Msg: err.Error()}
	if m := position.FindStringSubmatch(e.Msg); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Col, _ = strconv.Atoi(m[2])
		e.Msg = m[3]
	}
	e.Msg = "the interpreter cannot run this, though it may be right: " + e.Msg
	return e
}
