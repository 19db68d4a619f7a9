package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// Client is a session as the program that shows it sees it. Its methods may be called from any goroutine; they wait for
// each other, except for Interrupt.
type Client struct {
	// Finished says that the cells see the finished stack.
	Finished bool
	// Reason says why they do although the chapter has a stack of its own; nil when they see what they should.
	Reason *Reason

	path    string
	timeout time.Duration
	memory  int64

	turn    chan struct{} // holds a token while nobody uses what follows
	process *process
	history []Cell    // the cells that succeeded, in order
	late    []Message // what goroutines of cells said since the last cell
	id      int

	mu        sync.Mutex
	interrupt chan struct{} // closed to interrupt the cell that runs; nil when none does
}

var errClosed = errors.New("the session is closed")

// Start starts a session. Where the chapter's own stack cannot be built, it starts one on the finished stack, and
// Reason says so.
func Start(ctx context.Context, o Options) (*Client, error) {
	if o.Chapter < 0 || o.Chapter > snapshot.Last {
		return nil, fmt.Errorf("there is no chapter %d: the chapters are 0 to %d", o.Chapter, snapshot.Last)
	}
	c := &Client{timeout: o.CellTimeout, memory: o.MemoryLimit, turn: make(chan struct{}, 1)}
	if c.timeout == 0 {
		c.timeout = CellTimeout
	}
	if c.memory == 0 {
		c.memory = MemoryLimit
	}
	c.Finished = o.Finished || len(snapshot.Tags(o.Chapter)) == 0
	if !c.Finished {
		err := c.startChapter(ctx, o)
		if errors.As(err, &c.Reason) {
			c.Finished = true
		} else if err != nil {
			return nil, err
		}
	}
	if c.Finished {
		if err := c.startFinished(ctx, o); err != nil {
			return nil, err
		}
	}
	c.turn <- struct{}{}
	return c, nil
}

// startChapter starts the session of a chapter that has a stack of its own.
func (c *Client) startChapter(ctx context.Context, o Options) (err error) {
	if c.path, err = build(ctx, o.Chapter, o); err != nil {
		return err
	}
	if c.process, err = launch(c.path, c.memory); err != nil {
		return &Reason{"no-start", err.Error()}
	}
	return nil
}

// startFinished starts this program again as a session, or, in a program that cannot be one, the session that is built
// without tags.
func (c *Client) startFinished(ctx context.Context, o Options) (err error) {
	if served {
		c.path, err = os.Executable()
	} else {
		c.path, err = build(ctx, snapshot.Last, o)
	}
	if err != nil {
		return err
	}
	if c.process, err = launch(c.path, c.memory); err != nil {
		return fmt.Errorf("the session could not be started: %w", err)
	}
	return nil
}

// take waits until nobody else uses the session.
func (c *Client) take(ctx context.Context) error {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.process == nil {
		c.give()
		return errClosed
	}
	return nil
}

func (c *Client) give() { c.turn <- struct{}{} }

// Run runs a cell. Everything that is to be shown goes to out, in order, an error too, while the cell runs. The result
// says what became of the cell:
//
//   - nil: it succeeded;
//   - [*CellError]: something is wrong with it. What it had done until then is undone: the session has been set up again
//     from the cells before it;
//   - [*EndedError], which is [ErrEnded]: it had to be ended, and the session has been set up again;
//   - the context's error: it was ended because of that, and the session has been set up again.
func (c *Client) Run(ctx context.Context, cell Cell, out func(Message)) error {
	if out == nil {
		out = func(Message) {}
	}
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.give()
	interrupt := c.interruptible()
	defer c.uninterruptible()

	state, err := c.run(ctx, cell, interrupt, out)
	if err == nil {
		c.history = append(c.history, cell)
		return nil
	}
	if state == protocol.Unchanged {
		return err
	}
	// Setting up again must not be cut short by what ended the cell. A second interrupt ends it.
	again := c.replay(c.interruptible())
	var ended *EndedError
	if errors.As(err, &ended) {
		ended.Replay = again
	} else if again != nil {
		err = errors.Join(err, again)
	}
	return err
}

// Interrupt ends the cell that runs now, if one does.
func (c *Client) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interrupt != nil {
		close(c.interrupt)
		c.interrupt = nil
	}
}

// interruptible makes Interrupt act on what the channel that it returns is given to.
func (c *Client) interruptible() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupt = make(chan struct{})
	return c.interrupt
}

func (c *Client) uninterruptible() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupt = nil
}

// run has the process run a cell, and says how it left it.
func (c *Client) run(ctx context.Context, cell Cell, interrupt <-chan struct{}, out func(Message)) (protocol.State, error) {
	for _, m := range c.late {
		out(m)
	}
	c.late = nil
	var failed *CellError
	state, err := c.ask(ctx, protocol.Request{Op: protocol.Run, Source: cell.Source, Live: cell.Live}, interrupt, func(m Message) {
		if m.Kind == Error {
			failed = &CellError{m.Line, m.Col, m.Code, m.Text}
		}
		out(m)
	})
	var ended *EndedError
	switch {
	case errors.As(err, &ended):
		out(Message{Kind: Error, Code: string(ended.Cause), Text: ended.text(), Line: ended.Line, Col: ended.Col})
		return protocol.Spoiled, ended
	case err != nil:
		return protocol.Spoiled, err
	case failed != nil:
		return state, failed
	}
	return state, nil
}

// ask sends a request and passes on what is said until it is finished. When the process ends before, for whatever
// reason, it is gone when ask returns.
func (c *Client) ask(ctx context.Context, r protocol.Request, interrupt <-chan struct{}, out func(Message)) (protocol.State, error) {
	c.id++
	r.ID = c.id
	p := c.process
	// A process that has died since the last cell says so below.
	_ = p.encoder.Encode(r)

	var timeout <-chan time.Time
	if c.timeout > 0 {
		timer := time.NewTimer(c.timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	for gone := false; ; {
		for m, ok := p.next(); ok; m, ok = p.next() {
			if m.Kind == protocol.Finished && m.ID == r.ID {
				return m.State, nil
			}
			out(m)
		}
		if gone {
			return "", p.why()
		}
		select {
		case <-p.more:
		case <-p.gone:
			gone = true
		case <-timeout:
			p.kill()
			return "", &EndedError{Cause: Timeout}
		case <-interrupt:
			p.kill()
			return "", &EndedError{Cause: Interrupted}
		case <-ctx.Done():
			p.kill()
			return "", ctx.Err()
		}
	}
}

// replay starts another process in place of the one there is, and runs in it what had succeeded.
func (c *Client) replay(interrupt <-chan struct{}) error {
	c.process.kill()
	cells := c.history
	c.history, c.late = nil, nil
	p, err := launch(c.path, c.memory)
	if err != nil {
		c.process = nil
		return fmt.Errorf("the session could not be started again: %w", err)
	}
	c.process = p
	for _, cell := range cells {
		if _, err := c.run(context.Background(), cell, interrupt, func(Message) {}); err != nil {
			failed := &ReplayError{cell, err}
			return errors.Join(failed, c.replay(nil)) // without the cell that failed, and those after it
		}
		c.history = append(c.history, cell)
	}
	return nil
}

// Reset sets the session up anew, and runs cells in it unseen. When one fails, the error is a [*ReplayError], and the
// session has what the cells before it did.
func (c *Client) Reset(ctx context.Context, replay []Cell) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.give()
	c.history = append([]Cell(nil), replay...)
	interrupt := c.interruptible()
	defer c.uninterruptible()
	stop := context.AfterFunc(ctx, c.Interrupt)
	defer stop()
	err := c.replay(interrupt)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Complete returns what could stand at a byte offset of a cell's text.
func (c *Client) Complete(ctx context.Context, src string, pos int) (Completion, error) {
	m, err := c.answer(ctx, protocol.Request{Op: protocol.Complete, Source: src, Position: pos})
	if err != nil || m.Completion == nil {
		return Completion{From: pos, To: pos}, err
	}
	return *m.Completion, nil
}

// Doc returns what there is to know of a name: tcp.State, client.Host. It is empty when nothing is known.
func (c *Client) Doc(ctx context.Context, name string) (string, error) {
	m, err := c.answer(ctx, protocol.Request{Op: protocol.Document, Name: name})
	return m.Text, err
}

// answer asks what changes nothing. Should the process end over it, it is set up again.
func (c *Client) answer(ctx context.Context, r protocol.Request) (answer Message, err error) {
	if err := c.take(ctx); err != nil {
		return Message{}, err
	}
	defer c.give()
	_, err = c.ask(ctx, r, nil, func(m Message) {
		if m.Kind == protocol.Answer {
			answer = m
		} else {
			c.late = append(c.late, m)
		}
	})
	if err != nil {
		err = errors.Join(err, c.replay(nil))
	}
	return answer, err
}

// Close ends the session. It may be called more than once, and ends a cell that runs.
func (c *Client) Close() error {
	for {
		select {
		case <-c.turn:
			if c.process != nil {
				c.process.close()
				c.process = nil
			}
			c.give()
			return nil
		case <-time.After(10 * time.Millisecond):
			c.Interrupt()
		}
	}
}
