package check

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

func TestMain(m *testing.M) {
	session.MaybeServe()
	os.Exit(m.Run())
}

// TestReal runs a small chapter in real sessions, on the stack as of chapter 1 and on the finished one, and as compiled
// programs, and wants both to say the same.
func TestReal(t *testing.T) {
	root, ok := snapshot.Root()
	if _, toolchain := snapshot.Go(); !ok || !toolchain {
		t.Skip("needs the project's source and a go command")
	}
	dir := t.TempDir()
	for to, from := range map[string]string{".": "testdata/real", "stack": filepath.Join(root, "stack")} {
		if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	var out, log bytes.Buffer
	c := &checker{only: -1, stdout: &out, progress: &log}
	if err := c.load(dir); err != nil {
		t.Fatal(err)
	}
	c.open = func(ctx context.Context, ch *book.Chapter) (*notebook.Notebook, error) {
		return notebook.Open(ctx, ch, notebook.Options{Session: session.Options{Dir: root}})
	}
	ctx := context.Background()
	ch := c.book.Chapters[0]
	r, err := c.run(ctx, ch)
	if err != nil || len(r.problems) > 0 {
		t.Fatal(err, r, &log)
	}
	printed := func(cell string) string {
		var all []string
		for _, o := range r.recorded.Outputs[cell] {
			all = append(all, string(o.Form)+":"+o.Text)
		}
		return strings.Join(all, "\n")
	}
	for cell, want := range map[string]string{
		"ask":      "text:3 <nil>",
		"value":    "text:3",
		"bad":      "text:client.Nothing undefined",
		"panics":   "text:before\npanic: nil pointer dereference",
		"redefine": "text:\"again\"",
		"ahead":    "mermaid:sequenceDiagram",
	} {
		if got := printed(cell); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", cell, got, want)
		}
	}
	if got := r.recorded.Excerpts["stack/socket.go#Stack.Socket"]; !strings.Contains(got, "\nfunc (s *Stack) Socket(t Type) (FD, error) {\n") {
		t.Errorf("excerpt %q", got)
	}
	c.root = root // where the cells are compiled
	problems, err := c.compareRuns(ctx, ch, r)
	if err != nil || len(problems) > 0 {
		t.Errorf("compiled: %v\n%v", err, problems)
	}

	// The same again gives the same.
	again, err := c.run(ctx, ch)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r.recorded, again.recorded); d != "" {
		t.Error(d)
	}
}
