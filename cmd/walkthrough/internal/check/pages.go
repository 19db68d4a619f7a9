package check

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
)

// written is a generated or partly generated file of a chapter as it should be.
type written struct {
	file    string // in the chapter's folder
	content string
}

// pages returns the files of a chapter as they should be after a run, in a fixed order, and the chapter as it then is.
func (c *checker) pages(ch *book.Chapter, r *ran) ([]written, *book.Chapter) {
	var list []written
	sources := map[book.Lang]string{}
	for _, l := range book.Langs {
		sources[l] = ch.Pages[l].Render(r.recorded)
		list = append(list, written{string(l) + ".md", sources[l]})
	}
	now := ch.With(sources)
	for _, w := range book.Weaves {
		list = append(list, written{w.File, now.Weave(w)})
	}
	return append(list, c.drawings(r)...), now
}

// drawings returns the files of what cells drew.
func (c *checker) drawings(r *ran) []written {
	var list []written
	for _, file := range slices.Sorted(maps.Keys(r.drawings)) {
		list = append(list, written{file, r.drawings[file]})
	}
	return list
}

// leftOver returns the drawings in the chapter's folder that no page shows.
func (c *checker) leftOver(ch *book.Chapter) ([]string, error) {
	shown := map[string]bool{}
	for _, p := range ch.Pages {
		for _, b := range p.Blocks {
			if b.Kind == book.KindOutput && b.Ref != "" {
				shown[b.Ref] = true
			}
		}
	}
	entries, err := fs.ReadDir(c.fsys, path.Join(book.Folder, ch.Dir))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		if path.Ext(e.Name()) == ".svg" && !shown[e.Name()] {
			list = append(list, e.Name())
		}
	}
	return list, nil
}

// read returns a file of the chapter's folder, "" when it does not exist.
func (c *checker) read(ch *book.Chapter, file string) (string, error) {
	b, err := fs.ReadFile(c.fsys, path.Join(book.Folder, ch.Dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n"), err
}

// difference returns a unified diff from the file as it is to the file as it should be, "" when they are the same.
func (c *checker) difference(ch *book.Chapter, w written) (string, error) {
	is, err := c.read(ch, w.file)
	if err != nil || is == w.content {
		return "", err
	}
	name := path.Join(book.Folder, ch.Dir, w.file)
	return udiff.Unified(name, name+" (as recorded now)", is, w.content), nil
}

// write puts a file in place, whole or not at all, and reports whether it changed.
func (c *checker) write(ch *book.Chapter, w written) (bool, error) {
	if is, err := c.read(ch, w.file); err != nil || is == w.content {
		return false, err
	}
	file := c.path(ch, w.file)
	temp, err := os.CreateTemp(filepath.Dir(file), ".recording-*")
	if err != nil {
		return false, err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(w.content)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return false, err
	}
	return true, os.Rename(temp.Name(), file)
}

// sums returns what the chapter's paragraphs file says.
func (c *checker) sums(ch *book.Chapter) ([]book.Sums, error) {
	content, err := c.read(ch, book.ParagraphsFile)
	if err != nil {
		return nil, err
	}
	return book.ParseParagraphs(path.Join(book.Folder, ch.Dir, book.ParagraphsFile), []byte(content))
}

// removeLeftOver deletes the drawings that no page shows any more.
func (c *checker) removeLeftOver(now *book.Chapter) (int, error) {
	list, err := c.leftOver(now)
	if err != nil {
		return 0, err
	}
	for _, file := range list {
		if err := os.Remove(c.path(now, file)); err != nil {
			return 0, err
		}
		c.say("chapter %d: removed %s", now.Number, path.Join(book.Folder, now.Dir, file))
	}
	return len(list), nil
}
