//go:build !before5

package stack

import (
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// wishes is what an application has asked of a socket's connection, be there one already or not. What it has asked of a
// listening socket is passed on to the connections that come from then on.
type wishes struct {
	noDelay  bool
	patience patience // chapter 6
}

// grant tells a new connection of them. Its socket, or its listener's, is locked.
func (w *wishes) grant(now time.Duration, c *tcp.Conn) {
	c.SetNoDelay(w.noDelay)
	w.patience.grant(now, c)
}

// wish writes a wish down, and changes the connection if there is one.
func (s *Stack) wish(sk *socket, note func(*wishes), change func(*tcp.Conn)) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	switch {
	case sk.stream.gone:
		return s.table.missing()
	case sk.typ != Stream:
		return syscall.ENOPROTOOPT
	}
	note(&sk.stream.wishes)
	if c := sk.stream.conn; c != nil {
		change(c)
		s.flush(s.config.Now(), sk)
	}
	return nil
}

// SetNoDelay turns Nagle's algorithm off for a connection, or on again, as it is to begin with. Like all wishes of this kind it
// may be made before there is a connection, and a listening socket passes it on. It fails with ENOPROTOOPT for a socket that is
// no stream.
func (s *Stack) SetNoDelay(fd FD, off bool) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return callError("setsockopt", s.setNoDelay(sk, off))
}

// SetNoDelay turns Nagle's algorithm off, as it is to begin with, or on.
func (c *Conn) SetNoDelay(off bool) error { return c.opError("set", c.s.setNoDelay(c.sk, off)) }

func (s *Stack) setNoDelay(sk *socket, off bool) error {
	return s.wish(sk, func(w *wishes) { w.noDelay = off }, func(c *tcp.Conn) { c.SetNoDelay(off) })
}
