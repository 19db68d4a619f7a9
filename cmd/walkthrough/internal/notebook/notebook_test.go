package notebook

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// fake is a session that writes down what is asked of it. A cell “fail” fails, “hang” waits for an interrupt.
type fake struct {
	Session
	name string
	log  *[]string
	hang chan struct{}
}

func (f *fake) note(s string) { *f.log = append(*f.log, f.name+" "+s) }

func (f *fake) Run(_ context.Context, c session.Cell, out func(session.Message)) error {
	source := strings.TrimSpace(c.Source)
	f.note("run " + source)
	switch source {
	case "fail":
		out(session.Message{Kind: session.Error, Text: "no"})
		return &session.CellError{Line: 1, Text: "no"}
	case "hang":
		<-f.hang
		return &session.EndedError{Cause: session.Interrupted}
	}
	out(session.Message{Kind: session.Text, Text: source + "\n"})
	return nil
}

func (f *fake) Reset(_ context.Context, replay []session.Cell) error {
	var names []string
	for _, c := range replay {
		names = append(names, strings.TrimSpace(c.Source))
	}
	f.note("reset [" + strings.Join(names, " ") + "]")
	return nil
}

func (f *fake) Interrupt()   { close(f.hang) }
func (f *fake) Close() error { f.note("close"); return nil }

// open opens a chapter of cells, each given as its attributes and, after a colon, its source.
func open(t *testing.T, live string, cells ...string) (*Notebook, *[]string) {
	page := "# t\n"
	for _, c := range cells {
		info, source, _ := strings.Cut(c, ":")
		page += "\n```go cell " + info + "\n" + source + "\n```\n"
	}
	p, problems := book.ParsePage("en.md", book.English, []byte(page))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	log := &[]string{}
	n, err := Open(context.Background(), &book.Chapter{Number: 4, Pages: map[book.Lang]*book.Page{book.English: p}}, Options{
		Start: func(_ context.Context, o session.Options) (Session, error) {
			f := &fake{name: "main", log: log, hang: make(chan struct{})}
			if o.Finished {
				f.name = "finished"
			}
			if o.Chapter != 4 {
				t.Errorf("chapter %d", o.Chapter)
			}
			f.note("start")
			return f, nil
		},
		Live: func(context.Context) string { *log = append(*log, "try live"); return live },
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, log
}

func TestOrder(t *testing.T) {
	n, log := open(t, "not here", ":a", "on=finished:b", "error:fail", "live:c", "on=finished:d", "live:e", ":f")
	var seen []string
	for n.Next() != nil {
		r, err := n.Run(context.Background(), func(m session.Message) { seen = append(seen, m.Text) })
		if err != nil || !r.AsMeant() {
			t.Errorf("%s: %v, %v", r.Cell.Name, err, r.Err)
		}
		if r.Cell.Live != (r.Skipped == "not here") {
			t.Errorf("%s skipped: %q", r.Cell.Name, r.Skipped)
		}
	}
	if _, err := n.Run(context.Background(), nil); err == nil {
		t.Error("a cell after the last")
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	want := []string{"main start", "main run a", "finished start", "finished run b", "main run fail", "try live",
		"finished reset []", "finished run d", "main run f", "main close", "finished close"}
	if d := cmp.Diff(want, *log); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a\n", "b\n", "no", "d\n", "f\n"}, seen); d != "" {
		t.Error(d)
	}
}

func TestAsMeant(t *testing.T) {
	plain, failing := &book.Cell{}, &book.Cell{Error: true}
	own := &session.CellError{Text: "no"}
	for i, c := range []struct {
		r    Result
		want bool
	}{
		{Result{Cell: plain}, true},
		{Result{Cell: plain, Err: own}, false},
		{Result{Cell: failing}, false},
		{Result{Cell: failing, Err: own}, true},
		{Result{Cell: failing, Err: &session.EndedError{}}, false},
		{Result{Cell: failing, Skipped: "x"}, true},
		{Result{}, true},
		{Result{Err: own}, false},
	} {
		if got := c.r.AsMeant(); got != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

func TestRewind(t *testing.T) {
	n, log := open(t, "", ":a", ":b", ":c")
	ctx := context.Background()
	step := func() {
		if _, err := n.Run(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	step()
	if r, err := n.Eval(ctx, "x", nil); err != nil || r.Cell != nil || len(r.Messages) != 1 {
		t.Error(r, err)
	}
	n.Eval(ctx, "fail", nil)
	step()
	n.Eval(ctx, "y", nil)
	if err := n.Rewind(ctx, 2); err != nil || n.Next().Source != "c\n" {
		t.Error(err, n.Next())
	}
	if err := n.Rewind(ctx, 1); err != nil || n.Next().Source != "b\n" {
		t.Error(err, n.Next())
	}
	step()
	if err := n.Rewind(ctx, 99); err != nil || n.Next().Source != "c\n" {
		t.Error("rewinding goes back only", err, n.Next())
	}
	if err := n.Rewind(ctx, 0); err != nil || n.Next().Source != "a\n" {
		t.Error(err, n.Next())
	}
	want := []string{"main start", "main run a", "main run x", "main run fail", "main run b", "main run y",
		"main reset [a x b]", "main reset [a]", "main run b", "main reset [a b]", "main reset []"}
	if d := cmp.Diff(want, *log); d != "" {
		t.Error(d)
	}
}

func TestInterrupt(t *testing.T) {
	n, _ := open(t, "", ":hang")
	n.Interrupt() // nothing runs: nothing happens
	done := make(chan Result)
	go func() {
		r, _ := n.Run(context.Background(), nil)
		done <- r
	}()
	for n.busy.get() == nil {
		runtime.Gosched()
	}
	n.Interrupt()
	if r := <-done; !errors.Is(r.Err, session.ErrEnded) || r.AsMeant() {
		t.Error(r.Err)
	}
}

func TestOpenFails(t *testing.T) {
	no := errors.New("no")
	_, err := Open(context.Background(), &book.Chapter{}, Options{Start: func(context.Context, session.Options) (Session, error) { return nil, no }})
	if !errors.Is(err, no) {
		t.Error(err)
	}
}

func TestWhyNotLive(t *testing.T) {
	if why := whyNotLive(context.Background()); why != "" && !strings.HasPrefix(why, "it needs ") {
		t.Error(why)
	}
}
