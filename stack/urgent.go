//go:build !before5

package stack

import (
	"os"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Urgent data is a mark in the stream of bytes (RFC 9293 3.8.5): up to here, please, read without delay. It is there because
// TCP has it, and telnet uses it. New programs should not (SHLD-13): boxes on the way clear the mark, and systems disagree on
// where it stands. The bytes are read like all others, in their place among them (RFC 6093 5).

// WriteUrgent is Write of bytes that the peer is to look at soon, and all that was written before them. It is told at once,
// even when it has no room for them.
func (s *Stack) WriteUrgent(fd FD, p []byte) (int, error) {
	sk, err := s.lookup("sendto", fd)
	if err != nil {
		return 0, err
	}
	n, err := s.writeStream(sk, p, (*tcp.Conn).WriteUrgent)
	return n, callError("sendto", err)
}

// Urgent returns how many bytes are still to be read to the end of the urgent data that the peer has told of, whether they
// have arrived or not; 0: none is pending.
func (s *Stack) Urgent(fd FD) (n int, err error) {
	sk, err := s.lookup("ioctl", fd)
	if err != nil {
		return 0, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	n, err = s.urgent(sk)
	return n, callError("ioctl", err)
}

func (s *Stack) urgent(sk *socket) (int, error) {
	switch c := sk.stream.conn; {
	case sk.stream.gone:
		return 0, s.table.missing()
	case c == nil:
		return 0, syscall.ENOTCONN
	default:
		return c.Urgent(), nil
	}
}

// WaitUrgent waits until the peer tells of urgent data, or that there is more of it than it had said before, and returns how
// many bytes are to be read to its end. What it told before the call and is still pending counts, once. It fails like Read,
// with EPIPE when the peer has closed.
func (s *Stack) WaitUrgent(fd FD) (int, error) {
	sk, err := s.lookup("poll", fd)
	if err != nil {
		return 0, err
	}
	n, err := s.waitUrgent(sk)
	return n, callError("poll", err)
}

func (s *Stack) waitUrgent(sk *socket) (int, error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	c := sk.stream.conn
	if _, err := s.urgent(sk); err != nil {
		return 0, err
	}
	news := func() bool { return c.Urgent() > 0 && sk.stream.urgent }
	if err := s.wait(sk, func() bool { return news() || sk.stream.gone || readFails(c) || s.expired(sk) }); err != nil {
		return 0, err
	}
	switch {
	case sk.stream.gone:
		return 0, s.table.missing()
	case news():
		sk.stream.urgent = false
		return c.Urgent(), nil
	case s.expired(sk):
		return 0, os.ErrDeadlineExceeded
	case c.Err() != nil:
		return 0, c.Err()
	}
	return 0, syscall.EPIPE
}

// urgentNews is told by the TCP part that urgent data is pending, or more of it. The socket is locked, and whoever waits for it
// is woken when the segment has been worked off.
func (s *Stack) urgentNews(c *tcp.Conn) { c.Owner().(*socket).stream.urgent = true }

// WriteUrgent is Write of bytes that the peer is to look at soon, see [Stack.WriteUrgent].
func (c *Conn) WriteUrgent(p []byte) (int, error) {
	n, err := c.s.writeStream(c.sk, p, (*tcp.Conn).WriteUrgent)
	return n, c.opError("write", err)
}

// Urgent returns how many bytes are to be read to the end of urgent data, see [Stack.Urgent].
func (c *Conn) Urgent() (int, error) {
	c.sk.mu.Lock()
	defer c.sk.mu.Unlock()
	n, err := c.s.urgent(c.sk)
	return n, c.opError("read", err)
}

// WaitUrgent waits until the peer tells of urgent data, see [Stack.WaitUrgent].
func (c *Conn) WaitUrgent() (int, error) {
	n, err := c.s.waitUrgent(c.sk)
	return n, c.opError("read", err)
}
