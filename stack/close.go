//go:build !before6

package stack

import (
	"os"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// Close gives a descriptor back. What has been written still goes out, then the FIN, unless [Stack.SetLinger] says otherwise; the socket lives on without a
// descriptor until the peer has closed too, and in TIME-WAIT after that. When the peer has sent something that nobody
// has read, or still sends, it learns by a RST that it was lost. So do those who have connected to a listening socket and
// were not accepted. Requests that wait at this descriptor return EBADF.
func (s *Stack) Close(fd FD) error {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "close"})
	err := s.close(fd, nil)
	s.returned("close", fd, err, "closed")
	return err
}

func (s *Stack) close(fd FD, only *socket) error {
	if err := s.allowed(); err != nil {
		return err
	}
	sk, err := s.table.remove(fd, only)
	if err != nil {
		return os.NewSyscallError("close", err)
	}
	s.abandon(s.giveUp(sk))
	return callError("close", s.linger(sk))
}

// giveUp marks a socket as nobody's and begins to close its connection. If it listened, it returns what there is to
// abandon.
func (s *Stack) giveUp(sk *socket) *listening {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	sk.fd = 0
	sk.stream.gone = true
	sk.stream.deadlines = deadlines{}
	if c := sk.stream.conn; c != nil {
		s.leave(sk, c)
	}
	s.closeDatagram(sk)
	s.schedule(sk)
	sk.wake()
	return s.stopListening(sk)
}

// How says which direction of a connection Shutdown ends.
type How uint8

const (
	ShutWrite How = iota + 1 // the application has nothing more to send: a FIN follows what it wrote
	ShutRead                 // it will read no more, only io.EOF: what still comes is answered by a RST
	ShutBoth
)

// Shutdown ends one direction of a connection, or both, and leaves the descriptor as it is: the half-close. It fails
// with ENOTCONN when there is no connection, or no longer.
func (s *Stack) Shutdown(fd FD, how How) error {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "shutdown"})
	err := s.shutdown(fd, how)
	s.returned("shutdown", fd, err, "shut down")
	return err
}

func (s *Stack) shutdown(fd FD, how How) error {
	sk, err := s.lookup("shutdown", fd)
	if err != nil {
		return err
	}
	return s.shutdownSocket(sk, how)
}

func (s *Stack) shutdownSocket(sk *socket, how How) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	c := sk.stream.conn
	switch {
	case sk.stream.gone:
		return os.NewSyscallError("shutdown", s.table.missing())
	case how < ShutWrite || how > ShutBoth:
		return os.NewSyscallError("shutdown", syscall.EINVAL)
	case c == nil || c.State() == tcp.Closed:
		return os.NewSyscallError("shutdown", syscall.ENOTCONN)
	}
	if how != ShutWrite {
		c.Deafen()
	}
	if how != ShutRead {
		c.Close()
	}
	s.flush(s.config.Now(), sk)
	return nil
}

// CloseWrite ends the direction in which c sends: the peer reads io.EOF, and can go on sending.
func (c *Conn) CloseWrite() error { return c.opError("close", c.s.shutdownSocket(c.sk, ShutWrite)) }

// CloseRead says that c will read no more.
func (c *Conn) CloseRead() error { return c.opError("close", c.s.shutdownSocket(c.sk, ShutRead)) }
