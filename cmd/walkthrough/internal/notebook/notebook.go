// Package notebook is the engine under every face: it opens a chapter, holds the sessions its cells run in, runs them in
// order and yields what came. It prints nothing, draws nothing and speaks no language: a terminal, the checker and a web
// page put the same results into their own shapes.
package notebook

import (
	"context"
	"errors"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// Session is what the engine asks of a session; a [session.Client] is one.
type Session interface {
	Run(ctx context.Context, cell session.Cell, out func(session.Message)) error
	Complete(ctx context.Context, src string, pos int) (session.Completion, error)
	Doc(ctx context.Context, name string) (string, error)
	Interrupt()
	Reset(ctx context.Context, replay []session.Cell) error
	Close() error
}

// Options say how sessions are made. The zero value is right outside of tests.
type Options struct {
	// Session is what sessions are started with; chapter and stack are filled in.
	Session session.Options
	// Start starts a session; nil means [session.Start].
	Start func(context.Context, session.Options) (Session, error)
	// Live tells why cells that need Linux and namespaces can't run here, "" if they can; nil means to try it out.
	Live func(context.Context) string
}

// Notebook is a chapter and the state its cells have come to. Its methods are called by one goroutine; only Interrupt
// may be called by another, while a cell runs.
type Notebook struct {
	chapter *book.Chapter
	cells   []*book.Cell
	options Options

	main  Session
	ahead Session // for on=finished cells: started when the first one comes
	busy  current // the session that runs a cell now

	next    int     // index of the next cell
	history []entry // what made the state of main
	live    *string // why live cells can't run; nil until tried
}

// entry is something that ran without fault in the chapter's session.
type entry struct {
	cell  session.Cell
	index int // the chapter's cell; or, of what a reader typed, the cell that came next
	typed bool
}

// Result is what came of a cell.
type Result struct {
	Cell     *book.Cell // nil for what a reader typed
	Messages []session.Message
	// Err is what ended the cell: a *session.CellError is the cell's own. An error cell is meant to have one.
	Err error
	// Skipped says why the cell did not run; "" if it did.
	Skipped string
}

// AsMeant reports whether the cell failed if it was meant to, and did not if it was not.
func (r Result) AsMeant() bool {
	if r.Skipped != "" || r.Err == nil {
		return r.Skipped != "" || r.Cell == nil || !r.Cell.Error
	}
	var own *session.CellError
	return r.Cell != nil && r.Cell.Error && errors.As(r.Err, &own)
}

// Open starts the session of a chapter.
func Open(ctx context.Context, c *book.Chapter, o Options) (*Notebook, error) {
	if o.Start == nil {
		o.Start = func(ctx context.Context, o session.Options) (Session, error) {
			s, err := session.Start(ctx, o)
			if err != nil {
				return nil, err // a nil *Client in an interface is not nil
			}
			return s, nil
		}
	}
	if o.Live == nil {
		o.Live = whyNotLive
	}
	n := &Notebook{chapter: c, cells: c.Cells(), options: o}
	var err error
	n.main, err = o.Start(ctx, n.sessionOptions(false))
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (n *Notebook) sessionOptions(finished bool) session.Options {
	o := n.options.Session
	o.Chapter, o.Finished = n.chapter.Number, finished || o.Finished
	return o
}

// Chapter returns the chapter that is open.
func (n *Notebook) Chapter() *book.Chapter { return n.chapter }

// Instead says why the chapter's cells run on the finished stack instead of their own, nil when they do not.
func (n *Notebook) Instead() *session.Reason {
	if c, ok := n.main.(*session.Client); ok {
		return c.Reason
	}
	return nil
}

// Next returns the cell whose turn it is, nil after the last.
func (n *Notebook) Next() *book.Cell {
	if n.next >= len(n.cells) {
		return nil
	}
	return n.cells[n.next]
}

// Run runs the next cell. out, if not nil, is given each message as it comes. An error means that the engine could not
// do its work, or that ctx ended; what is wrong with the cell is in the result, and the next cell's turn comes all the
// same.
func (n *Notebook) Run(ctx context.Context, out func(session.Message)) (Result, error) {
	c := n.Next()
	if c == nil {
		return Result{}, errors.New("the chapter has no more cells")
	}
	r := Result{Cell: c}
	if c.Live {
		if n.live == nil {
			why := n.options.Live(ctx)
			n.live = &why
		}
		if r.Skipped = *n.live; r.Skipped != "" {
			n.next++
			return r, nil
		}
	}
	s := n.main
	if c.Finished {
		var err error
		if s, err = n.aheadSession(ctx); err != nil {
			return r, err
		}
	}
	sc := session.Cell{Name: c.Name, Source: c.Source, Live: c.Live}
	if err := n.run(ctx, s, sc, &r, out); err != nil {
		return r, err
	}
	if r.Err == nil && !c.Finished {
		n.history = append(n.history, entry{cell: sc, index: n.next})
	}
	n.next++
	return r, nil
}

// Eval runs what a reader typed, in the chapter's session and its present state.
func (n *Notebook) Eval(ctx context.Context, source string, out func(session.Message)) (Result, error) {
	var r Result
	c := session.Cell{Source: source}
	err := n.run(ctx, n.main, c, &r, out)
	if err == nil && r.Err == nil {
		n.history = append(n.history, entry{cell: c, index: n.next, typed: true})
	}
	return r, err
}

// run runs one cell in a session and gathers what comes.
func (n *Notebook) run(ctx context.Context, s Session, c session.Cell, r *Result, out func(session.Message)) error {
	n.busy.set(s)
	defer n.busy.set(nil)
	r.Err = s.Run(ctx, c, func(m session.Message) {
		r.Messages = append(r.Messages, m)
		if out != nil {
			out(m)
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	return nil
}

// aheadSession returns a session on the finished stack in which nothing has happened.
func (n *Notebook) aheadSession(ctx context.Context) (Session, error) {
	if n.ahead != nil {
		return n.ahead, n.ahead.Reset(ctx, nil)
	}
	s, err := n.options.Start(ctx, n.sessionOptions(true))
	if err == nil {
		n.ahead = s
	}
	return s, err
}

// Rewind takes the chapter back to just before the cell of that index: a fresh session, in which the cells before it, and
// what the reader typed between them, run again unseen. What was typed since is forgotten.
func (n *Notebook) Rewind(ctx context.Context, index int) error {
	index = max(0, min(index, len(n.cells)))
	var keep []entry
	var replay []session.Cell
	for _, e := range n.history {
		if e.index < index {
			keep = append(keep, e)
			replay = append(replay, e.cell)
		}
	}
	if err := n.main.Reset(ctx, replay); err != nil {
		return err
	}
	n.history, n.next = keep, min(index, n.next)
	return nil
}

// Complete completes what stands before pos in source.
func (n *Notebook) Complete(ctx context.Context, source string, pos int) (session.Completion, error) {
	return n.main.Complete(ctx, source, pos)
}

// Doc returns the documentation of a name.
func (n *Notebook) Doc(ctx context.Context, name string) (string, error) {
	return n.main.Doc(ctx, name)
}

// Interrupt ends the cell that runs now, if one does.
func (n *Notebook) Interrupt() {
	if s := n.busy.get(); s != nil {
		s.Interrupt()
	}
}

// Close ends the sessions.
func (n *Notebook) Close() error {
	err := n.main.Close()
	if n.ahead != nil {
		err = errors.Join(err, n.ahead.Close())
	}
	return err
}
