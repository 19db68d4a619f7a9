// Package snapshot knows how the stack grows: which build tags make the stack as of a chapter, where the project's
// source is, what a chapter brought, and how to write one chapter's stack as a module of its own.
package snapshot

import (
	"fmt"
	"go/build/constraint"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Last is the number of the last chapter. Its snapshot is the finished stack.
const Last = 11

// Module is the path of the project's module.
const Module = "github.com/tsunagu/tsunagu"

// Tags returns the build tags that make the stack as of a chapter: before(N+1) up to before11. Chapter 0, which looks
// ahead, runs on the finished stack, as the last chapter does, and needs none.
func Tags(chapter int) []string {
	if chapter <= 0 {
		return nil
	}
	var tags []string
	for n := chapter + 1; n <= Last; n++ {
		tags = append(tags, "before"+strconv.Itoa(n))
	}
	return tags
}

// stage is a chapter as build constraints see it: 0 stands for the finished stack.
type stage int

var beforeTag = regexp.MustCompile(`^before([0-9]+)$`)

// number returns N of a tag beforeN.
func number(tag string) (int, bool) {
	m := beforeTag.FindStringSubmatch(tag)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

// set says whether a tag beforeN is set at this stage.
func (s stage) set(n int) bool { return s > 0 && n > int(s) }

// reduce puts in the truth of every beforeN. What is left is a constraint on the platform, nil if there is none, and
// whether the file can be there at all.
func (s stage) reduce(x constraint.Expr) (rest constraint.Expr, there bool) {
	switch x := x.(type) {
	case *constraint.TagExpr:
		if n, ok := number(x.Tag); ok {
			return nil, s.set(n)
		}
	case *constraint.NotExpr:
		rest, there := s.reduce(x.X)
		if rest == nil {
			return nil, !there
		}
		return &constraint.NotExpr{X: rest}, true
	case *constraint.AndExpr:
		l, thereL := s.reduce(x.X)
		r, thereR := s.reduce(x.Y)
		switch {
		case !thereL || !thereR:
			return nil, false
		case l == nil:
			return r, true
		case r == nil:
			return l, true
		}
		return &constraint.AndExpr{X: l, Y: r}, true
	case *constraint.OrExpr:
		l, thereL := s.reduce(x.X)
		r, thereR := s.reduce(x.Y)
		switch {
		case thereL && l == nil || thereR && r == nil:
			return nil, true
		case !thereL && !thereR:
			return nil, false
		case !thereL:
			return r, true
		case !thereR:
			return l, true
		}
		return &constraint.OrExpr{X: l, Y: r}, true
	}
	return x, true
}

// header finds the //go:build line of a Go file: the line itself, without its end, and the constraint. Both are zero
// when there is none.
func header(src []byte) (line string, x constraint.Expr, err error) {
	for l := range strings.Lines(string(src)) {
		l = strings.TrimRight(l, "\r\n")
		switch {
		case constraint.IsGoBuild(l):
			x, err = constraint.Parse(l)
			return l, x, err
		case l != "" && !strings.HasPrefix(l, "//"):
			return "", nil, nil
		}
	}
	return "", nil, nil
}

// File is one file of a snapshot.
type File struct {
	Path string // slash-separated, from the project's root: stack/tcp/open.go
	Text []byte // with the chapters' part of its constraint taken out
}

// Test says whether the file is a test.
func (f File) Test() bool { return strings.HasSuffix(f.Path, "_test.go") }

// Files returns the files below stack/ that a chapter's snapshot consists of, in order of their paths. Files of other
// platforms are among them, since a snapshot can be built for any.
func Files(root string, chapter int) ([]File, error) {
	if err := known(chapter); err != nil {
		return nil, err
	}
	var files []File
	err := fs.WalkDir(os.DirFS(root), "stack", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if base := path.Base(p); strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
		if err != nil {
			return err
		}
		if !strings.HasSuffix(p, ".go") {
			files = append(files, File{p, text})
			return nil
		}
		text, there, err := strip(text, chapter)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if there {
			files = append(files, File{p, text})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return withPackage(files), nil
}

// withPackage leaves out what belongs to folders whose package has not begun: tests' data and the like.
func withPackage(files []File) []File {
	begun := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f.Path, ".go") {
			begun[path.Dir(f.Path)] = true
		}
	}
	return slices.DeleteFunc(files, func(f File) bool {
		if strings.HasSuffix(f.Path, ".go") {
			return false
		}
		for dir := path.Dir(f.Path); dir != "."; dir = path.Dir(dir) {
			if begun[dir] {
				return false
			}
			if base := path.Base(dir); base != "testdata" && !strings.Contains(dir, "/testdata/") {
				return true
			}
		}
		return true
	})
}

// strip takes the chapters' part of a file's constraint out of it, and says whether the file is in the snapshot.
func strip(src []byte, chapter int) ([]byte, bool, error) {
	line, x, err := header(src)
	if err != nil || x == nil {
		return src, err == nil, err
	}
	rest, there := stage(chapter).reduce(x)
	if !there {
		return nil, false, nil
	}
	text := string(src)
	if rest != nil {
		return []byte(strings.Replace(text, line, "//go:build "+rest.String(), 1)), true, nil
	}
	before, after, _ := strings.Cut(text, line)
	return []byte(before + strings.TrimLeft(after, "\r\n")), true, nil
}

func known(chapter int) error {
	if chapter < 0 || chapter > Last {
		return fmt.Errorf("there is no chapter %d: the chapters are 0 to %d", chapter, Last)
	}
	return nil
}
