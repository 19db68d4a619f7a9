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
