package check

import (
	"context"
	"path"
	"slices"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
)

// recordAll records the wanted chapters. One that has problems is left as it is.
func (c *checker) recordAll(ctx context.Context) int {
	code := exitFine
	for _, ch := range c.wanted() {
		fine, err := c.record(ctx, ch)
		switch {
		case ctx.Err() != nil:
			c.say("walkthrough record: interrupted; chapter %d and those after it are as they were", ch.Number)
			return exitUsage
		case err != nil:
			c.say("walkthrough record: chapter %d: %v", ch.Number, err)
			return exitUsage
		case !fine:
			code = exitProblem
		}
	}
	return code
}

// record runs a chapter and writes what came into its folder.
func (c *checker) record(ctx context.Context, ch *book.Chapter) (fine bool, err error) {
	problems := ch.Problems
	if c.draft {
		problems = slices.DeleteFunc(slices.Clone(problems), func(p book.Problem) bool { return path.Base(p.File) != "en.md" })
	}
	if len(problems) > 0 {
		c.report(problems)
		c.say("chapter %d: not recorded%s", ch.Number, c.draftHint(ch))
		return false, nil
	}
	r, err := c.run(ctx, ch)
	if err != nil {
		return false, err
	}
	if len(r.problems) > 0 {
		c.report(r.problems)
		c.say("chapter %d: not recorded", ch.Number)
		return false, nil
	}
	if c.draft {
		_, err := c.writeAll(ch, append(c.drawings(r), written{"en.md", ch.Pages[book.English].Render(r.recorded)}))
		return err == nil, err
	}
	list, now := c.pages(ch, r)
	sums, changes, err := c.newSums(now)
	if err != nil {
		return false, err
	}
	list = append(list, written{book.ParagraphsFile, string(book.FormatParagraphs(sums))})
	changed, err := c.writeAll(ch, list)
	if err != nil {
		return false, err
	}
	removed, err := c.removeLeftOver(now)
	if err != nil {
		return false, err
	}
	if changed+removed == 0 {
		c.say("chapter %d: all was fresh", ch.Number)
	}
	c.report(changes)
	return len(changes) == 0, nil
}

// draftHint tells a writer who has only the English page how to go on with it alone.
func (c *checker) draftHint(ch *book.Chapter) string {
	if !slices.ContainsFunc(ch.Problems, func(p book.Problem) bool { return path.Base(p.File) == "en.md" }) {
		return "; “walkthrough record -draft” records the English page alone"
	}
	return ""
}

// writeAll puts files in place and returns how many of them changed.
func (c *checker) writeAll(ch *book.Chapter, list []written) (changed int, err error) {
	for _, w := range list {
		did, err := c.write(ch, w)
		if err != nil {
			return changed, err
		}
		if did {
			changed++
			c.say("chapter %d: wrote %s", ch.Number, path.Join(book.Folder, ch.Dir, w.file))
		}
	}
	return changed, nil
}

// newSums returns what the paragraphs file is to say. A paragraph changed in one language only keeps what it had, and is
// a problem, unless it is accepted as it is.
func (c *checker) newSums(now *book.Chapter) ([]book.Sums, book.Problems, error) {
	old, err := c.sums(now)
	if err != nil {
		return nil, nil, err
	}
	kept := map[book.Sums]book.Sums{}
	var problems book.Problems
	if !c.translated {
		for _, change := range now.Changed(old) {
			kept[change.Sums] = change.Recorded
			problems = append(problems, change.Problem(now))
		}
	}
	var sums []book.Sums
	for _, p := range now.Paragraphs() {
		s := p.Sums
		if recorded, ok := kept[s]; ok {
			s = recorded
		}
		sums = append(sums, s)
	}
	return sums, problems, nil
}
