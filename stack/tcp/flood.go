//go:build !before10

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// A SYN costs its sender one packet and nothing else: not even the address in it has to be true. Each one makes the
// listener keep a connection for minutes. So the connections that are opening have a bound of their own, HalfOpen, apart
// from that of those which stand and wait for the application; and beyond it there are two ways (RFC 4987 3): to answer by
// a cookie and to keep nothing, or to give up the connection that has been opening longest.

// defaultHalfOpen is how many connections of one listener may be opening.
const defaultHalfOpen = 256

// flood is what a listener keeps for that.
type flood struct {
	oldest, newest *Conn // the connections that are opening
	recycled       *Conn // the one that has to make room, until the owner asks

	cookies cookieKeys
	baked   time.Duration // when the last cookie was sent
	due     bool          // one waits to be sent
	answer  Segment       // … and this is it
}

func (g *Config) halfOpen() int {
	if g.HalfOpen > 0 {
		return g.HalfOpen
	}
	return defaultHalfOpen
}

// crowded says that as many connections stand as the application lets wait. Nothing that arrives can make another: the
// peer tries again, by its own timer.
func (l *Listener) crowded() bool { return l.Waiting-l.Opening >= l.Backlog }

// Crowded is asked by the owner before it hands an ACK to a connection of this listener in SYN-RECEIVED. When it is true the
// ACK is to be dropped: the connection stays where it is, and asks again.
func (l *Listener) Crowded() bool { return l.crowded() }

// admits says whether a SYN gets a connection. If it does not, Next may have an answer to it all the same.
func (l *Listener) admits(g *Config, e func() Endpoints, now time.Duration, h *header.TCP) bool {
	full := l.Opening >= g.halfOpen()
	switch {
	case l.crowded():
		l.count(SYNsDropped)
		return false
	case g.Cookies == CookiesAlways, full && g.Cookies == CookiesUnderPressure:
		l.bake(g, e(), now, h)
		return false
	case full:
		l.count(HalfOpenRecycled)
		l.flood.recycled = l.flood.oldest
	}
	return true
}

// Recycled returns the connection that has to make room for what arrived last, or nil. It is over as soon as the owner has
// called its Recycle.
func (l *Listener) Recycled() *Conn {
	c := l.flood.recycled
	l.flood.recycled = nil
	return c
}

// Recycle ends a connection that has not come to stand, without a word to the peer: most likely there is none.
func (c *Conn) Recycle() {
	if c.state == SynReceived {
		c.become(Closed)
	}
}

// enlist adds a connection to those that are opening.
func (l *Listener) enlist(c *Conn) {
	f := &l.flood
	c.defence.older = f.newest
	if f.newest != nil {
		f.newest.defence.newer = c
	} else {
		f.oldest = c
	}
	f.newest = c
}

// unlist takes it out.
func (l *Listener) unlist(c *Conn) {
	f, d := &l.flood, &c.defence
	if d.older != nil {
		d.older.defence.newer = d.newer
	} else if f.oldest == c {
		f.oldest = d.newer
	}
	if d.newer != nil {
		d.newer.defence.older = d.older
	} else if f.newest == c {
		f.newest = d.older
	}
	d.older, d.newer = nil, nil
}
