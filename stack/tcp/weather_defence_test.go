//go:build !before10

package tcp_test

import (
	"math/rand/v2"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// drawDefence draws what chapter 10 lets a host choose.
func drawDefence(r *rand.Rand, g *tcp.Config) {
	g.Cookies = tcp.Cookies(r.IntN(3))
	g.HalfOpen = r.IntN(3)
	g.ChallengeACKs = r.IntN(20)
}

// mayBake says whether a host may answer a SYN by a cookie.
func mayBake(g *tcp.Config) bool { return g.Cookies != tcp.CookiesNever }

// stateless sends what the listener answers without a connection, and gives up what has to make room.
func (h *host) stateless(l *tcp.Listener) {
	if l.Next(&h.segment) {
		h.send(&h.segment)
	}
	if c := l.Recycled(); c != nil {
		e := c.Owner().(*end)
		e.watch(c.Recycle)
		e.touch()
	}
}

// bakesNot has a host send no cookies: they are good for a minute or two, and no longer.
func bakesNot(g *tcp.Config) { g.Cookies = tcp.CookiesNever }

// reopened begins the next connection between two ends when p is a SYN for which the last one's TIME-WAIT makes room.
func (h *host) reopened(old *end, p *packet) bool {
	l := h.table.Listening(p.to)
	if l == nil || !old.c.Reopens(&p.h) {
		return false
	}
	e := h.expects(p)
	c := l.Reopen(&h.config, e.endpoints(), h.w.now, &p.h, old.c)
	if c == nil {
		return false
	}
	h.table.Replace(old.c, c)
	e.l, e.former = l, old
	e.use(c, unwritten{c})
	return true
}

// succeed ends the wait of the connection whose place this one has taken, when this one stands; otherwise it goes on.
func (e *end) succeed(stands bool) {
	old := e.former
	e.former = nil
	switch {
	case old == nil || old.c.State() == tcp.Closed:
	case stands:
		old.watch(func() { old.talk.Abort(e.h.w.now) })
		old.touch()
	default:
		e.h.table.Replace(e.c, old.c)
	}
}
