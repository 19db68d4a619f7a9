package session

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/worker"
)

// Options say which session to start, and what its cells may take.
type Options struct {
	// Chapter is the chapter whose stack the cells see.
	Chapter int
	// Finished asks for the finished stack, whatever the chapter.
	Finished bool
	// CellTimeout is how long a cell may run; 0 means [CellTimeout], less than 0 for ever.
	CellTimeout time.Duration
	// MemoryLimit is how many bytes of memory the process may use; 0 means [MemoryLimit].
	MemoryLimit int64
	// Dir is where the project's source is; "" means to look for it.
	Dir string
	// Log, if not nil, is told what the go command says when a session is built.
	Log io.Writer
}

// What a cell may take unless [Options] says otherwise.
const (
	CellTimeout       = 20 * time.Second
	MemoryLimit int64 = 1 << 30
)

// Cell is one cell. Places in messages count from the first line of its Source.
type Cell struct {
	Name   string
	Source string
	// Live says that the cell's world is the real one, not a simulated one, so that it may start goroutines.
	Live bool
}

// Message is something that a cell's run says.
type Message = protocol.Message

// Kind is what a message is.
type Kind = protocol.Kind

// The kinds of messages that come out of [Client.Run].
const (
	Text    = protocol.Text
	Picture = protocol.Picture
	Value   = protocol.Value
	Error   = protocol.Error
	Note    = protocol.Note
)

// Completion is what could stand at a place in a cell.
type Completion = protocol.Completion

// Item is one thing that could stand there.
type Item = protocol.Item

// CellError is what is wrong with a cell: it was refused, it did not compile, or it panicked.
type CellError struct {
	Line, Col int    // from 1, columns in bytes; 0 where not known
	Code      string // names the error, whatever the language it is told in
	Text      string
}

func (e *CellError) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Text)
}

// ErrEnded is what every [EndedError] is.
var ErrEnded = errors.New("the session was ended")

// Cause is why a session was ended in the middle of a cell.
type Cause string

// The causes. Each is also the code of the error message that the cell's run says last.
const (
	Timeout     Cause = "ended-timeout"   // the cell ran longer than it may
	Interrupted Cause = "ended-interrupt" // Client.Interrupt was called
	Memory      Cause = "ended-memory"    // it used more memory than it may
	Recursion   Cause = "ended-recursion" // a function called itself without end
	Deadlock    Cause = "ended-deadlock"  // every goroutine waited, and nothing could wake any
	Panicked    Cause = "ended-panic"     // a goroutine panicked
	Crashed     Cause = "ended-crash"     // something else; Detail has the process's last words
)

// EndedError says that a cell was ended together with its session. When it is returned the session has been set up
// again from the cells that had succeeded.
type EndedError struct {
	Cause     Cause
	Detail    string // of a panic or crash, what the process said
	Line, Col int    // where in the cell, if known
	// Replay is nil, or says what kept a cell that had succeeded from succeeding again. The session then has what the
	// cells before that one did.
	Replay error
}

func (e *EndedError) Error() string {
	if e.Replay != nil {
		return e.text() + "; " + e.Replay.Error()
	}
	return e.text()
}

func (e *EndedError) text() string {
	switch e.Cause {
	case Timeout:
		return "the cell took too long and was ended"
	case Interrupted:
		return "the cell was interrupted"
	case Memory:
		return "the cell used too much memory and was ended"
	case Recursion:
		return "a function called itself without end"
	case Deadlock:
		return "everything in the cell waits, and nothing can wake it: deadlock"
	case Panicked:
		return "a goroutine panicked: " + e.Detail
	}
	return "the session's process ended: " + e.Detail
}

// Is makes every EndedError an [ErrEnded].
func (e *EndedError) Is(target error) bool { return target == ErrEnded }

// Unwrap returns what the replay ran into.
func (e *EndedError) Unwrap() error { return e.Replay }

// ReplayError says that a cell which had succeeded did not do so again when a session was set up from its cells.
type ReplayError struct {
	Cell Cell
	Err  error
}

func (e *ReplayError) Error() string {
	return fmt.Sprintf("cell %q, run again, failed: %v", e.Cell.Name, e.Err)
}

// Unwrap returns what was wrong with the cell.
func (e *ReplayError) Unwrap() error { return e.Err }

// served says that this program's main function has called MaybeServe.
var served bool

// MaybeServe makes this process a session, if it was started to be one, and does not return then. A program that starts
// sessions calls it before everything else in main; a test that does, in TestMain. Then sessions on the finished stack
// are this program itself, started again, and need no toolchain.
func MaybeServe() {
	served = true
	if os.Getenv(worker.Env) != "" {
		worker.Main()
		os.Exit(0)
	}
}
