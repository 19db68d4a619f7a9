//go:build !before10

package stack

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// former is whose place in the table a connection has taken: one between the same ends that is in TIME-WAIT. It stays until
// the new one stands, and comes back if that turns out to be an old duplicate's doing.
type former struct{ socket *socket }

// reopened looks whether a segment that arrives for a connection in TIME-WAIT is the beginning of a new one, and begins it
// (RFC 9293 3.6.1, MAY-2). old is the socket of c, which is in TIME-WAIT, and is locked.
func (s *Stack) reopened(now time.Duration, old *socket, c *tcp.Conn, h *header.TCP, r *receiving) bool {
	if !c.Reopens(h) {
		return false
	}
	l := s.transport.table.Listening(c.Local())
	if l == nil {
		return false
	}
	sk := l.Owner.(*socket)
	child := &socket{typ: Stream, state: tcp.Listen, peer: peer{local: c.Local(), remote: c.Remote()}}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.stream.gone {
		return false
	}
	child.stream.parent, child.stream.wishes = sk.stream.listener, sk.stream.wishes
	conn := l.Reopen(&s.transport.config, s.endpoints(now, child), now, h, c)
	if conn == nil {
		return false
	}
	child.peer.reserve()
	child.stream.conn, child.stream.touched = conn, true
	child.stream.wishes.grant(now, conn)
	child.stream.former.socket = old
	s.transport.table.Replace(c, conn)
	r.touched = append(r.touched, child)
	return true
}

// succeeded ends the wait of the connection whose place sk's has taken, now that it stands. If it is over before that, the
// SYN was an old duplicate, and the old connection goes on waiting (RFC 9293 3.6.1, MAY-2, condition 2). sk is locked.
func (s *Stack) succeeded(sk *socket, c *tcp.Conn, from, to tcp.State) {
	old := sk.stream.former.socket
	if old == nil || from != tcp.SynReceived {
		return
	}
	sk.stream.former.socket = nil
	old.mu.Lock()
	defer old.mu.Unlock()
	switch {
	case old.stream.conn.State() != tcp.TimeWait:
	case to == tcp.Closed:
		s.transport.table.Replace(c, old.stream.conn)
	default:
		s.retire(s.config.Now(), old)
	}
}

// retire ends a wait. The socket is locked.
func (s *Stack) retire(now time.Duration, old *socket) {
	old.stream.conn.Abort() // in TIME-WAIT there is nobody to be told
	s.flush(now, old)
}

// supersedes gives a connection that we open ourselves the place of one in TIME-WAIT between the same ends, when that is
// safe.
func (s *Stack) supersedes(now time.Duration, c *tcp.Conn) bool {
	found := s.transport.table.Find(c.Local(), c.Remote())
	if found == nil {
		return s.transport.table.Insert(c)
	}
	old := found.Owner().(*socket)
	old.mu.Lock()
	defer old.mu.Unlock()
	if !found.Outlived(now) || !s.transport.table.Replace(found, c) {
		return false
	}
	c.Follow(found)
	s.retire(now, old)
	return true
}

// waitingPort returns a port for a connection to remote when all are taken: one whose connection is in TIME-WAIT, and has
// waited long enough to be told from a new one. 0: there is none.
func (s *Stack) waitingPort(local netip.Addr, remote netip.AddrPort) uint16 {
	now := s.config.Now()
	return s.ports.choose(s.portOffset(local, remote), func(port uint16) bool {
		end := netip.AddrPortFrom(local, port)
		if s.transport.bound.taken(end) {
			return true
		}
		c := s.transport.table.Find(end, remote)
		if c == nil {
			return false
		}
		sk := c.Owner().(*socket)
		sk.mu.Lock()
		defer sk.mu.Unlock()
		return !c.Outlived(now)
	})
}
