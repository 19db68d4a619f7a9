//go:build !before9

package tcp

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// data of n bytes at seq, sent again or not.
func piece(seq int, n int) seg {
	return seg{Flags: fACK, Seq: (iss + 1).Add(seq), Ack: irs + 1, Data: strings.Repeat("0", n)}
}

// ackOf is the peer's ACK of n bytes.
func ackOf(n int) seg { return seg{Flags: fACK, Seq: irs + 1, Ack: (iss + 1).Add(n), Wnd: wide} }

// TestTooBigIsNoCongestion: what a router has dropped for its length goes out again at once, and neither that nor the
// duplicate ACKs of what arrives behind it takes the window back (RFC 1191 6.5).
func TestTooBigIsNoCongestion(t *testing.T) {
	e := newReno(t).bulk(100).want(packets(0, 10)...)
	before := e.c.congestion.window
	e.c.TooBig(e.now, place(3), 1000)
	var again []seg
	for i := range 10 {
		again = append(again, piece(i*mss, 960), piece(i*mss+960, 500))
	}
	e.want(again...).counted(TooBigBelieved, 1)
	for i := range 3 { // what other routers' words were about has gone out again
		e.c.TooBig(e.now, place(4+i), 1000)
	}
	e.want().counted(TooBigIgnored, 3)
	e.arrive(ackOf(0), ackOf(0), ackOf(0), ackOf(0)).want()
	if w := e.c.congestion.window; w.Cwnd != before.Cwnd || w.Ssthresh != before.Ssthresh || w.MSS != 960 {
		t.Errorf("the window was %+v and is %+v", before, w)
	}
	// Less still, when the way leads over two such routers.
	e.c.TooBig(e.now, place(0), 900)
	if got := e.take(); len(got) == 0 || len(got[0].Data) != 860 {
		t.Errorf("%v", got)
	}
}

// TestTooBigTooLate: a router's word comes for a connection that has ended at the same moment, and is still known.
func TestTooBigTooLate(t *testing.T) {
	e := newReno(t).bulk(100).want(packets(0, 10)...)
	e.arrive(seg{Flags: fRST, Seq: irs + 1}).in(Closed)
	e.c.TooBig(e.now, place(3), 1000)
	e.want().counted(TooBigIgnored, 1)
}

// newNarrow has an open connection under Reno that has been told to send packets of mtu bytes, and has much to send.
func newNarrow(t *testing.T, mtu int) *end {
	t.Helper()
	e := newReno(t)
	e.bulk(700)
	e.take()
	e.c.TooBig(e.now, place(0), mtu)
	return e
}

// flow has the peer acknowledge all that goes out, for a while, save what lost says; it returns the largest payload
// that went out.
func (e *end) flow(d time.Duration, lost func(n int) bool) (largest int) {
	e.t.Helper()
	const rtt = 100 * time.Millisecond
	have := e.c.snd.una
	var held []seg
	for until := e.now + d; e.now < until; {
		if e.c.send.Len() < 300*mss {
			e.c.Write([]byte(strings.Repeat("0", 100*mss)))
		}
		out := e.take()
		e.now += rtt
		e.c.Timeout(e.now)
		for _, s := range out {
			largest = max(largest, len(s.Data))
			if lost != nil && lost(len(s.Data)) {
				continue
			}
			held = append(held, s)
			for moved := true; moved; {
				moved = false
				for _, h := range held {
					if h.Seq.AtMost(have) && have.Before(h.Seq.Add(len(h.Data))) {
						have, moved = h.Seq.Add(len(h.Data)), true
					}
				}
			}
			held = slices.DeleteFunc(held, func(h seg) bool { return h.Seq.Add(len(h.Data)).AtMost(have) })
			e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: have, Wnd: wide})
		}
	}
	return largest
}

// rest has all that is under way acknowledged, and nothing happen for a while.
func (e *end) rest(d time.Duration) *end {
	e.t.Helper()
	for range 10_000 {
		e.take()
		if e.c.sent.empty() {
			e.now += d
			return e
		}
		e.now += 100 * time.Millisecond
		e.c.Timeout(e.now)
		e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: e.c.snd.nxt, Wnd: wide})
	}
	e.t.Fatal("it does not come to rest")
	return e
}

// TestSearch: ten minutes after a router's word a larger packet is tried, and when it arrives all become so.
func TestSearch(t *testing.T) {
	e := newNarrow(t, 1000)
	if n := e.rest(9*time.Minute).flow(time.Second, nil); n != 960 {
		t.Fatalf("a payload of %d bytes", n)
	}
	e.counted(SizeProbes, 0)
	if n := e.rest(time.Minute).flow(time.Minute, nil); n != mss || e.c.PathMTU() != 1500 {
		t.Fatalf("a payload of %d bytes, a path MTU of %d", n, e.c.PathMTU())
	}
	e.counted(SizeProbes, 1).counted(SizeProbesArrived, 1)
	e.c.counts[SizeProbes] = 0
	e.rest(20*time.Minute).flow(time.Minute, nil)
	e.counted(SizeProbes, 0) // there is nothing more to find
}

// TestSearchEnds: what still does not get through is found by halves. A probe that is lost goes out again in pieces,
// and the window stays as it is (RFC 4821 7.6.2). Ten minutes later it begins anew.
func TestSearchEnds(t *testing.T) {
	e := newNarrow(t, 1000)
	e.rest(9*time.Minute).flow(time.Second, nil)
	timeouts := e.c.counts[Timeouts]
	ssthresh := e.c.congestion.window.Ssthresh
	long := func(n int) bool { return n > 1300 }
	e.rest(time.Minute).flow(time.Minute, long)
	if mtu := e.c.PathMTU(); mtu > 1340 || mtu < 1340-searchStep {
		t.Errorf("a path MTU of %d", mtu)
	}
	if w := e.c.congestion.window; w.Ssthresh < ssthresh {
		t.Errorf("ssthresh was %d and is %d", ssthresh, w.Ssthresh)
	}
	e.counted(Timeouts, timeouts)
	probes := e.c.counts[SizeProbes]
	if lost := e.c.counts[SizeProbesLost]; lost < 2 || probes < 4 || probes > 20 {
		t.Errorf("%d probes, %d lost", probes, lost)
	}
	e.rest(7*time.Minute).flow(time.Minute, long)
	e.counted(SizeProbes, probes)
	e.rest(2*time.Minute).flow(time.Minute, nil)
	if mtu := e.c.PathMTU(); mtu != 1500 {
		t.Errorf("a path MTU of %d", mtu)
	}
}

// TestNoSearch: without it, size is after ten minutes what it was at first (RFC 1191 6.3).
func TestNoSearch(t *testing.T) {
	e := newNarrow(t, 1000)
	e.g.NoPathSearch = true
	if n := e.rest(9*time.Minute).flow(time.Second, nil); n != 960 {
		t.Fatalf("a payload of %d bytes", n)
	}
	if n := e.rest(time.Minute).flow(time.Minute, nil); n != mss {
		t.Fatalf("a payload of %d bytes", n)
	}
	e.counted(SizeProbes, 0)
}

// TestNoSearchBlackHole: nor does it stay small for ever behind what was a black hole.
func TestNoSearchBlackHole(t *testing.T) {
	e := newReno(t)
	e.g.NoPathSearch = true
	e.bulk(700)
	e.flow(40*time.Second, func(n int) bool { return n > 1300 })
	if mtu := e.c.PathMTU(); mtu != basePathMTU {
		t.Fatalf("a path MTU of %d", mtu)
	}
	if n := e.rest(8*time.Minute).flow(time.Second, nil); n != basePathMTU-headersLen {
		t.Errorf("a payload of %d bytes", n)
	}
	if n := e.rest(2*time.Minute).flow(time.Second, nil); n != mss {
		t.Errorf("a payload of %d bytes", n)
	}
	e.counted(SizeProbes, 0)
}

// TestBlackHole: the way stops taking large packets without a word.
func TestBlackHole(t *testing.T) {
	for _, off := range []bool{false, true} {
		e := newReno(t)
		e.g.NoBlackHole = off
		e.bulk(700)
		e.flow(time.Second, nil)
		e.flow(40*time.Second, func(n int) bool { return n > 1300 })
		if mtu := e.c.PathMTU(); off && mtu != 1500 || !off && (mtu > 1340 || mtu < 1340-searchStep) {
			t.Errorf("off is %v: a path MTU of %d", off, mtu)
		}
		if off {
			e.counted(BlackHoles, 0)
		} else {
			e.counted(BlackHoles, 1)
		}
		// The network was only down: what was is soon found again.
		e = newReno(t)
		e.bulk(700)
		e.flow(time.Second, nil)
		e.flow(10*time.Second, func(int) bool { return true })
		e.flow(20*time.Second, nil)
		if mtu := e.c.PathMTU(); mtu != 1500 {
			t.Errorf("after a silence: a path MTU of %d", mtu)
		}
	}
}

// TestMSS: a segment has as much payload as the peer can receive and the way takes, whichever is less, without the
// options that every segment bears (RFC 9293 3.7.1, MUST-16).
func TestMSS(t *testing.T) {
	for _, c := range []struct {
		cable, path, peer int // MTU, path MTU, the peer's MSS option; 0: there is none
		stamps            bool
		want              int
	}{
		{1500, 0, 1460, false, 1460},
		{1500, 0, 1000, false, 1000},
		{1500, 0, 9000, false, 1460},
		{9000, 0, 8960, false, 8960},
		{1500, 1300, 1460, false, 1260},
		{1500, 1300, 1000, false, 1000},
		{1500, 0, 0, false, 536},
		{1500, 0, 1460, true, 1448},
		{1500, 1300, 1460, true, 1248},
		{1500, 0, 1000, true, 988},
		{1500, 0, 0, true, 524},
		{68, 0, 1460, true, 16},
	} {
		e := newEnd(t)
		e.g.NewController, e.g.NoTimestamps = Reno, !c.stamps
		e.send.SetLimit(1 << 20)
		ends := e.endpoints()
		ends.MTU, ends.PathMTU = c.cable, c.path
		e.c = Open(e.g, ends, e.now)
		e.take()
		var options []byte
		if c.peer > 0 {
			options = header.AppendMSS(options, uint16(c.peer))
		}
		if c.stamps {
			options = header.AppendTimestamps(options, header.Timestamps{Value: 1, Echo: uint32(e.c.clock(e.now))})
		}
		h := header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Seq: irs, Ack: iss + 1, Flags: fSYNACK, Window: wide, Options: options}
		e.c.Arrive(e.now, &h, nil, nil, 0)
		e.take()
		e.c.Write(make([]byte, 20_000))
		var s Segment
		for e.c.Next(e.now, &s) {
			if s.Len() != c.want || s.MSS < s.Len() {
				t.Errorf("%+v: %d bytes", c, s.Len())
				break
			}
			if n := header.IPv4Len + s.Header.Len() + s.Len(); n > c.cable || c.path > 0 && n > c.path {
				t.Errorf("%+v: a packet of %d bytes", c, n)
			}
		}
	}
}

// TestTooBigSuperSegment: what is cut below goes on in super-segments, of smaller packets.
func TestTooBigSuperSegment(t *testing.T) {
	e := newEnd(t)
	e.g.NewController = Reno
	e.send.SetLimit(1 << 20)
	ends := e.endpoints()
	ends.SegmentMax = segmentTop
	e.c = Open(e.g, ends, e.now)
	e.take()
	e.arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).take()
	e.bulk(100)
	var s Segment
	if !e.c.Next(e.now, &s) || s.Len() != 10*mss || s.MSS != mss {
		t.Fatalf("%d bytes in packets of %d", s.Len(), s.MSS)
	}
	e.c.TooBig(e.now, place(4), 1000)
	total := 0
	for e.c.Next(e.now, &s) {
		if total += s.Len(); s.MSS != 960 {
			t.Errorf("%d bytes in packets of %d", s.Len(), s.MSS)
		}
	}
	if total < 10*mss {
		t.Errorf("%d bytes again", total)
	}
}

// TestTooBigStorm: whatever anybody says of sizes, at whatever place, packets stay within their bounds, and all that is
// sent arrives.
func TestTooBigStorm(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 4))
		e := newReno(t)
		e.bulk(600)
		have, last := e.c.snd.una, e.c.snd.una.Add(600*mss+1)
		got := make(map[header.Seq]bool)
		for step := 0; have != last; step++ {
			if step == 20_000 {
				t.Fatalf("seed %d: %d bytes have not arrived", seed, last.Sub(have))
			}
			for range r.IntN(4) {
				place := e.c.snd.una.Add(r.IntN(e.c.snd.nxt.Sub(e.c.snd.una)+2000) - 1000)
				e.c.TooBig(e.now, place, r.IntN(3000)-500)
			}
			out := e.take()
			e.now += time.Duration(r.IntN(100)) * time.Millisecond
			if e.c.State() != Established {
				t.Fatalf("seed %d: %v", seed, e.c.Err())
			}
			for _, s := range out {
				if n := len(s.Data) + headersLen; n > 1500 {
					t.Fatalf("seed %d: a packet of %d bytes", seed, n)
				}
				if r.IntN(50) == 0 {
					continue
				}
				for i := range len(s.Data) {
					got[s.Seq.Add(i)] = true
				}
				for got[have] {
					delete(got, have)
					have = have.Add(1)
				}
				e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: have, Wnd: wide})
			}
			if m := e.c.mss; m < MinPathMTU-headersLen || m > mss {
				t.Fatalf("seed %d: an MSS of %d", seed, m)
			}
			if len(out) == 0 {
				if at, ok := e.c.Deadline(); ok {
					e.now = max(e.now, at)
				}
				e.c.Timeout(e.now)
			}
		}
	}
}
