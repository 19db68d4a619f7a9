//go:build !before9

package tcp_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// drawWeather draws what chapter 9 lets a host choose.
func drawWeather(r *rand.Rand, g *tcp.Config) {
	if r.IntN(2) == 0 {
		g.NewController = tcp.Reno
	}
	one := func() bool { return r.IntN(3) == 0 }
	g.NoWindowScale, g.NoSACK, g.NoTimestamps = one(), one(), one()
	g.NoPathSearch = one()
	g.ECN = tcp.ECNMode(r.IntN(3))
}

// drawNarrow draws a line that from some time on takes smaller packets only, or larger ones again. Less than what every way
// takes it does not become.
func drawNarrow(r *rand.Rand, l *line) {
	for r.IntN(5) == 0 {
		l.mtus = append(l.mtus, mtuChange{
			at: time.Duration(spread(r, 1e6, 60e9)), mtu: tcp.MinPathMTU + r.IntN(1000), silent: r.IntN(3) == 0,
		})
	}
	slices.SortFunc(l.mtus, func(a, b mtuChange) int { return int(a.at - b.at) })
}

// tooLarge tells the connection what a router has said of one of its packets.
func (e *end) tooLarge(now time.Duration, seq header.Seq, mtu int) {
	e.talk.(interface {
		TooBig(now time.Duration, seq header.Seq, mtu int)
	}).TooBig(now, seq, mtu)
}

// talkative is how many times what is needed a connection may send at most. In foul weather it is less than half as much.
const talkative = 3
