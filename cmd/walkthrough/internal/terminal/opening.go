package terminal

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// opening is a chapter's notebook while it comes into being, beside the reader: its session is built and started, and the
// cells before the reader's place run.
type opening struct {
	cancel context.CancelFunc
	done   chan struct{}
	total  int          // cells to run
	ran    atomic.Int32 // of them have run; -1 before the session is there

	// set when done is closed
	notebook *notebook.Notebook
	err      error           // there is no notebook
	failed   int             // the cell that did not run as meant, -1: none
	cause    error           // what was wrong with it
	reason   *session.Reason // why the chapter runs on the finished stack
}

// startSession starts sessions for a notebook, and hears why one runs on the finished stack when it should not.
func startSession(hear func(*session.Reason)) func(context.Context, session.Options) (notebook.Session, error) {
	return func(ctx context.Context, o session.Options) (notebook.Session, error) {
		c, err := session.Start(ctx, o)
		if err != nil {
			return nil, err // a nil *Client in an interface is not nil
		}
		if c.Reason != nil {
			hear(c.Reason)
		}
		return c, nil
	}
}

// openChapter begins to open the notebook of the chapter that is read, with the cells before the given one run.
func (w *Walk) openChapter(cell int) {
	life := w.life // of the reader's visit: what is built ahead is of use when this chapter is closed
	ctx, cancel := context.WithCancel(life)
	o := &opening{cancel: cancel, done: make(chan struct{}), total: cell, failed: -1}
	o.ran.Store(-1)
	w.opening = o
	chapter, options := w.chapter, w.Notebook
	if options.Start == nil {
		options.Start = startSession(func(r *session.Reason) { o.reason = r })
	}
	var ahead int
	if next := w.nextChapter(); next != nil {
		ahead = next.Number
	}
	go func() {
		defer close(o.done)
		if o.notebook, o.err = notebook.Open(ctx, chapter, options); o.err != nil {
			return
		}
		o.forward(ctx, cell)
		if ahead > 0 && w.Ahead != nil {
			go w.Ahead(life, ahead)
		}
	}()
}

// forward runs the cells before the given one, unseen.
func (o *opening) forward(ctx context.Context, cell int) {
	for next := o.notebook.Next(); next != nil && next.Index < cell; next = o.notebook.Next() {
		o.ran.Store(int32(next.Index))
		r, err := o.notebook.Run(ctx, nil)
		if err != nil {
			o.err = err
			return
		}
		if r.Err != nil && !r.AsMeant() {
			o.failed, o.cause = next.Index, r.Err
			o.err = o.notebook.Rewind(ctx, next.Index)
			return
		}
	}
}

// status says how far it has come.
func (o *opening) status(m *msg.Catalog, chapter int) string {
	if n := int(o.ran.Load()); n >= 0 && o.total > 0 {
		return m.T(msg.Replaying, n+1, o.total)
	}
	return m.T(msg.Opening, chapter)
}

// ready returns the chapter's notebook if it is there by now.
func (w *Walk) ready() *notebook.Notebook {
	if w.opening == nil {
		return nil
	}
	select {
	case <-w.opening.done:
		if w.opening.err != nil {
			return nil
		}
		return w.opening.notebook
	default:
		return nil
	}
}

// patience is how long something may take before it is mentioned.
const patience = 400 * time.Millisecond

// engine waits for the chapter's notebook. Where there is none it says why and returns nil; the next call tries again.
func (w *Walk) engine(ctx context.Context) *notebook.Notebook {
	if w.opening == nil {
		w.openChapter(w.place.Cell)
	}
	o := w.opening
	release := w.interruptible(o.cancel)
	w.s.while(patience, func(time.Duration) string { return o.status(w.m, w.chapter.Number) }, func() { <-o.done })
	release()
	if o.err != nil {
		if o.notebook != nil {
			o.notebook.Close()
		}
		if errors.Is(o.err, context.Canceled) {
			w.note(msg.OpeningStopped)
		} else {
			w.note(msg.SessionFailed, o.err)
		}
		o.cancel()
		w.opening = nil
		return nil
	}
	if o.reason != nil {
		w.note(msg.FinishedInstead, w.m.Session(o.reason.Code, o.reason.Error()))
		o.reason = nil
	}
	if o.failed >= 0 {
		w.note(msg.ReplayFailed, o.failed+1, o.cause)
		w.place.Cell = o.failed
		o.failed = -1
		w.showSection()
		return nil
	}
	return o.notebook
}

// closeChapter ends the chapter's session, or its beginning.
func (w *Walk) closeChapter() {
	o := w.opening
	if o == nil {
		return
	}
	o.cancel()
	select {
	case <-o.done:
		if o.notebook != nil {
			o.notebook.Close()
		}
	case <-time.After(3 * time.Second): // it does not heed the cancellation; the session ends with its input
	}
	w.opening = nil
}

// moveTo goes to a cell of a chapter, with everything before it run and nothing else.
func (w *Walk) moveTo(number, cell int) {
	if c := w.book.Chapter(number); c != w.chapter {
		w.setChapter(c)
		w.warn()
	}
	w.closeChapter()
	w.place.Cell = cell
	w.openChapter(cell)
	w.save()
}

// interruptible makes Ctrl-C call f until release is called.
func (w *Walk) interruptible(f func()) (release func()) {
	w.busy.Store(&f)
	return func() { w.busy.Store(nil) }
}
