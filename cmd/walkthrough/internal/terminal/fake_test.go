package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
)

// fakeSession knows a few words instead of Go. What ran well is its state.
type fakeSession struct {
	log  *[]string // what it was asked, across sessions
	ran  []string
	stop chan struct{} // Interrupt was called
}

func (f *fakeSession) Run(_ context.Context, c session.Cell, out func(session.Message)) error {
	src := strings.TrimSpace(c.Source)
	*f.log = append(*f.log, src)
	switch word, rest, _ := strings.Cut(src, " "); word {
	case "print":
		out(session.Message{Kind: protocol.Text, Text: rest + "\n"})
	case "value":
		out(session.Message{Kind: protocol.Value, Text: rest})
	case "draw":
		out(session.Message{Kind: protocol.Picture, Text: "┌──┐\n└──┘"})
	case "state":
		out(session.Message{Kind: protocol.Text, Text: strings.Join(f.ran, ", ")})
	case "wrong":
		out(session.Message{Kind: protocol.Error, Text: "undefined: wrong", Line: 1, Col: 1, Code: "compile"})
		return &session.CellError{}
	case "endless":
		<-f.stop
		return errors.New("interrupted")
	case "crash":
		return errors.New("it crashed")
	case "for", "if": // what :sockets and :ladder look by
		return nil
	}
	f.ran = append(f.ran, src)
	return nil
}

func (f *fakeSession) Complete(_ context.Context, src string, pos int) (session.Completion, error) {
	return session.Completion{From: 0, To: pos, Items: []protocol.Item{{Label: "something"}}}, nil
}

func (f *fakeSession) Doc(_ context.Context, name string) (string, error) {
	if name != "print" {
		return "", errors.New("unknown")
	}
	return "print TEXT prints TEXT.", nil
}

func (f *fakeSession) Interrupt() { f.stop <- struct{}{} }

func (f *fakeSession) Reset(_ context.Context, replay []session.Cell) error {
	f.ran = nil
	for _, c := range replay {
		if err := f.Run(context.Background(), c, func(session.Message) {}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeSession) Close() error { return nil }

// testBook has two chapters; the first has three cells.
func testBook(t *testing.T) *book.Book {
	t.Helper()
	return makeBook(func(err error) { t.Fatal(err) })
}

func makeBook(fail func(error)) *book.Book {
	cells := func(list ...string) (fences []any) {
		for i, c := range list {
			fences = append(fences, fmt.Sprintf("```go cell name=c%d\n%s\n```", i+1, c))
		}
		return fences
	}
	pages := map[string]string{}
	add := func(dir, lang, format string, fences []any) {
		pages[dir+"/"+lang+".md"] = fmt.Sprintf(format, fences...) + "\n"
	}
	first := cells("print one", "value two", "draw")
	add("00-map", "en", "# The map\n\nThe *first* paragraph, with `code`.\n\n%s\n\nBetween.\n\n%s\n\n%s\n\nAt the end.", first)
	add("00-map", "ja", "# 地図\n\n最初の段落です。`code` もあります。\n\n%s\n\nあいだです。\n\n%s\n\n%s\n\n終わりです。", first)
	add("00-map", "ko", "# 지도\n\n첫 문단입니다. `code`도 있습니다.\n\n%s\n\n사이입니다.\n\n%s\n\n%s\n\n끝입니다.", first)
	for lang, title := range map[string]string{"en": "The socket", "ja": "ソケット", "ko": "소켓"} {
		add("01-socket", lang, "# "+title+"\n\n%s", cells("wrong"))
	}
	fsys := fstest.MapFS{}
	for name, text := range pages {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	b, err := book.Load(fsys)
	if err != nil {
		fail(err)
	}
	return b
}

// trip is a reader who types lines into a pipe.
type trip struct {
	t     *testing.T
	book  *book.Book
	state string
	log   []string // what sessions were asked
	langs []book.Lang
	fails int // how many sessions can't be started
}

func newTrip(t *testing.T) *trip {
	t.Setenv("LC_ALL", "en_US.UTF-8")
	t.Setenv("LANGUAGE", "")
	t.Setenv("COLUMNS", "")
	return &trip{t: t, book: testBook(t), state: t.TempDir()}
}

func (r *trip) options(in, out *os.File) Options {
	return Options{
		Book: r.book, Langs: r.langs, StateDir: r.state, In: in, Out: out,
		Notebook: notebook.Options{Start: func(context.Context, session.Options) (notebook.Session, error) {
			if r.fails--; r.fails >= 0 {
				return nil, errors.New("no go command")
			}
			r.log = append(r.log, "start")
			return &fakeSession{log: &r.log}, nil
		}},
	}
}

// types runs the walkthrough with the lines as its input and returns what it printed.
func (r *trip) types(lines ...string) string {
	r.t.Helper()
	in, err := os.CreateTemp(r.t.TempDir(), "in")
	if err != nil {
		r.t.Fatal(err)
	}
	defer in.Close()
	io.WriteString(in, strings.Join(append(lines, ""), "\n"))
	in.Seek(0, io.SeekStart)
	out, err := os.Create(filepath.Join(r.t.TempDir(), "out"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer out.Close()
	if err := Run(r.t.Context(), r.options(in, out)); err != nil {
		r.t.Fatal(err)
	}
	b, err := os.ReadFile(out.Name())
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

type lang = book.Lang

func textMessage(s string) session.Message { return session.Message{Kind: protocol.Text, Text: s} }

func errorMessage(line, col int, s string) session.Message {
	return session.Message{Kind: protocol.Error, Line: line, Col: col, Text: s}
}
