package terminal

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/term"
)

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func historyPath(dir string) string { return filepath.Join(dir, "history.jsonl") }

// exitStatus is the status of a program that a signal ended, as shells count it.
func exitStatus(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 1
}

// plainMarkdown returns a line of Markdown as plain text.
func plainMarkdown(source string) string {
	doc := parseMarkdown(source)
	if doc.FirstChild() == nil {
		return source
	}
	x := inlines{source: []byte(source), ink: InkMono} // no marks round code
	x.children(doc.FirstChild(), style{})
	return strings.TrimSpace(x.out.String())
}
