//go:build !before10

package tcp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// TestISN: the number grows by one in 4 microseconds, every pair of ends and every secret has another beginning (RFC 6528).
func TestISN(t *testing.T) {
	config := func(seed uint64) *Config {
		return &Config{Rand: func() uint64 { seed = seed*6364136223846793005 + 1; return seed }}
	}
	g := config(1)
	first := g.initialSequence(here, there, 0)
	if got := g.initialSequence(here, there, time.Second); got != first+250_000 {
		t.Errorf("a second later %d, not %d", got, first+250_000)
	}
	seen := map[header.Seq]bool{first: true}
	for port := range uint16(1000) {
		n := g.initialSequence(netip.AddrPortFrom(here.Addr(), 2000+port), there, 0)
		if seen[n] {
			t.Fatalf("%d once more", n)
		}
		seen[n] = true
	}
	if config(2).initialSequence(here, there, 0) == first {
		t.Error("another secret, the same number")
	}
}
