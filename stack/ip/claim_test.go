//go:build !before7

package ip

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/header"
)

var rivalMAC = header.MAC{2, 0, 0, 0, 0, 9}

// probe is the question whether somebody has addr, by somebody who has no address yet.
func probe(addr netip.Addr, mac header.MAC) header.ARP {
	return header.ARP{Operation: header.ARPRequest, SenderMAC: mac, SenderIP: netip.IPv4Unspecified(), TargetIP: addr}
}

func announcement(addr netip.Addr, mac header.MAC) header.ARP {
	return header.ARP{Operation: header.ARPRequest, SenderMAC: mac, SenderIP: addr, TargetIP: addr}
}

// sentAt lets all happen that is due, and returns what was sent and when.
func sentAt(t *testing.T, p *Part) (at []time.Duration, what []packet) {
	for when, ok := p.Deadline(); ok; when, ok = p.Deadline() {
		p.Timeout(when)
		for _, one := range out(t, p) {
			at, what = append(at, when), append(what, one)
		}
	}
	return at, what
}

// TestClaim probes three times, and then announces twice (RFC 5227 2.1.1, 2.3).
func TestClaim(t *testing.T) {
	for seed := range uint64(20) {
		p, i := newPart()
		p.Rand = rand.New(rand.NewPCG(seed, 1)).Uint64
		p.Claim(0, i, own)
		at, what := sentAt(t, p)
		want := []packet{}
		for n := range 5 {
			a := probe(own, ownMAC)
			if n >= probeNum {
				a = announcement(own, ownMAC)
			}
			want = append(want, packet{Dst: header.Broadcast, ARP: a})
		}
		if diff := cmp.Diff(want, what, addresses); diff != "" {
			t.Fatal(diff)
		}
		within := func(n int, from, to time.Duration) {
			t.Helper()
			d := at[n]
			if n > 0 {
				d -= at[n-1]
			}
			if d < from || d > to {
				t.Errorf("seed %d: packet %d after %v", seed, n, d)
			}
		}
		within(0, 0, probeWait)
		within(1, probeMin, probeMax)
		within(2, probeMin, probeMax)
		within(3, announceWait, announceWait)
		within(4, announceInterval, announceInterval)
		if c := p.Claimed(i, own); c != Held {
			t.Errorf("the address is %v", c)
		}
	}
}

// TestClaimQuiet: while an address is probed for it is not used, nor answered for.
func TestClaimQuiet(t *testing.T) {
	p, i := newPart()
	p.SetNeighbour(netip.MustParseAddr("10.0.0.5"), rivalMAC)
	p.Claim(0, i, own)
	hear(p, i, 0, peerMAC, header.ARP{Operation: header.ARPRequest, SenderMAC: peerMAC, SenderIP: peer, TargetIP: own})
	if send(p, i, 0, peer, "x") || send(p, i, 0, netip.MustParseAddr("10.0.0.5"), "x") {
		t.Error("sent from an address that may be another's")
	}
	expect(t, p)
	sentAt(t, p)
	if !send(p, i, time.Minute/2, netip.MustParseAddr("10.0.0.5"), "x") {
		t.Error("held, and not used")
	}
}

// TestClaimTaken: somebody has the address, or claims it at the same time.
func TestClaimTaken(t *testing.T) {
	for name, c := range map[string]struct {
		a    header.ARP
		want Claim
	}{
		"he answers":              {header.ARP{Operation: header.ARPReply, SenderMAC: rivalMAC, SenderIP: own, TargetMAC: ownMAC, TargetIP: netip.IPv4Unspecified()}, Taken},
		"he announces":            {announcement(own, rivalMAC), Taken},
		"he asks for another":     {header.ARP{Operation: header.ARPRequest, SenderMAC: rivalMAC, SenderIP: own, TargetIP: peer}, Taken},
		"he probes too":           {probe(own, rivalMAC), Taken},
		"he probes for another":   {probe(peer, rivalMAC), Held},
		"he only asks for it":     {header.ARP{Operation: header.ARPRequest, SenderMAC: rivalMAC, SenderIP: peer, TargetIP: own}, Held},
		"our own probe come back": {probe(own, ownMAC), Held},
	} {
		p, i := newPart()
		p.Claim(0, i, own)
		p.Timeout(0)
		out(t, p)
		hear(p, i, 1, c.a.SenderMAC, c.a)
		sentAt(t, p)
		if got := p.Claimed(i, own); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		conflict, told := p.NextConflict()
		if told != (c.want == Taken) || told && (conflict != Conflict{i, own, rivalMAC}) {
			t.Errorf("%s: told of %v, %+v", name, told, conflict)
		}
		if c.want == Taken && send(p, i, time.Minute, peer, "x") {
			t.Errorf("%s: it is used", name)
		}
	}
}

// TestDefend: who claims an address that we use is told whose it is, every ten seconds at most (RFC 5227 2.4, (c)); and who
// probes for it is always answered.
func TestDefend(t *testing.T) {
	p, i := newPart()
	mine := packet{Dst: header.Broadcast, ARP: announcement(own, ownMAC)}
	for _, now := range []time.Duration{0, 1, defendInterval - 1} {
		hear(p, i, now, rivalMAC, announcement(own, rivalMAC))
		if now == 0 {
			expect(t, p, mine)
		} else {
			expect(t, p)
		}
	}
	hear(p, i, defendInterval, rivalMAC, has(own, rivalMAC))
	expect(t, p, mine)
	for range 2 {
		hear(p, i, defendInterval, rivalMAC, probe(own, rivalMAC))
		expect(t, p, packet{Dst: rivalMAC, ARP: header.ARP{Operation: header.ARPReply, SenderMAC: ownMAC, SenderIP: own, TargetMAC: rivalMAC, TargetIP: netip.IPv4Unspecified()}})
	}
	if len(p.neighbours.entries) != 0 {
		t.Error("a rival is entered as a neighbour")
	}
	for n := range 100 {
		hear(p, i, time.Duration(n+2)*defendInterval, rivalMAC, announcement(own, rivalMAC))
	}
	told := 0
	for _, ok := p.NextConflict(); ok; _, ok = p.NextConflict() {
		told++
	}
	if told != conflictsMost {
		t.Errorf("told of %d conflicts", told)
	}
}
