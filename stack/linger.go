//go:build !before6

package stack

import (
	"net"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// SetLinger says what Close does with what has been written and is not acknowledged. With less than 0, as it is to begin with,
// it returns at once, and all of it is sent none the less. With more it waits until the peer has it, and the FIN, but no longer
// than d; what has not arrived by then is still sent. With 0 it throws it away, and resets the connection. It may be set before
// there is a connection, and a listening socket passes it on.
func (s *Stack) SetLinger(fd FD, d time.Duration) error {
	return s.bearAt(fd, func(p *patience) { p.lingers, p.linger = d >= 0, d })
}

// SetLinger says what Close does with what is not acknowledged, see [Stack.SetLinger]; sec are seconds.
func (c *Conn) SetLinger(sec int) error {
	return c.opError("set", c.s.bear(c.sk, func(p *patience) { p.lingers, p.linger = sec >= 0, time.Duration(sec)*time.Second }))
}

// leave ends a connection whose descriptor has been given back. The socket is locked.
func (s *Stack) leave(sk *socket, c *tcp.Conn) {
	if p := &sk.stream.wishes.patience; p.lingers && p.linger == 0 {
		c.Abort()
	} else {
		c.Deafen()
		c.Close()
	}
	s.flush(s.config.Now(), sk)
}

// linger waits until the peer has all that was written, if the application wants that.
func (s *Stack) linger(sk *socket) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	p := &sk.stream.wishes.patience
	if sk.stream.conn == nil || !p.lingers || p.linger == 0 {
		return nil
	}
	sk.stream.deadlines.read = s.config.Now() + p.linger
	s.schedule(sk)
	err := s.wait(sk, func() bool {
		switch sk.state {
		case tcp.SynReceived, tcp.FinWait1, tcp.Closing, tcp.LastAck:
			return s.expired(sk)
		}
		return true
	})
	sk.stream.deadlines = deadlines{}
	s.schedule(sk)
	if s.table.over() {
		return net.ErrClosed
	}
	return err
}
