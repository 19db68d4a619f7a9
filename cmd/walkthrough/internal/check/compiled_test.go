package check

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// bench returns a checker on the real project and a chapter without content.
func bench(t *testing.T) (*checker, *book.Chapter, string) {
	root, ok := snapshot.Root()
	goCommand, ok2 := snapshot.Go()
	if !ok || !ok2 {
		t.Skip("needs the project's source and a go command")
	}
	page, _ := book.ParsePage("chapters/01-socket/en.md", book.English, []byte("# t\n"))
	return &checker{root: root}, &book.Chapter{Number: 1, Pages: map[book.Lang]*book.Page{book.English: page}}, goCommand
}

func TestBuildAndRun(t *testing.T) {
	c, ch, goCommand := bench(t)
	for _, test := range []struct {
		name, main string
		want       map[string]string
		problem    string
	}{
		{"runs", `func main() { print2("a", "one\n"); print2("b", ""); print2("c", "x\n\ny\n") }`,
			map[string]string{"a": "one\n", "b": "", "c": "x\n\ny\n"}, ""},
		{"on the snapshot", `func main() { print2("a", stack.Stream.String()) }`, map[string]string{"a": "SOCK_STREAM"}, ""},
		{"does not compile", "//line chapters/01-socket/en.md:7\nfunc main() { print2(undefined, undefined) }", nil,
			"chapters/01-socket/en.md: the cells do not compile as one Go program on this snapshot:\n  chapters/01-socket/en.md:7: undefined: undefined"},
		{"not in this chapter", `func main() { stack.New(stack.Config{}).Connect(0, nil) }`, nil, "Connect"},
		{"panics", `func main() { print2("a", "one\n"); panic("no") }`, map[string]string{"a": "one\n"}, "the cells, compiled as one Go program, fail: exit status 2\npanic: no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := "package main\n\nimport (\n\"fmt\"\n\"github.com/tsunagu/tsunagu/stack\"\n)\n\nvar _ = stack.New\n\n" +
				"func print2(name, text string) { fmt.Print(\"\\x1e\", name, \"\\n\", text) }\n\n" + test.main + "\n"
			got, problems, err := c.buildAndRun(context.Background(), ch, 1, goCommand, []byte(source))
			if err != nil {
				t.Fatal(err)
			}
			if test.problem == "" && len(problems) > 0 || !strings.Contains(problems.Error(), test.problem) {
				t.Errorf("problems %v, want %s", problems, test.problem)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestBuildInterrupted(t *testing.T) {
	c, ch, goCommand := bench(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := c.buildAndRun(ctx, ch, 1, goCommand, []byte("package main\n\nfunc main() {}\n")); err != context.Canceled {
		t.Error(err)
	}
}
