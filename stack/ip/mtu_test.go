//go:build !before9

package ip

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

// TestPathMTU remembers path MTUs for ten minutes, and not more of them than there is room for.
func TestPathMTU(t *testing.T) {
	p, i := newPart()
	other := netip.MustParseAddr("10.0.0.3")
	check := func(now time.Duration, dst netip.Addr, want int) {
		t.Helper()
		if got := p.PathMTU(now, i, dst); got != want {
			t.Errorf("at %v: %d, not %d", now, got, want)
		}
	}
	check(0, peer, 1500)
	p.SetPathMTU(time.Minute, peer, 1400)
	check(time.Minute, peer, 1400)
	check(time.Minute, other, 1500)
	p.SetPathMTU(2*time.Minute, peer, 1300)
	check(12*time.Minute-1, peer, 1300)
	check(12*time.Minute, peer, 1500)
	p.SetPathMTU(0, other, 9000)
	check(0, other, 1500)

	p.SetPathMTU(0, peer, 1200)
	far := func(n uint32) netip.Addr {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], 1<<24+n)
		return netip.AddrFrom4(a)
	}
	for n := range uint32(3 * mtuMost) {
		p.SetPathMTU(time.Second+time.Duration(n), far(n), 1300)
	}
	if n := len(p.mtus.of); n > mtuMost {
		t.Errorf("%d remembered", n)
	}
	check(time.Minute, peer, 1500) // the oldest went
	check(time.Minute, far(3*mtuMost-1), 1300)
}

// TestTooBig: what a router's word means (RFC 1191 5, 7.1).
func TestTooBig(t *testing.T) {
	for _, c := range []struct{ length, next, want int }{
		{1500, 1400, 1400},
		{1500, 68, 68}, // whether to believe that is for others to say
		{1500, 1500, 0},
		{1400, 1500, 0},
		{1500, 0, 1492},
		{1492, 0, 1006},
		{576, 0, 508},
		{65535, 0, 32000},
		{68, 0, 0},
	} {
		if got := TooBig(c.length, c.next); got != c.want {
			t.Errorf("%d bytes, next %d: %d, not %d", c.length, c.next, got, c.want)
		}
	}
}

// TestFragmentsOfWay: the fragments fit the way, not only its first cable.
func TestFragmentsOfWay(t *testing.T) {
	p, i := alone()
	p.SetPathMTU(0, theirs, 600)
	if wrapped(p, i, counting(1000), Datagram{Src: ours, Dst: theirs, Protocol: 17, MayFragment: true}) {
		t.Fatal("not cut")
	}
	list, _ := fragmentsOf(t, p)
	if len(list) != 2 || list[0].TotalLen != 20+576 {
		t.Errorf("%+v", list)
	}
}
