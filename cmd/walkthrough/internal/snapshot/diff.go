package snapshot

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Change is what a chapter did to the stack. Tests are left out: it is meant to be read.
type Change struct {
	Chapter int
	Added   []File // what the chapter brought
	Removed []File // what had stood in for it until then
}

// Diff returns what a chapter changed: its snapshot against the one before. The stack begins with chapter 1.
func Diff(root string, chapter int) (Change, error) {
	c := Change{Chapter: chapter}
	if chapter == 0 {
		return c, fmt.Errorf("chapter 0 shows the finished stack and adds nothing to it: ask for 1 to %d", Last)
	}
	now, err := Files(root, chapter)
	if err != nil {
		return c, err
	}
	var before []File
	if chapter > 1 {
		if before, err = Files(root, chapter-1); err != nil {
			return c, err
		}
	}
	c.Added = missing(now, before)
	c.Removed = missing(before, now)
	return c, nil
}

// missing returns the files that are in a and not in b.
func missing(a, b []File) []File {
	there := map[string]bool{}
	for _, f := range b {
		there[f.Path] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(f File) bool {
		return there[f.Path] || f.Test() || !strings.HasSuffix(f.Path, ".go")
	})
}

// String draws the change as a unified diff, what was removed first, the way tools that read patches expect it.
func (c Change) String() string {
	var b strings.Builder
	for _, f := range c.Removed {
		writeDiff(&b, "a/"+f.Path, "/dev/null", f.Text, nil)
	}
	for _, f := range c.Added {
		writeDiff(&b, "/dev/null", "b/"+f.Path, nil, f.Text)
	}
	return b.String()
}

func writeDiff(b *strings.Builder, old, name string, before, after []byte) {
	path := strings.TrimPrefix(strings.TrimPrefix(old, "a/"), "/dev/null") + strings.TrimPrefix(strings.TrimPrefix(name, "b/"), "/dev/null")
	fmt.Fprintf(b, "diff --git a/%s b/%s\n", path, path)
	if before == nil {
		b.WriteString("new file mode 100644\n")
	} else {
		b.WriteString("deleted file mode 100644\n")
	}
	b.WriteString(udiff.Unified(old, name, string(before), string(after)))
}

// Lines counts a file's lines.
func (f File) Lines() int { return bytes.Count(f.Text, []byte("\n")) }
