package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/worker"
)

// helloTime is how long a process may take until it says hello.
const helloTime = 30 * time.Second

// process is a session's process, and what it has said so far.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	encoder *protocol.Encoder
	last    lastWords

	mu     sync.Mutex
	queue  []Message
	broken error         // what it said was not the protocol
	more   chan struct{} // holds a token when the queue has grown
	gone   chan struct{} // closed when the process has ended and all it said is in the queue
}

// launch starts a session's process and waits for its hello.
func launch(path string, memory int64) (*process, error) {
	p := &process{more: make(chan struct{}, 1), gone: make(chan struct{})}
	p.cmd = exec.Command(path)
	p.cmd.Env = append(os.Environ(), worker.Env+"="+strconv.FormatInt(memory, 10), "GOTRACEBACK=single")
	p.cmd.Stderr = &p.last
	p.cmd.SysProcAttr = processAttributes()
	p.cmd.WaitDelay = time.Second
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout = w
	p.in, p.encoder = in, protocol.NewEncoder(in)

	started := make(chan error)
	go func() {
		// The kernel tells a process of its parent's death when the thread that started it ends: so this one stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		w.Close()
		started <- err
		if err != nil {
			out.Close()
			return
		}
		read := make(chan struct{})
		go func() {
			defer close(read)
			p.read(out)
		}()
		p.cmd.Wait() // how it ended is in ProcessState
		<-read
		out.Close()
		close(p.gone)
	}()
	if err := <-started; err != nil {
		return nil, err
	}

	timer := time.NewTimer(helloTime)
	defer timer.Stop()
	for {
		if m, ok := p.next(); ok {
			if m.Kind != protocol.Hello || m.Version != protocol.Version {
				p.kill()
				return nil, fmt.Errorf("it speaks version %d of the session protocol, and this program %d", m.Version, protocol.Version)
			}
			return p, nil
		}
		select {
		case <-p.more:
		case <-p.gone:
			return nil, errors.New("it ended at once: " + p.last.String())
		case <-timer.C:
			p.kill()
			return nil, errors.New("it did not say hello")
		}
	}
}

// read takes in what the process says. It always reads, so the process never waits to be heard.
func (p *process) read(r io.Reader) {
	d := protocol.NewDecoder(r)
	for {
		var m Message
		err := d.Decode(&m)
		p.mu.Lock()
		if err == nil {
			p.queue = append(p.queue, m)
		} else if !errors.Is(err, io.EOF) {
			p.broken = err
		}
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.cmd.Process.Kill()
			}
			return
		}
	}
}

// next takes the oldest message that nobody has taken.
func (p *process) next() (Message, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return Message{}, false
	}
	m := p.queue[0]
	p.queue = p.queue[1:]
	return m, true
}

// kill ends the process and waits until it is gone.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.in.Close()
	<-p.gone
}

// close lets the process end by itself, and ends it if it does not.
func (p *process) close() {
	p.in.Close()
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
		p.kill()
	}
}

var (
	panicPlace = regexp.MustCompile(`(?m)^(?:_\.go:)?(\d+):(\d+): panic: `)
	panicText  = regexp.MustCompile(`(?m)^panic: (.*)$`)
	recovered  = regexp.MustCompile(` \[recovered(, repanicked)?\]$`)
	fatalText  = regexp.MustCompile(`(?m)^(?:fatal error|runtime|session): (.*)$`)
)

// why tells from its last words why a process that nobody killed is gone.
func (p *process) why() *EndedError {
	words := p.last.String()
	if p.broken != nil {
		return &EndedError{Cause: Crashed, Detail: p.broken.Error()}
	}
	e := &EndedError{Cause: Crashed}
	switch has := func(s string) bool { return strings.Contains(words, s) }; {
	case has("all goroutines are asleep"):
		e.Cause = Deadlock
	case has("stack exceeds"), has("stack overflow"):
		e.Cause = Recursion
	case has("out of memory"), has("cannot allocate memory"), has("failed to create new OS thread"):
		e.Cause = Memory
	}
	if e.Cause == Crashed {
		if m := panicText.FindStringSubmatch(words); m != nil {
			e.Cause, e.Detail = Panicked, recovered.ReplaceAllString(m[1], "")
			if m := panicPlace.FindStringSubmatch(words); m != nil {
				e.Line, _ = strconv.Atoi(m[1])
				e.Col, _ = strconv.Atoi(m[2])
			}
		} else if m := fatalText.FindStringSubmatch(words); m != nil {
			e.Detail = m[1]
		} else {
			e.Detail = p.cmd.ProcessState.String()
		}
	}
	return e
}

// lastWords keeps the beginning and the end of what a process writes to its standard error.
type lastWords struct {
	mu   sync.Mutex
	head bytes.Buffer
	tail []byte
}

// lastWordsMax is how much is kept of either.
const lastWordsMax = 16 << 10

func (l *lastWords) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	if room := lastWordsMax - l.head.Len(); room > 0 {
		l.head.Write(b[:min(room, n)])
		b = b[min(room, n):]
	}
	if l.tail = append(l.tail, b...); len(l.tail) > 2*lastWordsMax {
		l.tail = append([]byte(nil), l.tail[len(l.tail)-lastWordsMax:]...)
	}
	return n, nil
}

func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(l.head.String() + string(l.tail))
}
