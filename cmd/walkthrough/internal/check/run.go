package check

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// ran is what a run of a chapter yielded.
type ran struct {
	recorded book.Recorded
	drawings map[string]string // file name → SVG
	plain    map[string]string // by cell: what a program without pictures would have printed
	skipped  map[string]string // by cell: why it did not run
	problems book.Problems
}

// run runs a chapter's cells, interpreted, and reads its excerpts.
func (c *checker) run(ctx context.Context, ch *book.Chapter) (*ran, error) {
	r := &ran{
		recorded: book.Recorded{Outputs: map[string][]book.Output{}, Excerpts: map[string]string{}},
		drawings: map[string]string{}, plain: map[string]string{}, skipped: map[string]string{},
	}
	r.excerpts(c, ch)
	if len(ch.Cells()) == 0 {
		return r, nil
	}
	began := time.Now()
	n, err := c.open(ctx, ch)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	if why := n.Instead(); why != nil {
		return nil, why // the finished stack would do other things
	}
	c.say("chapter %d: session started (%s)", ch.Number, took(began))
	began = time.Now()
	done := 0
	for ; n.Next() != nil; done++ {
		cell := n.Next()
		result, err := n.Run(ctx, nil)
		if err != nil {
			return nil, fmt.Errorf("chapter %d, cell %s: %w", ch.Number, cell.Name, err)
		}
		if !r.take(c, ch, result) {
			break // the cells after it build on it: one problem at a time
		}
	}
	c.say("chapter %d: %d of %d cells interpreted (%s)", ch.Number, done, len(ch.Cells()), took(began))
	return r, nil
}

// excerpts reads what the chapter's excerpts name.
func (r *ran) excerpts(c *checker, ch *book.Chapter) {
	for _, b := range ch.Pages[book.English].Excerpts() {
		text, err := book.Excerpt(c.fsys, b.Ref)
		if err != nil {
			r.problem(ch.Pages[book.English].File, b.Line, "%v", err)
			continue
		}
		r.recorded.Excerpts[b.Ref] = text
	}
}

// take takes the result of a cell in, and reports whether it was as meant.
func (r *ran) take(c *checker, ch *book.Chapter, result notebook.Result) bool {
	cell := result.Cell
	if result.Skipped != "" {
		r.skipped[cell.Name] = result.Skipped
		c.say("chapter %d: cell %s (%s:%d) skipped: %s", ch.Number, cell.Name, cell.File, cell.Line-1, result.Skipped)
		return true
	}
	outputs := r.outputs(cell, result.Messages)
	if cell.Live {
		// What still fits the pattern on the page stays as it is.
		if page := ch.Pages[book.English].Outputs(cell); book.SameOutputs(page, outputs) {
			outputs = page
		}
	}
	r.recorded.Outputs[cell.Name] = outputs
	r.plain[cell.Name] = cell.Loosen(plain(result.Messages))
	if result.AsMeant() {
		return true
	}
	line, message := cell.Line, "it was meant to fail (error), and did not"
	if result.Err != nil {
		message = result.Err.Error()
		var own *session.CellError
		var ended *session.EndedError
		switch {
		case errors.As(result.Err, &own):
			line, message = line+max(own.Line-1, 0), own.Text
		case errors.As(result.Err, &ended):
			line += max(ended.Line-1, 0)
		}
	}
	r.problem(cell.File, line, "cell %s: %s", cell.Name, message)
	return false
}

func (r *ran) problem(file string, line int, format string, args ...any) {
	r.problems = append(r.problems, book.Problem{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// outputs turns a cell's messages into what stands on the page: text that comes one after the other in one block, a
// picture in the form that suits it.
func (r *ran) outputs(cell *book.Cell, messages []session.Message) []book.Output {
	var list []book.Output
	var text strings.Builder
	flush := func() {
		if t := tidy(text.String()); t != "" {
			list = append(list, book.Output{Form: book.FormText, Text: cell.Loosen(t)})
		}
		text.Reset()
	}
	drawn := 0
	for _, m := range messages {
		form := form(cell, m)
		if form == book.FormText {
			addText(&text, m)
			continue
		}
		if form == "" {
			continue
		}
		flush()
		if form == book.FormMermaid {
			list = append(list, book.Output{Form: form, Text: cell.Loosen(tidy(m.Mermaid))})
			continue
		}
		drawn++
		file := cell.Name
		if drawn > 1 {
			file += "-" + strconv.Itoa(drawn)
		}
		file += ".svg"
		r.drawings[file] = strings.TrimRight(m.SVG, "\n") + "\n"
		list = append(list, book.Output{Form: form, File: file})
	}
	flush()
	return list
}

// form is how a message stands on the page, "" if not at all.
func form(cell *book.Cell, m session.Message) book.Form {
	switch m.Kind {
	case session.Text, session.Value, session.Error:
		return book.FormText
	case session.Picture:
		switch {
		case cell.As == book.FormSVG && m.SVG != "":
			return book.FormSVG
		case cell.As != book.FormText && m.Mermaid != "":
			return book.FormMermaid
		}
		return book.FormText
	}
	return "" // notes are for whoever sits before the screen
}

// addText adds a message's text. What a cell prints is taken to the letter; a value, a picture and an error begin a line
// and end it.
func addText(b *strings.Builder, m session.Message) {
	if m.Kind == session.Text {
		b.WriteString(m.Text)
		return
	}
	if s := b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		b.WriteByte('\n')
	}
	b.WriteString(strings.TrimRight(m.Text, "\n") + "\n")
}

// plain is all that came, as text.
func plain(messages []session.Message) string {
	var b strings.Builder
	for _, m := range messages {
		if m.Kind == session.Note {
			continue
		}
		addText(&b, m)
	}
	return tidy(b.String())
}

// tidy removes blanks at the ends of lines, and empty lines at the end: on a page nobody sees them.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
