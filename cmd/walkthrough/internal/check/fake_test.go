package check

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// fake is a session whose cells say line by line what shall come of them.
type fake struct{ notebook.Session }

func (fake) Run(_ context.Context, c session.Cell, out func(session.Message)) error {
	for _, line := range strings.Split(strings.TrimSpace(c.Source), "\n") {
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "print":
			out(session.Message{Kind: session.Text, Text: rest + "\n"})
		case "value":
			out(session.Message{Kind: session.Value, Text: rest})
		case "note":
			out(session.Message{Kind: session.Note, Text: rest})
		case "picture":
			out(session.Message{Kind: session.Picture, Text: "a picture", Mermaid: "graph TD", SVG: "<svg/>"})
		case "fail":
			out(session.Message{Kind: session.Error, Text: rest, Line: 1})
			return &session.CellError{Line: 1, Text: rest}
		case "end":
			return &session.EndedError{Cause: session.Timeout}
		}
	}
	return nil
}

func (fake) Reset(context.Context, []session.Cell) error { return nil }
func (fake) Close() error                                { return nil }

// project is a copy of testdata/project, recorded, and what came of the last command on it.
type project struct {
	t        *testing.T
	dir      string
	compiled map[string]string // what the compiled program says instead
	live     string
	out, log bytes.Buffer
}

func newProject(t *testing.T) *project {
	p := &project{t: t, dir: t.TempDir(), compiled: map[string]string{}}
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join("testdata", "project"))); err != nil {
		t.Fatal(err)
	}
	if code := p.do("record"); code != exitFine {
		t.Fatalf("record: %d\n%s%s", code, &p.out, &p.log)
	}
	return p
}

// do runs a command with fake sessions and a fake compiler.
func (p *project) do(name string) int {
	p.t.Helper()
	p.out.Reset()
	p.log.Reset()
	c := &checker{only: -1, stdout: &p.out, progress: &p.log}
	if err := c.load(p.dir); err != nil {
		p.t.Fatal(err)
	}
	c.open = func(ctx context.Context, ch *book.Chapter) (*notebook.Notebook, error) {
		return notebook.Open(ctx, ch, notebook.Options{
			Start: func(context.Context, session.Options) (notebook.Session, error) { return fake{}, nil },
			Live:  func(context.Context) string { return p.live },
		})
	}
	c.compile = func(ctx context.Context, ch *book.Chapter, skip map[string]string) (map[string]string, book.Problems, error) {
		r, err := c.run(ctx, ch)
		if err != nil {
			return nil, nil, err
		}
		printed := r.plain
		for name, text := range p.compiled {
			if printed[name] = text; text == "gone" {
				delete(printed, name)
			}
		}
		return printed, nil, nil
	}
	switch name {
	case "record":
		return c.recordAll(context.Background())
	case "record -translated", "record -draft":
		c.translated, c.draft = name == "record -translated", name == "record -draft"
		return c.recordAll(context.Background())
	case "verify":
		return c.verifyAll(context.Background())
	}
	c.coverage(&p.out, book.English)
	return exitFine
}

// page returns a file of the chapter.
func (p *project) page(file string) string {
	b, err := os.ReadFile(filepath.Join(p.dir, "chapters/01-socket", file))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// edit replaces text in files of the project.
func (p *project) edit(old, new string, files ...string) {
	p.t.Helper()
	for _, file := range files {
		path := filepath.Join(p.dir, file)
		b, err := os.ReadFile(path)
		if err != nil {
			p.t.Fatal(err)
		}
		if !strings.Contains(string(b), old) {
			p.t.Fatalf("%s has no %q:\n%s", file, old, b)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
}

// state is every file of the chapters.
func (p *project) state() map[string]string {
	m := map[string]string{}
	root := os.DirFS(p.dir)
	fs.WalkDir(root, "chapters", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := fs.ReadFile(root, path)
			m[path] = string(b)
		}
		return err
	})
	return m
}
