package terminal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
)

func TestWholeTrip(t *testing.T) {
	r := newTrip(t)
	got := r.types("", "", "", ":quit")
	want := strings.Split(`tsunagu: read how TCP/IP works, on a stack that runs while you read.
Enter runs the next cell. You can type any Go at the prompt. :help lists the
commands, :quit leaves.
You are reading in English. For another language, or two side by side:
:lang en ja, :lang en ko, :lang ja ko

# The map

The first paragraph, with `+"`code`"+`.

cell 1 of 3 · c1
| print one
map 1/3 › 

  one

Between.

cell 2 of 3 · c2
| value two
map 2/3 › 

  two

cell 3 of 3 · c3
| draw
map 3/3 › 

  ┌──┐
  └──┘

At the end.

That was chapter 0. Enter opens chapter 1: The socket
map › :quit
Your place is kept. See you next time.
`, "\n")
	if diff := cmp.Diff(want, strings.Split(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

// must checks that each text is in got, one after another.
func must(t *testing.T, got string, inOrder ...string) {
	t.Helper()
	rest := got
	for _, s := range inOrder {
		i := strings.Index(rest, s)
		if i < 0 {
			t.Fatalf("%q is not in, or not after the one before it:\n%s", s, got)
		}
		rest = rest[i+len(s):]
	}
}

func TestTypedGoStaysAtTheCell(t *testing.T) {
	r := newTrip(t)
	got := r.types("print mine", "state", "", "state")
	must(t, got, "map 1/3 › print mine\n", "mine", "map 1/3 › state", "print mine", "map 1/3 › \n", "one", "map 2/3 › state", "print mine, state, print one")
}

func TestInputOfSeveralLines(t *testing.T) {
	r := newTrip(t)
	r.types("print {", "more", "}")
	if want := "print {\nmore\n}"; !slices.Contains(r.log, want) {
		t.Errorf("the session was asked %q, want %q among it", r.log, want)
	}
}

func TestEndOfInputLeaves(t *testing.T) {
	r := newTrip(t)
	must(t, r.types(), "map 1/3 › \n", "Your place is kept")
}

func TestResume(t *testing.T) {
	r := newTrip(t)
	r.types("", "print mine", "", ":lang ja ko", ":quit")
	r.log = nil
	got := r.types("state")
	if strings.Contains(got, "tsunagu") {
		t.Errorf("who comes back is welcomed as if new:\n%s", got)
	}
	must(t, got, "おかえりなさい。第 0 章「地図」の、セル 3/3 の手前から続けます。", "| draw", "map 3/3 › state", "print one, value two")
	if strings.Contains(got, "\n  one\n") {
		t.Errorf("the cells before the place are shown again:\n%s", got)
	}
	if want := []string{"start", "print one", "value two", "state"}; !slices.Equal(r.log, want) {
		t.Errorf("the session was asked %q, want %q", r.log, want)
	}
}

func TestResumeAtTheEnd(t *testing.T) {
	r := newTrip(t)
	r.types("", "", "", ":quit")
	must(t, r.types(":next"), "Welcome back: the end of chapter 0, The map.", "At the end.", "# The socket", "socket 1/1 › ")
}

func TestBrokenStateFile(t *testing.T) {
	for _, content := range []string{"", "{", `{"chapter": -3}`, `{"chapter":0,"languages":["xx"]}`, "\x00\xff", `[]`, `{"chapter":0,"cell":1,"languages":["en","ja","ko"]}`} {
		r := newTrip(t)
		file := filepath.Join(r.state, placeFile)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		must(t, r.types(":quit"), "The file that keeps your place", "tsunagu:", "map 1/3 ›")
		if b, err := os.ReadFile(file + ".broken"); err != nil || string(b) != content {
			t.Errorf("%q was not put aside: %q, %v", content, b, err)
		}
	}
}

func TestPlaceOfAnotherEdition(t *testing.T) {
	for content, want := range map[string]string{
		`{"chapter": 7, "cell": 2, "languages": ["en"]}`:  "map 1/3 ›",
		`{"chapter": 0, "cell": 99, "languages": ["en"]}`: "map › ",
		`{"chapter": 0, "cell": 1}`:                       "map 2/3 › ",
	} {
		r := newTrip(t)
		if err := os.WriteFile(filepath.Join(r.state, placeFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		must(t, r.types(":quit"), want)
	}
}

func TestStateThatCannotBeKept(t *testing.T) {
	r := newTrip(t)
	r.state = filepath.Join(r.state, "file", "dir")
	if err := os.WriteFile(filepath.Dir(r.state), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := r.types("", "", ":quit")
	if n := strings.Count(got, "can't be kept"); n != 1 {
		t.Errorf("said %d times that the place can't be kept:\n%s", n, got)
	}
}

func TestFailingCell(t *testing.T) {
	r := newTrip(t)
	got := r.types(":goto socket", "", "", ":quit")
	must(t, got, "socket 1/1 › \n", "  wrong\n  ^ undefined: wrong\n", "Enter runs it again", "socket 1/1 › \n", "^ undefined: wrong")
}

func TestCrash(t *testing.T) {
	r := newTrip(t)
	must(t, r.types("crash", "print still", ":quit"), "it crashed", "The session was started afresh", "map 1/3 › print still", "  still")
}

func TestBackAndReset(t *testing.T) {
	r := newTrip(t)
	got := r.types(":back", "print mine", "", "", ":back 1", "state", ":reset", "state", ":back 9", "state")
	must(t, got,
		"before the chapter's first cell",
		"You are before cell 2 again", "map 2/3 › state", "print mine, print one",
		"A fresh session", "map 2/3 › state", "  print one\n",
		"You are before cell 1 again", "map 1/3 › state\n")
}

func TestGotoAndRun(t *testing.T) {
	r := newTrip(t)
	got := r.types(":run 2", ":goto .2", "state", ":goto 0.3", "state", ":goto 9", ":goto .9", ":goto sockt", ":run all", ":run", ":run 1")
	must(t, got,
		"map 3/3 › :goto .2", "map 2/3 › state", "  print one\n",
		"map 3/3 › state", "  print one, value two\n",
		"There is no chapter “9”. The chapters are 0 (map), 1 (socket).",
		"There is no cell “9”: chapter 0 has cells 1 to 3.",
		"Did you mean socket?",
		"└──┘", "That was chapter 0.",
		"All cells of the chapter have run")
}

func TestCommands(t *testing.T) {
	r := newTrip(t)
	for _, c := range []struct{ line, want string }{
		{":hlep", "There is no command :hlep. Did you mean :help? :help lists the commands."},
		{":xyzzy", "There is no command :xyzzy. :help lists"},
		{":", ":chapters"},
		{"?", ":sockets"},
		{":help lang", ":lang LANGUAGE [LANGUAGE]"},
		{":help :la", ":la. Did you mean :lang or :ladder?"},
		{":help xyz", "no command :xyz"},
		{":la", ":la can mean :lang or :ladder."},
		{":ch", "▸  0  map     The map     cells: 3  you are here"},
		{":cells", "1  c1  print one  · next"},
		{":lang", "You are reading in English."},
		{":lang xx", "The book is not written in “xx”. It is written in en (English), ja (日本語), ko\n(한국어)."},
		{":lang en ja ko", "One language or two"},
		{":lang 日本語", "最初の段落です。"},
		{":lang en+ko", "첫 문단입니다."},
		{":doc", "Say what about"},
		{":doc print", "print TEXT prints TEXT."},
		{":doc nothing", "Nothing is known about “nothing”"},
		{":sockets", "There is no host yet"},
		{":ladder", "No packet has passed yet"},
		{":ping", "Say to whom, and from which host if it is not the first: :ping 10.0.0.2"},
		{":ping 10.0.0.2", "That cannot be asked here"},
		{":traceroute 1.client 10.0.0.2", "Say to whom, and from which host if it is not the first: :traceroute 10.0.0.2"},
		{":trace client server", "That cannot be asked here"},
		{":show", "The first paragraph"},
		{":show 3", ":show takes nothing after it."},
		{":edit", "Editing needs a terminal"},
		{":edit 9", "There is no cell “9”"},
		{":run 9", "“9”: say :run, :run all, or the number of a cell from 1 to 3."},
		{":back x", "“x” is no number of cells"},
		{":Q", "Your place is kept"},
	} {
		t.Run(c.line, func(t *testing.T) {
			r := &trip{t: t, book: r.book, state: t.TempDir(), langs: []book.Lang{book.English}}
			_, got, _ := strings.Cut(r.types(c.line), "map 1/3 › ")
			must(t, got, c.want)
		})
	}
}

func TestFindCommand(t *testing.T) {
	for word, want := range map[string]string{
		"h": "help", "n": "next", "r": "run", "s": "show", "e": "edit", "b": "back", "g": "goto", "c": "chapters", "l": "lang",
		"so": "sockets", "lad": "ladder", "d": "doc", "re": "reset", "q": "quit", "exit": "quit", "HELP": "help", "ce": "cells",
	} {
		if c, _ := findCommand(word); c == nil || c.name != want {
			t.Errorf(":%s means %v, want %s", word, c, want)
		}
	}
}

// TestClosedPipe is “walkthrough | head -1”.
func TestClosedPipe(t *testing.T) {
	r := newTrip(t)
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	defer write.Close()
	if err := Run(t.Context(), r.options(in, write)); err != nil {
		t.Errorf("a reader who has gone is no mistake: %v", err)
	}
}

func TestNoChapters(t *testing.T) {
	r := newTrip(t)
	r.book = &book.Book{}
	if err := Run(t.Context(), r.options(os.Stdin, os.Stdout)); err == nil {
		t.Error("no error")
	}
}

func TestSessionThatCannotStart(t *testing.T) {
	r := newTrip(t)
	r.fails = 1
	got := r.types("", "", ":quit")
	must(t, got, "The chapter's session can't be started: no go command", "map 1/3 › \n", "  one", "map 2/3 ›")
}

func TestCellThatNoLongerRuns(t *testing.T) {
	r := newTrip(t)
	file := filepath.Join(r.state, placeFile)
	if err := os.WriteFile(file, []byte(`{"chapter": 1, "cell": 1, "languages": ["en"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, r.types("state", "state"), "the end of chapter 1", "socket › state", "Cell 1, which had run before, failed now", "| wrong", "socket 1/1 › state")
}

func TestPrint(t *testing.T) {
	r := newTrip(t)
	var errs strings.Builder
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	o := r.options(os.Stdin, out).Notebook
	bad, err := Print(t.Context(), r.book.Chapter(0), []book.Lang{"ko", "ja"}, o, out, &errs)
	if bad != 0 || err != nil || errs.String() != "" {
		t.Errorf("%d, %v, %q", bad, err, &errs)
	}
	bad, err = Print(t.Context(), r.book.Chapter(1), []book.Lang{"en"}, o, out, &errs)
	if want := "chapters/01-socket/en.md:4: c1: undefined: wrong\n"; bad != 1 || err != nil || errs.String() != want {
		t.Errorf("%d, %v, %q, want %q", bad, err, &errs, want)
	}
	b, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	must(t, string(b), "# 지도", "# 地図", "셀 1/3 · c1", "| print one", "  one", "사이입니다.", "あいだです。", "  two", "└──┘", "끝입니다.",
		"# The socket", "| wrong", "^ undefined: wrong")
}
