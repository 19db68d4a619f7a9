//go:build !before10

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// stateless sends what the listener answers without keeping anything: a SYN cookie. It returns the connection that has to
// make room for what arrived, if one has. The listener's socket is locked.
func (s *Stack) stateless(now time.Duration, l *tcp.Listener) *tcp.Conn {
	seg, _ := s.transport.segments.Get().(*tcp.Segment)
	if seg == nil {
		seg = new(tcp.Segment)
	}
	if l.Next(seg) {
		out := s.sending()
		s.send(now, out, seg)
		s.sent(out)
	}
	s.transport.segments.Put(seg)
	return l.Recycled()
}

// recycle ends a connection that has been opening for too long, to make room for another (RFC 4987 3.3). nil is none.
func (s *Stack) recycle(now time.Duration, c *tcp.Conn) {
	if c == nil {
		return
	}
	sk := c.Owner().(*socket)
	sk.mu.Lock()
	defer sk.mu.Unlock()
	c.Recycle()
	s.flush(now, sk)
}

// postponed says that the ACK which would complete a connection is dropped, since as many stand as the application lets
// wait: the peer repeats it, or is asked again. The connection's socket is locked.
func (s *Stack) postponed(sk *socket, h *header.TCP) bool {
	l := sk.stream.parent
	if l == nil || sk.state != tcp.SynReceived || h.Flags&(header.ACK|header.RST|header.SYN) != header.ACK {
		return false
	}
	l.sk.mu.Lock()
	defer l.sk.mu.Unlock()
	return l.tcp.Crowded()
}
