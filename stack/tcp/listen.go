//go:build !before4

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Listener is the passive open: the state LISTEN, in which a SYN makes a new connection (RFC 9293 3.10.7.2).
type Listener struct {
	// Backlog is how many connections may wait for the application to accept them. Before chapter 10 those that are still
	// opening count too; from then on Config.HalfOpen bounds them.
	Backlog int
	// Waiting is how many connections that the listener made nobody has accepted, and Opening how many of these do not
	// stand yet. The owner lowers Waiting when one is accepted or over, and tells of every other change by Left.
	Waiting, Opening int

	Owner any

	counts Counts // what has happened to it
	flood  flood  // against too many who begin and do not go on: chapter 10
}

// Arrive is handed a segment for the listening port that belongs to no connection. It returns the connection that the
// segment begins, or nil; reset then says that the segment is to be answered by [Reset].
func (l *Listener) Arrive(g *Config, e func() Endpoints, now time.Duration, h *header.TCP) (c *Conn, reset bool) {
	switch {
	case h.Flags.Has(header.RST): // first: nothing here that a RST could end
		return nil, false
	case h.Flags.Has(header.ACK): // second: nothing sent yet that an ACK could answer
		return l.recall(g, e, now, h)
	case !h.Flags.Has(header.SYN): // fourth: nothing else begins a connection
		return nil, false
	case !l.admits(g, e, now, h): // no room: silence, so that the client tries again
		return nil, false
	}
	return l.begin(g, e(), now, h), false
}

// begin makes the connection that a SYN asks for: the third check. Payload that comes with the SYN should be kept until the
// connection stands, says the RFC; it is not, for whoever sends it may not be who he says he is (RFC 7413 2.2). Our ACK does not
// cover it, and so it comes again.
func (l *Listener) begin(g *Config, e Endpoints, now time.Duration, syn *header.TCP) *Conn {
	c := newConn(g, e)
	c.count(SegmentsIn)
	c.passive, c.state = true, Listen
	c.heardSYN(now, syn)
	c.number(now)
	l.enter(c)
	return c
}

// enter takes up a connection that is opening.
func (l *Listener) enter(c *Conn) {
	l.Waiting++
	l.Opening++
	l.enlist(c)
	c.become(SynReceived)
}

// Left tells the listener that c, which it made, is opening no longer: it stands, or it is over.
func (l *Listener) Left(c *Conn) {
	l.Opening--
	l.unlist(c)
}

// Counts returns what has happened to the listener, indexed by [Counter].
func (l *Listener) Counts() *Counts { return &l.counts }

func (l *Listener) count(k Counter) { l.counts[k]++ }
