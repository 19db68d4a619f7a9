//go:build !before10

package tcp

import (
	"net/netip"
	"testing"
	"time"
)

// TestTimestampOffset: the clock begins elsewhere for each pair of ends, and goes on for the next connection between the
// same two (RFC 7323 5.4, 7.1; RFC 6191).
func TestTimestampOffset(t *testing.T) {
	seed := uint64(1)
	g := &Config{Rand: func() uint64 { seed = seed*6364136223846793005 + 1; return seed }}
	first := g.timestampOffset(here, there)
	if g.timestampOffset(here, there) != first {
		t.Error("the clock has jumped")
	}
	seen := map[uint32]bool{first: true, uint32(g.initialSequence(here, there, 0)): true}
	for port := range uint16(1000) {
		n := g.timestampOffset(netip.AddrPortFrom(here.Addr(), 2000+port), there)
		if seen[n] {
			t.Fatalf("%d once more", n)
		}
		seen[n] = true
	}
	// So a second connection's SYN is later than all that the first has sent.
	e := stamped(t, g)
	e.now = time.Minute
	last := e.c.clock(e.now)
	e.now += time.Millisecond
	if again := Open(g, e.endpoints(), e.now); !earlier(last, again.clock(e.now)) {
		t.Errorf("the first connection's last timestamp %d, the second's first %d", last, again.clock(e.now))
	}
}
