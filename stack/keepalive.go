//go:build !before6

package stack

import (
	"os"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// SetKeepAlive has a connection's peer asked, when nothing has been heard of it for idle, whether it is still there; a peer
// that answers none of several questions is given up, and requests return ETIMEDOUT. 0 ends that; it is how connections
// begin.
func (s *Stack) SetKeepAlive(fd FD, idle time.Duration) error {
	return s.setOption(fd, func(c *tcp.Conn) { c.SetKeepAlive(s.config.Now(), idle) })
}

// SetUserTimeout sets how long anything a connection has sent may stay unacknowledged before it is given up, and requests
// return ETIMEDOUT. 0 means the default: ten minutes.
func (s *Stack) SetUserTimeout(fd FD, d time.Duration) error {
	return s.setOption(fd, func(c *tcp.Conn) { c.SetUserTimeout(d) })
}

// SoftError returns what is wrong with a connection that goes on, or nil: EHOSTUNREACH, ENETUNREACH when a router has said
// so, ETIMEDOUT when what was sent has been sent again several times without an answer.
func (s *Stack) SoftError(fd FD) (err error) {
	if failed := s.setOption(fd, func(c *tcp.Conn) { err = c.SoftError() }); failed != nil {
		return failed
	}
	return err
}

func (s *Stack) setOption(fd FD, set func(*tcp.Conn)) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return s.setSocketOption(sk, set)
}

// setSocketOption changes something about a socket's connection.
func (s *Stack) setSocketOption(sk *socket, set func(*tcp.Conn)) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	switch {
	case sk.stream.gone:
		return os.NewSyscallError("setsockopt", s.table.missing())
	case sk.stream.conn == nil:
		return os.NewSyscallError("setsockopt", syscall.ENOTCONN)
	}
	set(sk.stream.conn)
	s.flush(s.config.Now(), sk)
	return nil
}

// SetKeepAlive has the peer asked whether it is still there when nothing has been heard of it for two hours, or ends that.
func (c *Conn) SetKeepAlive(on bool) error {
	if on {
		return c.SetKeepAlivePeriod(tcp.KeepAliveIdle)
	}
	return c.SetKeepAlivePeriod(0)
}

// SetKeepAlivePeriod is SetKeepAlive with another time than two hours; 0 ends the asking.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	return c.opError("set", c.s.setSocketOption(c.sk, func(conn *tcp.Conn) { conn.SetKeepAlive(c.s.config.Now(), d) }))
}

// SetUserTimeout sets how long what was sent may stay unacknowledged before the connection is given up; 0 means ten minutes.
func (c *Conn) SetUserTimeout(d time.Duration) error {
	return c.opError("set", c.s.setSocketOption(c.sk, func(conn *tcp.Conn) { conn.SetUserTimeout(d) }))
}
