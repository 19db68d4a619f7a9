// Package worker is the inside of a session: it holds the interpreter, the stack's symbols and what cells have
// defined, and does what it is asked over the protocol. It is built into the sessions of the chapters, each with its
// chapter's tags, and into the walkthrough itself.
package worker

import (
	"errors"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
)

// Env is the environment variable that makes a program a session. Its value is how many bytes of memory the session
// may use.
const Env = "TSUNAGU_SESSION"

// stackMax bounds recursion. What runs away reaches it in well under a second; nothing that a cell has reason to do
// comes near.
const stackMax = 32 << 20

// Main serves a session on standard input and output until the input ends, in a process that is there for nothing
// else.
func Main() {
	in, out := os.Stdin, os.Stdout
	// Whatever writes to standard output without knowing better must not garble the conversation.
	os.Stdout = os.Stderr
	// The interpreter reports some of its own mistakes to the default log.
	log.SetOutput(io.Discard)
	if limit, err := strconv.ParseInt(os.Getenv(Env), 10, 64); err == nil && limit > 0 {
		limitMemory(limit)
	}
	debug.SetMaxStack(stackMax)
	if err := Serve(requests(in), out); err != nil {
		os.Stderr.WriteString("session: " + err.Error() + "\n")
		os.Exit(1)
	}
}

// Serve speaks the protocol until in ends. Every cell is evaluated by the goroutine that called, and while one runs
// nothing else does: so Go's own detection of deadlocks works for cells.
func Serve(in io.Reader, out io.Writer) error {
	encoder := protocol.NewEncoder(out)
	s, err := newSpace(newOutput(encoder))
	if err != nil {
		return err
	}
	if err := encoder.Encode(protocol.Message{Kind: protocol.Hello, Version: protocol.Version, Text: runtime.Version()}); err != nil {
		return err
	}
	for decoder := protocol.NewDecoder(in); ; {
		var r protocol.Request
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		done := protocol.Message{ID: r.ID, Kind: protocol.Finished}
		switch r.Op {
		case protocol.Run:
			s.out.begin(r.ID)
			s.state.Live = r.Live
			done.State = s.run(r.Source)
		case protocol.Complete:
			c := s.complete(r.Source, r.Position)
			err = encoder.Encode(protocol.Message{ID: r.ID, Kind: protocol.Answer, Completion: &c})
		case protocol.Document:
			err = encoder.Encode(protocol.Message{ID: r.ID, Kind: protocol.Answer, Text: s.document(r.Name)})
		default:
			err = encoder.Encode(protocol.Message{
				ID: r.ID, Kind: protocol.Error, Code: "request",
				Text: "a session can run, complete and document, not " + strconv.Quote(string(r.Op)),
			})
		}
		if err == nil {
			err = encoder.Encode(done)
		}
		if err != nil {
			return err
		}
	}
}
