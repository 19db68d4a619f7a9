package check

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
)

// verifyAll verifies the wanted chapters, all of them whatever is wrong with one.
func (c *checker) verifyAll(ctx context.Context) int {
	wrong := 0
	for _, ch := range c.wanted() {
		fine, err := c.verify(ctx, ch)
		switch {
		case ctx.Err() != nil:
			c.say("walkthrough verify: interrupted in chapter %d", ch.Number)
			return exitUsage
		case err != nil:
			c.say("walkthrough verify: chapter %d: %v", ch.Number, err)
			return exitUsage
		case !fine:
			wrong++
		}
	}
	if wrong > 0 {
		c.say("%d of %d chapters are not as they should be", wrong, len(c.wanted()))
		return exitProblem
	}
	c.say("%d chapters verified", len(c.wanted()))
	return exitFine
}

// verify holds a chapter against everything it promises.
func (c *checker) verify(ctx context.Context, ch *book.Chapter) (fine bool, err error) {
	if len(ch.Problems) > 0 {
		c.report(ch.Problems)
		return false, nil
	}
	r, err := c.run(ctx, ch)
	if err != nil {
		return false, err
	}
	list, now := c.pages(ch, r)
	problems := append(r.problems, uncovered(c.statements, ch)...)
	brought, err := introductions(c.fsys, now)
	if err != nil {
		return false, err
	}
	problems = append(problems, brought...)
	one, err := c.paragraphs(now)
	if err != nil {
		return false, err
	}
	problems = append(problems, one...)
	fresh := true
	if len(r.problems) == 0 { // else the outputs after the first problem are not known
		if fresh, err = c.fresh(ch, now, list); err != nil {
			return false, err
		}
		both, err := c.compareRuns(ctx, ch, r)
		if err != nil {
			return false, err
		}
		problems = append(problems, both...)
	}
	c.report(problems)
	return fresh && len(problems) == 0, nil
}

// paragraphs finds paragraphs changed in one language only, and a record of them that is not this chapter's.
func (c *checker) paragraphs(now *book.Chapter) (book.Problems, error) {
	recorded, err := c.sums(now)
	if err != nil {
		return nil, err
	}
	var problems book.Problems
	for _, change := range now.Changed(recorded) {
		problems = append(problems, change.Problem(now))
	}
	if len(problems) > 0 {
		return problems, nil
	}
	var sums []book.Sums
	for _, p := range now.Paragraphs() {
		sums = append(sums, p.Sums)
	}
	if is, err := c.read(now, book.ParagraphsFile); err != nil || is != string(book.FormatParagraphs(sums)) {
		problems = append(problems, book.Problem{File: path.Join(book.Folder, now.Dir, book.ParagraphsFile),
			Text: "not as recorded: paragraphs came, went or changed since; run “walkthrough record”"})
	}
	return problems, nil
}

// fresh prints a diff of every file that is not as a run would write it.
func (c *checker) fresh(ch, now *book.Chapter, list []written) (bool, error) {
	fresh := true
	for _, w := range list {
		d, err := c.difference(ch, w)
		if err != nil {
			return false, err
		}
		if d != "" {
			fresh = false
			fmt.Fprint(c.stdout, d)
		}
	}
	left, err := c.leftOver(now)
	for _, file := range left {
		fresh = false
		fmt.Fprintf(c.stdout, "%s: no page shows this drawing; “walkthrough record” removes it\n", path.Join(book.Folder, ch.Dir, file))
	}
	if !fresh {
		c.say("chapter %d: not fresh: “walkthrough record -chapter %d” writes what the diff shows", ch.Number, ch.Number)
	}
	return fresh, err
}

// compareRuns runs the chapter compiled, and wants the same of every cell as from the interpreter.
func (c *checker) compareRuns(ctx context.Context, ch *book.Chapter, r *ran) (book.Problems, error) {
	if len(ch.Cells()) == 0 {
		return nil, nil
	}
	began := time.Now()
	compiled, problems, err := c.compile(ctx, ch, r.skipped)
	if err != nil || len(problems) > 0 {
		return problems, err
	}
	for _, cell := range ch.Cells() {
		if _, skipped := r.skipped[cell.Name]; skipped {
			continue
		}
		got, ok := compiled[cell.Name]
		switch {
		case !ok && cell.Error:
			continue // it must not compile, so it is not in the program
		case !ok:
			problems = append(problems, book.Problem{File: cell.File, Line: cell.Line - 1,
				Text: "cell " + cell.Name + " was not reached by the compiled program: a cell before it ended the program"})
			return problems, nil
		}
		got = cell.Loosen(tidy(got))
		if interpreted := r.plain[cell.Name]; !c.agree(ch, cell, interpreted, got) {
			problems = append(problems, book.Problem{File: cell.File, Line: cell.Line - 1,
				Text: "cell " + cell.Name + " says one thing interpreted and another compiled:\n" +
					strings.TrimRight(udiff.Unified("interpreted", "compiled", interpreted+"\n", got+"\n"), "\n")})
		}
	}
	c.say("chapter %d: compiled as one program and compared (%s)", ch.Number, took(began))
	return problems, nil
}

// agree reports whether a cell said the same in both runs. Of a live cell that prints text it is enough that both fit
// the pattern on the page; what it draws differs from run to run.
func (c *checker) agree(ch *book.Chapter, cell *book.Cell, interpreted, compiled string) bool {
	if interpreted == compiled || !cell.Live {
		return interpreted == compiled
	}
	var pattern []string
	for _, o := range ch.Pages[book.English].Outputs(cell) {
		if o.Form != book.FormText {
			return true
		}
		pattern = append(pattern, o.Text)
	}
	return book.Matches(strings.Join(pattern, "\n"), compiled)
}
