package terminal

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// Print prints a chapter from beginning to end, running its cells. What went wrong in a cell is also told on errors, with
// the place in the page. It returns how many cells did not run as meant.
func Print(ctx context.Context, c *book.Chapter, langs []book.Lang, o notebook.Options, out *os.File, errors io.Writer) (bad int, err error) {
	measureText()
	m := msg.For(langs[0])
	if o.Start == nil {
		o.Start = startSession(func(r *session.Reason) {
			fmt.Fprintln(errors, m.T(msg.FinishedInstead, m.Session(r.Code, r.Error())))
		})
	}
	nb, err := notebook.Open(ctx, c, o)
	if err != nil {
		return 0, err
	}
	defer nb.Close()
	s := newScreen(out)
	p := page{s.layout(), langs, m}
	list := sections(c)
	for _, sec := range list {
		s.print(p.section(sec)...)
		if sec.cell == nil {
			continue
		}
		s.print(p.cell(sec.cell, len(list)-1)...)
		t := newTranscript(p, s.print, sec.cell.Source)
		r, err := nb.Run(ctx, t.message)
		t.end(r.Err)
		if err != nil {
			return bad, err
		}
		switch {
		case r.Skipped != "":
			s.print(p.note(p.m.T(msg.CaptionLive) + ": " + r.Skipped)...)
		case !r.AsMeant():
			bad++
			report(errors, r)
		}
		s.print(nil)
		if err := s.failed(); err != nil {
			return bad, err
		}
	}
	return bad, nil
}

// report tells on w what was wrong with a cell, with file and line.
func report(w io.Writer, r notebook.Result) {
	told := false
	for _, m := range r.Messages {
		if m.Kind == session.Error {
			told = true
			fmt.Fprintf(w, "%s:%d: %s: %s\n", r.Cell.File, r.Cell.Line+max(0, m.Line-1), r.Cell.Name, m.Text)
		}
	}
	switch {
	case told:
	case r.Err != nil:
		fmt.Fprintf(w, "%s:%d: %s: %v\n", r.Cell.File, r.Cell.Line, r.Cell.Name, r.Err)
	default:
		fmt.Fprintf(w, "%s:%d: %s: the cell is meant to fail and did not\n", r.Cell.File, r.Cell.Line, r.Cell.Name)
	}
}

// List prints the chapters.
func List(b *book.Book, langs []book.Lang, out *os.File) error {
	measureText()
	s := newScreen(out)
	s.print(chapterLines(page{s.layout(), langs, msg.For(langs[0])}, b, nil)...)
	return s.failed()
}
