//go:build !before4

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Listener is the passive open: the state LISTEN, in which a SYN makes a new connection (RFC 9293 3.10.7.2).
type Listener struct {
	// Backlog is how many connections may be open, or opening, before the application accepts them.
	Backlog int
	// Waiting is how many there are now. The owner lowers it when one is accepted or over.
	Waiting int

	Owner any
}

// Arrive is handed a segment for the listening port that belongs to no connection. It returns the connection that the
// segment begins, or nil; reset then says that the segment is to be answered by [Reset].
func (l *Listener) Arrive(g *Config, e func() Endpoints, now time.Duration, h *header.TCP) (c *Conn, reset bool) {
	switch {
	case h.Flags.Has(header.RST): // first: nothing here that a RST could end
		return nil, false
	case h.Flags.Has(header.ACK): // second: nothing sent yet that an ACK could answer
		return nil, true
	case !h.Flags.Has(header.SYN): // third: nothing else begins a connection
		return nil, false
	case l.Waiting >= l.Backlog: // no room: silence, so that the client tries again
		return nil, false
	}
	l.Waiting++
	c = newConn(g, e())
	c.count(SegmentsIn)
	c.passive, c.state = true, Listen
	c.heardSYN(h)
	c.number(now)
	c.become(SynReceived)
	return c, false
}
