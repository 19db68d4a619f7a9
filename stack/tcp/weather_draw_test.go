//go:build !before9

package tcp_test

import (
	"math/rand/v2"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// drawWeather draws what chapter 9 lets a host choose.
func drawWeather(r *rand.Rand, g *tcp.Config) {
	if r.IntN(2) == 0 {
		g.NewController = tcp.Reno
	}
	one := func() bool { return r.IntN(3) == 0 }
	g.NoWindowScale, g.NoSACK, g.NoTimestamps = one(), one(), one()
	g.ECN = tcp.ECNMode(r.IntN(3))
}
