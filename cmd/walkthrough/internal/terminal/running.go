package terminal

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// watchSignals hands Ctrl-C to whatever runs, or else to who waits for lines; and gives the terminal back before the
// program is ended from outside.
func (w *Walk) watchSignals() (idle <-chan struct{}, stop func()) {
	interrupts := make(chan os.Signal, 4)
	ended := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	if len(ends) > 0 {
		signal.Notify(ended, ends...)
	}
	waiting := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-interrupts:
				if f := w.busy.Load(); f != nil {
					(*f)()
					continue
				}
				select {
				case waiting <- struct{}{}:
				default:
				}
			case s := <-ended:
				if t := w.raw.Load(); t != nil {
					t.leave()
				}
				os.Exit(exitStatus(s))
			case <-done:
				return
			}
		}
	}()
	return waiting, func() {
		signal.Stop(interrupts)
		signal.Stop(ended)
		close(done)
	}
}

// slow is how long a cell may run before its reader is told how to stop it.
const slow = time.Second

// runs runs a cell or typed Go by f and shows in t what comes. It reports whether the reader stopped it.
func (w *Walk) runs(nb *notebook.Notebook, t *transcript, f func() (notebook.Result, error)) (r notebook.Result, stopped bool, err error) {
	var interrupted atomic.Bool
	release := w.interruptible(func() {
		interrupted.Store(true)
		nb.Interrupt()
	})
	defer release()
	seconds := func(d time.Duration) string { return "  " + w.m.T(msg.Running, int(d.Seconds())) }
	w.s.while(slow, seconds, func() { r, err = f() })
	t.end(r.Err)
	return r, interrupted.Load() && r.Err != nil, err
}

// runCell runs the cell whose turn it is and shows what follows it. It reports whether the reader's place moved on.
func (w *Walk) runCell(ctx context.Context) bool {
	nb := w.engine(ctx)
	if nb == nil || nb.Next() == nil {
		return false
	}
	cell := nb.Next()
	t := w.transcript(cell.Source)
	r, stopped, err := w.runs(nb, t, func() (notebook.Result, error) { return nb.Run(ctx, t.message) })
	if err != nil {
		w.broken(err)
		return false
	}
	if r.Skipped != "" {
		w.say(w.m.T(msg.CaptionLive) + ": " + r.Skipped)
	}
	if r.Err == nil || r.AsMeant() {
		w.place.Cell = cell.Index + 1
		w.save()
		w.showSection()
		return true
	}
	if err := w.rewind(ctx, nb, cell.Index); err != nil {
		w.broken(err)
		return false
	}
	switch {
	case stopped:
		w.note(msg.Stopped)
	case isOwn(r.Err):
		w.note(msg.CellFailed)
	default:
		w.say(w.m.Join(w.m.T(msg.SessionEnded), w.m.T(msg.CellFailed)))
	}
	return false
}

// eval runs what the reader typed. Their place stays where it is.
func (w *Walk) eval(ctx context.Context, src string) error {
	nb := w.engine(ctx)
	if nb == nil {
		return nil
	}
	t := w.transcript(src)
	r, stopped, err := w.runs(nb, t, func() (notebook.Result, error) { return nb.Eval(ctx, src, t.message) })
	w.afterTyped(r, stopped, err)
	return nil
}

// afterTyped tells what became of the session when something that was not a cell of the book has run.
func (w *Walk) afterTyped(r notebook.Result, stopped bool, err error) {
	var lost *session.ReplayError
	switch {
	case err != nil:
		w.broken(err)
	case stopped:
		w.note(msg.StoppedTyped)
	case r.Err != nil && !isOwn(r.Err):
		w.note(msg.SessionEnded)
	}
	if errors.As(r.Err, &lost) {
		w.note(msg.ReplayLost, lost.Err)
	}
}

// isOwn reports an error of the cell's own, which has been shown with the cell's output.
func isOwn(err error) bool {
	var own *session.CellError
	return errors.As(err, &own)
}

// rewind takes the session back to before a cell.
func (w *Walk) rewind(ctx context.Context, nb *notebook.Notebook, cell int) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	release := w.interruptible(cancel)
	defer release()
	status := func(time.Duration) string { return w.m.T(msg.Replaying, cell, cell) }
	w.s.while(patience, status, func() { err = nb.Rewind(ctx, cell) })
	return err
}

// broken says that the session is of no more use, and begins another.
func (w *Walk) broken(err error) {
	w.note(msg.SessionFailed, err)
	w.closeChapter()
	w.openChapter(w.place.Cell)
}
