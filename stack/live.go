//go:build !before11

package stack

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/ip"
)

// live is a stack that runs in real time: one goroutine waits at each adapter, one for the clock.
type live struct {
	mu      sync.Mutex
	running bool
	stopped bool
	served  int // at how many of the interfaces somebody waits
	ended   chan struct{}
	sooner  chan struct{} // the clock's goroutine has to look again
	group   sync.WaitGroup
}

func (s *Stack) setUpLive() { s.live.sooner = make(chan struct{}, 1) }

// Start lets the stack run by itself, once. Adapters may be attached before or after.
func (s *Stack) Start() error {
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running {
		return syscall.EALREADY
	}
	if l.stopped {
		return net.ErrClosed
	}
	l.running = true
	l.ended = make(chan struct{})
	s.serve()
	l.group.Go(s.keepTime)
	return nil
}

// serve begins to wait at the adapters at which nobody waits yet. It holds live's lock.
func (s *Stack) serve() {
	l := &s.live
	all := s.network.ip.Interfaces()
	for ; l.served < len(all); l.served++ {
		i := all[l.served]
		l.group.Go(func() { s.listenAt(i) })
	}
}

// Stop ends all: every connection is reset, every descriptor closed, so that requests which wait anywhere return
// net.ErrClosed; every adapter is closed, and no goroutine is left. What is asked of the stack later fails in the same way.
// Stop may be called more than once. A stack that has been stopped does not start again: its adapters are closed, and make
// another cheaply with [New].
func (s *Stack) Stop() error {
	s.table.end()
	for _, sk := range s.table.all() {
		sk.mu.Lock()
		fd := sk.fd
		sk.stream.gone = true // before requests see what becomes of the connection
		s.abort(sk)
		sk.mu.Unlock()
		s.close(fd, sk) // at most it is closed already
	}
	s.abortAll()
	s.endLeases()
	s.endPings()
	s.endSelects()
	var errs []error
	for _, i := range s.network.ip.Interfaces() {
		if err := i.Driver.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	l := &s.live
	l.mu.Lock()
	if l.running {
		close(l.ended)
	}
	l.running, l.stopped = false, true
	l.mu.Unlock()
	l.group.Wait()
	s.abortAll() // what came in meanwhile
	s.endNetwork()
	return errors.Join(errs...)
}

// abort resets a socket's connection. It holds the socket's lock.
func (s *Stack) abort(sk *socket) {
	if c := sk.stream.conn; c != nil {
		c.Abort()
		s.flush(s.config.Now(), sk)
	}
}

// abortAll resets all connections that have no descriptor.
func (s *Stack) abortAll() {
	for _, sk := range s.orphans() {
		sk.mu.Lock()
		s.abort(sk)
		sk.mu.Unlock()
	}
}

// attached begins to wait at an adapter that was attached while the stack runs.
func (s *Stack) attached() {
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running {
		s.serve()
	}
}

// adapterPause is how long to let an adapter be that has failed, a network interface that is down for one.
const adapterPause = 50 * time.Millisecond

// listenAt takes what arrives at one adapter, for as long as the adapter is open.
func (s *Stack) listenAt(i *ip.Interface) {
	var frames [batchSize]*buffer.Packet
	for {
		n, err := i.Driver.Receive(frames[:])
		if n > 0 {
			s.arrived(i, frames[:n])
			clear(frames[:n])
		}
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			select {
			case <-s.live.ended:
				return
			case <-time.After(adapterPause):
			}
		}
	}
}

// keepTime does what the clock asks for.
func (s *Stack) keepTime() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.live.ended:
			return
		case <-s.live.sooner:
		case <-timer.C:
		}
		s.due()
		if at, ok := s.Deadline(); ok {
			timer.Reset(max(0, at-s.config.Now()))
		} else {
			timer.Stop()
		}
	}
}

// rewind tells the clock's goroutine that something is due sooner than it thinks.
func (s *Stack) rewind() {
	select {
	case s.live.sooner <- struct{}{}:
	default: // it has been told already, or does not run
	}
}
