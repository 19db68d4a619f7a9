package worker

import (
	"bytes"
	"fmt"
	"os"
	"sync"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
)

// outputMax is how much a cell may print: more than anybody reads, less than what makes a page unbearable.
const outputMax = 1 << 20

// each is what a message costs beside its text, so that a flood of short ones ends too.
const each = 64

// output sends on what cells print, in order, whichever goroutine prints it, at once: what was printed before a crash
// has been seen.
type output struct {
	to *protocol.Encoder

	mu   sync.Mutex
	id   int
	left int
}

func newOutput(to *protocol.Encoder) *output { return &output{to: to, left: outputMax} }

// begin says that what is printed from now on belongs to request id.
func (o *output) begin(id int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.id, o.left = id, outputMax
}

// Write sends what a cell prints. It always takes everything; past outputMax it drops it, and says so once.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left <= 0 || len(b) == 0 {
		return len(b), nil
	}
	text := b
	if o.left -= len(b) + each; o.left <= 0 && len(b) > each {
		text = b[:max(0, min(len(b), len(b)+o.left))]
	}
	o.send(protocol.Message{Kind: protocol.Text, Stream: "stdout", Text: string(text)})
	if o.left <= 0 {
		o.send(protocol.Message{
			Kind: protocol.Note, Code: "output-limit",
			Text: fmt.Sprintf("The cell printed more than %d KiB; the rest is not shown.", outputMax>>10),
		})
	}
	return len(b), nil
}

// say sends a message that is not print.
func (o *output) say(m protocol.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.send(m)
}

// send needs mu. That nobody reads any more means that the process is about to end.
func (o *output) send(m protocol.Message) {
	m.ID = o.id
	if err := o.to.Encode(m); err != nil {
		os.Exit(1)
	}
}

// panics is the interpreter's standard error. The interpreter writes a line there for every function that a panic
// passes through, the innermost first. They go to the process's own standard error, where whoever started it finds them
// when the panic ends it.
type panics struct{}

func (panics) Write(b []byte) (int, error) {
	// The last of them may lack its end, and what the Go runtime says has to begin a line.
	return os.Stderr.Write(append(bytes.TrimRight(b, "\n"), '\n'))
}
