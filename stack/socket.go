//go:build !before1

package stack

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// Type is the kind of communication a socket is for.
type Type uint8

const (
	Stream   Type = iota + 1 // a connection that carries bytes in order: TCP
	Datagram                 // single messages without a connection: UDP
)

// String returns the name that POSIX gives the type.
func (t Type) String() string {
	switch t {
	case Stream:
		return "SOCK_STREAM"
	case Datagram:
		return "SOCK_DGRAM"
	}
	return "?"
}

// socket is the control information of one communication, and that is all a socket is. The stack looks it up at every
// step; the application never sees it.
type socket struct {
	mu sync.Mutex // guards all below

	fd    FD
	typ   Type
	state tcp.State // how far the communication has got

	peer     peer     // who it is with, and the buffer memory: chapter 2
	stream   stream   // the connection: chapter 4
	datagram datagram // its port, when it has no connection: chapter 8
}

// Socket reserves the memory for one socket, records in it that it is in its initial state, and returns the descriptor
// by which the application names it from then on. It fails with EPROTOTYPE for an unknown type, and with EMFILE
// when there are as many sockets as there may be.
func (s *Stack) Socket(t Type) (FD, error) {
	s.emit(trace.Event{Kind: trace.Call, Name: "socket", Note: t.String()})
	fd, err := s.newSocket(t)
	s.returned("socket", fd, err, fd.String())
	return fd, err
}

func (s *Stack) newSocket(t Type) (FD, error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	if t != Stream && t != Datagram {
		return 0, os.NewSyscallError("socket", syscall.EPROTOTYPE)
	}
	sk := &socket{typ: t, state: tcp.Closed}
	size := sk.memory()
	fd, err := s.table.insert(sk)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	s.emit(trace.Event{Kind: trace.Reserve, FD: int(fd), Name: "socket", Note: fmt.Sprintf("%d bytes", size)})
	s.emit(trace.Event{Kind: trace.Record, FD: int(fd), Name: "state", Note: tcp.Closed.String()})
	return fd, nil
}

// returned tells the trace what a request came to: its answer, or its error.
func (s *Stack) returned(call string, fd FD, err error, answer string) {
	if s.config.Trace == nil {
		return
	}
	if err != nil {
		answer = err.Error()
	}
	s.emit(trace.Event{Kind: trace.Return, FD: int(fd), Name: call, Note: answer})
}
