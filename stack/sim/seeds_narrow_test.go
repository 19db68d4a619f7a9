//go:build !before9

package sim

import (
	"math/rand/v2"
	"time"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// narrowing is a way that at some seeds begins to lead over a cable that takes smaller packets, with a router that says so or
// does not.
func narrowing(r *rand.Rand, w *World, mtu int, rest func(nic.Passing) nic.Fate) func(nic.Passing) nic.Fate {
	if r.IntN(3) > 0 || mtu <= tcp.MinPathMTU {
		return rest
	}
	way := Narrow{MTU: tcp.MinPathMTU + r.IntN(mtu-tcp.MinPathMTU), Silent: r.IntN(3) == 0, Old: r.IntN(4) == 0, Rest: rest}
	from := time.Duration(r.IntN(int(time.Second)))
	return func(p nic.Passing) nic.Fate {
		if w.Now() < from {
			return rest(p)
		}
		return way.Fate(p)
	}
}
