//go:build !before8

package stack

import (
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// Readiness is what a socket can be ready for; several are added up. In brackets stands what poll calls it.
type Readiness uint8

const (
	Readable   Readiness = 1 << iota // Read, ReceiveFrom, Accept return at once, be it with an error or io.EOF (POLLIN)
	Writable                         // Write, SendTo do (POLLOUT)
	UrgentData                       // the peer has told of urgent data that is not read yet (POLLPRI)
	Failed                           // the connection has failed; told unasked (POLLERR)
	HungUp                           // there is no connection, not yet or no longer; told unasked (POLLHUP)
	NoSocket                         // the descriptor stands for no socket; told unasked (POLLNVAL)
)

// String lists them.
func (r Readiness) String() string {
	var b []byte
	for i, name := range [...]string{"readable", "writable", "urgent data", "failed", "hung up", "no socket"} {
		if r&(1<<i) != 0 {
			if len(b) > 0 {
				b = append(b, ", "...)
			}
			b = append(b, name...)
		}
	}
	if len(b) == 0 {
		return "nothing"
	}
	return string(b)
}

// Watch is a descriptor that [Stack.Select] looks at: what for, and, when it returns, what it is ready for.
type Watch struct {
	FD         FD
	For, Ready Readiness
}

// Select waits until at least one of several sockets is ready for what is asked, and returns how many are; what for stands
// in Ready. It waits at most for timeout: less than 0 is for ever, 0 is not at all. It is what poll and select are: one task can
// serve many sockets. That a socket is ready means that one request will not wait; when several tasks use it, another may be
// quicker. It fails with net.ErrClosed when the stack is stopped.
func (s *Stack) Select(list []Watch, timeout time.Duration) (int, error) {
	s.emit(trace.Event{Kind: trace.Call, Name: "select"})
	n, err := s.selectReady(list, timeout)
	err = callError("select", err)
	answer := ""
	for _, w := range list {
		if w.Ready != 0 && s.config.Trace != nil {
			answer += w.FD.String() + " " + w.Ready.String() + "; "
		}
	}
	s.returned("select", 0, err, answer)
	return n, err
}

func (s *Stack) selectReady(list []Watch, timeout time.Duration) (int, error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	// Like every request it waits at a socket; but nobody has a descriptor of this one.
	w := new(selection)
	w.sk.stream.changed.L = &w.sk.mu
	if err := s.transport.selecting.begin(w); err != nil {
		return 0, err
	}
	defer s.transport.selecting.end(w)
	sockets := make([]*socket, len(list))
	for i := range list {
		if sk, err := s.table.find(list[i].FD); err == nil {
			sockets[i] = sk
			sk.watch(w)
			defer sk.unwatch(w)
		}
	}
	if timeout > 0 {
		w.sk.mu.Lock()
		w.sk.stream.deadlines.read = s.config.Now() + timeout
		s.schedule(&w.sk)
		w.sk.mu.Unlock()
		defer w.forget(s)
	}
	for {
		n := 0
		for i := range list {
			list[i].Ready = s.readiness(sockets[i]) & (list[i].For | Failed | HungUp | NoSocket)
			if list[i].Ready != 0 {
				n++
			}
		}
		if (n > 0 || timeout == 0) && !s.table.over() {
			return n, nil
		}
		switch late, err := w.wait(s); {
		case err != nil:
			return 0, err
		case late:
			timeout = 0 // one last look
		}
	}
}

// readiness looks what a socket is ready for.
func (s *Stack) readiness(sk *socket) (r Readiness) {
	if sk == nil {
		return NoSocket
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	c, l, port := sk.stream.conn, sk.stream.listener, sk.datagram.port
	switch {
	case sk.stream.gone:
		return NoSocket
	case sk.typ == Datagram:
		r = Writable
		if port == nil || port.Ready() {
			r |= Readable
		}
	case l != nil:
		if l.queued() > 0 {
			r = Readable
		}
	case c == nil:
		return Readable | Writable | HungUp
	case sk.state == tcp.SynSent || sk.state == tcp.SynReceived:
	default:
		r = streamReadiness(sk, c)
	}
	return r
}

func streamReadiness(sk *socket, c *tcp.Conn) (r Readiness) {
	if sk.peer.receive.Len() > 0 || readFails(c) {
		r |= Readable
	}
	if writeFails(c) || sk.peer.send.Space() > 0 {
		r |= Writable
	}
	if c.Urgent() > 0 {
		r |= UrgentData
	}
	if c.Err() != nil {
		r |= Failed
	}
	if sk.state == tcp.Closed || sk.state == tcp.TimeWait {
		r |= HungUp
	}
	return r
}

// selection is one request that waits for several sockets.
type selection struct {
	sk    socket // guards the rest
	woken bool   // one of them has changed
	over  bool   // the stack has been stopped
}

// wake is told that something has changed. The sockets it waits for are locked before its own is.
func (w *selection) wake() {
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	w.woken = true
	w.sk.stream.changed.Broadcast()
}

// wait lets time pass until there is something to look at. late says that there was no time left.
func (w *selection) wait(s *Stack) (late bool, err error) {
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	err = s.wait(&w.sk, func() bool { return w.woken || w.over || s.expired(&w.sk) })
	w.woken = false
	if w.over {
		return false, net.ErrClosed
	}
	return s.expired(&w.sk), err
}

// forget takes the request off the list of those that want to be woken.
func (w *selection) forget(s *Stack) {
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	w.sk.stream.deadlines = deadlines{}
	s.schedule(&w.sk)
}

// watched is the requests that wait for a socket among others.
type watched struct{ by []*selection }

func (d *watched) wake() {
	for _, w := range d.by {
		w.wake()
	}
}

func (sk *socket) watch(w *selection) {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	sk.stream.watched.by = append(sk.stream.watched.by, w)
}

func (sk *socket) unwatch(w *selection) {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	by := &sk.stream.watched.by
	if i := slices.Index(*by, w); i >= 0 { // the same descriptor may stand in a list twice
		*by = slices.Delete(*by, i, i+1)
	}
	if len(*by) == 0 {
		*by = nil
	}
}

// selecting is all such requests, for Stop to end.
type selecting struct {
	mu    sync.Mutex
	ended bool
	all   []*selection
}

func (g *selecting) begin(w *selection) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return net.ErrClosed
	}
	g.all = append(g.all, w)
	return nil
}

func (g *selecting) end(w *selection) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = slices.DeleteFunc(g.all, func(o *selection) bool { return o == w })
}

// endSelects is what Stop does with them.
func (s *Stack) endSelects() {
	g := &s.transport.selecting
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	for _, w := range g.all {
		w.sk.mu.Lock()
		w.over = true
		w.sk.stream.changed.Broadcast()
		w.sk.mu.Unlock()
	}
	g.all = nil
}

// SocketError takes what has gone wrong with a socket since it was last asked, as SO_ERROR does: why its connection has
// failed, which stays so, or what became of a datagram. nil: nothing has.
func (s *Stack) SocketError(fd FD) error {
	sk, err := s.lookup("getsockopt", fd)
	if err != nil {
		return err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	switch c, port := sk.stream.conn, sk.datagram.port; {
	case sk.stream.gone:
		err = s.table.missing()
	case c != nil:
		err = c.Err()
	case port != nil:
		err = port.Err()
	}
	return callError("getsockopt", err)
}
