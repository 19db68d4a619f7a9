package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/symbols"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// runLimit is how long a chapter's compiled program may run.
const runLimit = 2 * time.Minute

// compiled runs a chapter's cells as one Go program on the chapter's snapshot, and each on=finished cell as a program of
// its own on the finished stack. It returns what each cell printed; cells in skip are left out.
func (c *checker) compiled(ctx context.Context, ch *book.Chapter, skip map[string]string) (map[string]string, book.Problems, error) {
	var together []*book.Cell
	printed := map[string]string{}
	var problems book.Problems
	program := func(chapter int, cells ...*book.Cell) error {
		if len(cells) == 0 {
			return nil
		}
		out, wrong, err := c.program(ctx, ch, chapter, cells)
		for name, text := range out {
			printed[name] = text
		}
		problems = append(problems, wrong...)
		return err
	}
	for _, b := range ch.Cells() {
		if _, skipped := skip[b.Name]; skipped {
			continue
		}
		if !b.Finished {
			together = append(together, b)
			continue
		}
		if err := program(0, b); err != nil {
			return nil, nil, err
		}
	}
	err := program(ch.Number, together...)
	return printed, problems, err
}

// program builds and runs one program of cells on the snapshot of a chapter.
func (c *checker) program(ctx context.Context, ch *book.Chapter, chapter int, cells []*book.Cell) (map[string]string, book.Problems, error) {
	goCommand, ok := snapshot.Go()
	if !ok {
		return nil, nil, errors.New("there is no go command to compile the cells with: install Go, from https://go.dev/dl")
	}
	var list []cell.Cell
	for _, b := range cells {
		list = append(list, cell.Cell{Name: b.Name, File: b.File, Line: b.Line, Source: b.Source, Error: b.Error, OnFinished: b.Finished})
	}
	library, err := cell.FromGo(ctx, goCommand, c.root, snapshot.Tags(chapter), importable())
	if err != nil {
		return nil, nil, errors.Join(ctx.Err(), err)
	}
	source, err := cell.Program(list, library)
	if err != nil {
		return nil, book.Problems{{File: ch.Pages[book.English].File, Text: "the cells can't be made one Go program: " + err.Error()}}, nil
	}
	return c.buildAndRun(ctx, ch, chapter, goCommand, source)
}

// buildAndRun builds a program on the snapshot of a chapter, and runs it. What is wrong with either is a problem of the
// chapter's page.
func (c *checker) buildAndRun(ctx context.Context, ch *book.Chapter, chapter int, goCommand string, source []byte) (map[string]string, book.Problems, error) {
	dir, err := os.MkdirTemp("", "walkthrough-cells-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	main, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "cells.exe")
	if err := os.WriteFile(main, source, 0o644); err != nil {
		return nil, nil, err
	}
	build := exec.CommandContext(ctx, goCommand, "build", "-tags="+strings.Join(snapshot.Tags(chapter), ","), "-o", binary, main)
	build.Dir = c.root
	if out, err := build.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, book.Problems{{File: ch.Pages[book.English].File,
			Text: "the cells do not compile as one Go program on this snapshot:\n" + compileErrors(c.root, string(out))}}, nil
	}
	return c.execute(ctx, ch, binary)
}

// compileErrors tidies what the go command says.
func compileErrors(root, out string) string {
	var lines []string
	for _, l := range strings.Split(strings.TrimSpace(out), "\n") {
		if !strings.HasPrefix(l, "# ") {
			lines = append(lines, "  "+strings.TrimPrefix(l, root+string(filepath.Separator)))
		}
	}
	return strings.Join(lines, "\n")
}

// execute runs a program of cells and splits what it prints.
func (c *checker) execute(ctx context.Context, ch *book.Chapter, binary string) (map[string]string, book.Problems, error) {
	limited, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	run := exec.CommandContext(limited, binary)
	run.Dir, run.Stdout, run.Stderr = filepath.Dir(binary), &stdout, &stderr
	err := run.Run()
	printed := split(stdout.String())
	if err == nil {
		return printed, nil, nil
	}
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	why := err.Error()
	if limited.Err() != nil {
		why = fmt.Sprintf("it did not end within %v", runLimit)
	}
	return printed, book.Problems{{File: ch.Pages[book.English].File,
		Text: "the cells, compiled as one Go program, fail: " + why + "\n" + strings.TrimSpace(stderr.String())}}, nil
}

// split separates what each cell printed. Before a cell's output stands a line of its own: the sign RS (1e) and the
// cell's name.
func split(out string) map[string]string {
	printed := map[string]string{}
	for i, part := range strings.Split(out, "\x1e") {
		if i == 0 {
			continue // before the first cell nothing is printed
		}
		name, text, _ := strings.Cut(part, "\n")
		printed[name] = text
	}
	return printed
}

// importable are the packages that cells can use: of the standard library those that sessions have, and the stack.
func importable() []string {
	list := []string{"./stack/..."}
	for key := range symbols.Symbols {
		if importPath := strings.TrimSuffix(path.Dir(key), "/."); !strings.HasPrefix(importPath, snapshot.Module+"/") {
			list = append(list, importPath)
		}
	}
	slices.Sort(list)
	return list
}
