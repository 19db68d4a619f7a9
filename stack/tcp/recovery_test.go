//go:build !before9

package tcp

import (
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

const wide = 65535 // a peer's window that is never in the way

// newReno has an open connection under Reno whose peer offers a wide window.
func newReno(t *testing.T) *end {
	t.Helper()
	e := newEnd(t)
	e.g.NewController = Reno
	e.send.SetLimit(1 << 20)
	e.open().take()
	e.now = 100 * time.Millisecond
	e.arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).take()
	return e
}

// packet is the i-th full packet of zeros that the connection sends.
func packet(i int) seg {
	return seg{Flags: fACK, Seq: place(i), Ack: irs + 1, Data: strings.Repeat("0", mss)}
}

// place is where the i-th packet begins.
func place(i int) header.Seq { return (iss + 1).Add(i * mss) }

func packets(from, to int) (list []seg) {
	for i := from; i < to; i++ {
		list = append(list, packet(i))
	}
	return list
}

// upTo is the peer's ACK of all before the i-th packet.
func upTo(i int) seg { return seg{Flags: fACK, Seq: irs + 1, Ack: place(i), Wnd: wide} }

// bulk queues n packets of zeros, and a byte more so that none of them is the last.
func (e *end) bulk(n int) *end {
	e.t.Helper()
	return e.write(strings.Repeat("0", n*mss+1))
}

// window checks the congestion window and ssthresh, in packets; ssthresh 0 stands for any.
func (e *end) window(cwnd, ssthresh int) *end {
	e.t.Helper()
	w := e.c.congestion.window
	if w.Cwnd != cwnd*mss || ssthresh != 0 && w.Ssthresh != ssthresh*mss {
		e.t.Fatalf("at %v: cwnd %d, ssthresh %d bytes; not %d and %d packets", e.now, w.Cwnd, w.Ssthresh, cwnd, ssthresh)
	}
	return e
}

// TestInitialWindow: RFC 6928 2, also when a SYN was lost, and one segment when two were (RFC 5681 3.1).
func TestInitialWindow(t *testing.T) {
	for size, want := range map[int]int{536: 5360, 1460: 14600, 4000: 14600, 9000: 18000} {
		if got := initialWindow(size); got != want {
			t.Errorf("MSS %d: %d, not %d", size, got, want)
		}
	}
	for lost, want := range map[int]int{0: 10, 1: 10, 2: 1, 3: 1} {
		e := newEnd(t).open()
		for range lost {
			e.take()
			at, _ := e.c.Deadline()
			e.pass(at - e.now)
		}
		e.take()
		e.arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).
			want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}).
			bulk(20).want(packets(0, want)...)
	}
}

// TestSlowStart: each ACK of two packets makes room for four (RFC 5681 3.1, RFC 3465 with L=2); one of more than that,
// for two more than it covers.
func TestSlowStart(t *testing.T) {
	newReno(t).bulk(100).want(packets(0, 10)...).window(10, 0).
		arrive(upTo(2)).want(packets(10, 14)...).window(12, 0).
		arrive(upTo(4)).want(packets(14, 18)...).window(14, 0).
		arrive(upTo(10)).want(packets(18, 26)...).window(16, 0)
}

// TestAvoidance: above ssthresh it is a packet for each window's worth of ACKs.
func TestAvoidance(t *testing.T) {
	e := newReno(t)
	e.c.congestion.window.Ssthresh = 10 * mss
	e.bulk(100).want(packets(0, 10)...)
	for i := 2; i < 10; i += 2 {
		e.arrive(upTo(i)).want(packets(8+i, 10+i)...).window(10, 10)
	}
	e.arrive(upTo(10)).want(packets(18, 21)...).window(11, 10)
}

// TestNotInUse: a window that the application does not fill does not grow.
func TestNotInUse(t *testing.T) {
	e := newReno(t)
	for i := range 20 {
		e.write(strings.Repeat("0", mss)).take()
		e.now += 10 * time.Millisecond
		e.arrive(upTo(i+1)).window(10, 0)
	}
}

// TestFastRetransmit: RFC 5681 3.2 with RFC 3042 and RFC 9937, one segment lost of ten.
func TestFastRetransmit(t *testing.T) {
	e := newReno(t).bulk(100).want(packets(0, 10)...)
	e.now += 50 * time.Millisecond
	e.arrive(upTo(0)).want(packet(10)).window(10, 0). // limited transmit
								arrive(upTo(0)).want(packet(11)).window(10, 0).
								arrive(upTo(0)).want(packet(0)).window(9, 5). // the third; what limited transmit sent is not in 10/2
								due(e.now + 300*time.Millisecond)
	// Nine arrived of the first ten, and the two since: eight more duplicates, each a segment that has left the network.
	// For every second of them one goes out, until no more than ssthresh is under way; from then on, for each.
	e.arrive(upTo(0)).want().arrive(upTo(0)).want().
		arrive(upTo(0)).want(packet(12)).arrive(upTo(0)).want().arrive(upTo(0)).want()
	for i := range 3 {
		e.arrive(upTo(0)).want(packet(13+i)).window(5, 5)
	}
	// The full ACK: all before packet 12 has arrived, four are under way, and the window is what RFC 6582 leaves.
	e.now += 100 * time.Millisecond
	e.arrive(upTo(12)).window(5, 5).want(packet(16)).
		arrive(upTo(14)).want(packets(17, 19)...).window(5, 5)
}

// TestPartialACK: three lost of ten are repaired at one a round trip, without the timer (RFC 6582 3.2, step 3).
func TestPartialACK(t *testing.T) {
	e := newReno(t).bulk(10).want(packets(0, 10)...) // 0, 3 and 6 are lost
	e.arrive(upTo(0), upTo(0), upTo(0)).window(7, 5).want(packet(0))
	e.arrive(upTo(0), upTo(0), upTo(0), upTo(0)).want()
	e.arrive(upTo(3)).want(packet(3)).
		arrive(upTo(6)).want(packet(6)).
		due(e.now + e.c.rto())
	e.arrive(upTo(10)).window(2, 5).want(seg{Flags: fPSHACK, Seq: place(10), Ack: irs + 1, Data: "0"})
	if e.c.recovery.phase != calm {
		t.Error("still in recovery")
	}
}

// TestNoDuplicate: what is not a duplicate ACK by RFC 5681 2 is not counted.
func TestNoDuplicate(t *testing.T) {
	for name, s := range map[string]seg{
		"data":   {Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wide, Data: "x"},
		"window": {Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wide - 1},
		"old":    {Flags: fACK, Seq: irs + 1, Ack: iss, Wnd: wide},
	} {
		e := newReno(t).bulk(10)
		e.take()
		if e.arrive(s); e.c.recovery.duplicates != 0 {
			t.Errorf("%s: counted", name)
		}
	}
	// The order is a contract: the window of the ACK before is what the next is compared with.
	e := newReno(t).bulk(10)
	e.take()
	narrow := upTo(0)
	narrow.Wnd = 30000
	if e.arrive(narrow, narrow, narrow); e.c.recovery.duplicates != 2 {
		t.Errorf("%d counted of 2", e.c.recovery.duplicates)
	}
	// Nothing under way; and the answers to probes of a closed window.
	e = newReno(t).arrive(upTo(0), upTo(0), upTo(0))
	closed := seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1}
	e.arrive(closed).bulk(1).want().pass(time.Minute)
	if e.take(); e.c.sent.empty() {
		t.Fatal("no probe")
	}
	e.arrive(closed, closed, closed, closed).want().window(10, 0)
	if e.c.recovery.duplicates != 0 || e.c.recovery.phase != calm {
		t.Error("counted")
	}
}

// TestCollapse: the timer takes the window to one segment (RFC 5681 3.1), and what was under way goes out again as ACKs
// come in. Duplicate ACKs of that are no news (RFC 6582 3.2, step 2).
func TestCollapse(t *testing.T) {
	e := newReno(t).bulk(100).want(packets(0, 10)...)
	e.pass(e.c.rto()).want(packet(0)).window(1, 5).
		pass(e.c.rto()).want(packet(0)).window(1, 5). // the same again: nothing new is learnt
		arrive(upTo(1)).window(2, 5).want(packets(1, 3)...).
		arrive(upTo(1), upTo(1), upTo(1), upTo(1)).want().window(2, 5).
		arrive(upTo(3)).window(3, 5).want(packets(3, 6)...). // L=1 after a timeout
		arrive(upTo(10)).window(4, 5).want(packets(10, 14)...)
}

// TestIdle: after an RTO of silence the initial window is the most that goes out at once (RFC 5681 4.1).
func TestIdle(t *testing.T) {
	e := newReno(t).bulk(60)
	for n := 10; n <= 30; n += 2 {
		e.take()
		e.arrive(upTo(n))
	}
	e.take()
	w := e.c.congestion.window.Cwnd / mss
	if w <= 15 {
		t.Fatalf("window %d", w)
	}
	all := upTo(60)
	all.Ack++
	e.take()
	for e.c.snd.nxt != all.Ack {
		last := all
		last.Ack = e.c.snd.nxt
		e.arrive(last).take()
	}
	e.arrive(all).want()
	e.now += e.c.rto()
	e.c.restartIdle(e.now)
	if got := e.c.congestion.window.Cwnd / mss; got < w {
		t.Errorf("not idle for longer than an RTO, and the window is %d", got)
	}
	e.now++
	e.bulk(60)
	if n := len(e.take()); n != 10 {
		t.Errorf("%d segments at once", n)
	}
}

// TestSuperSegmentRepaired: of a super-segment one packet is repeated, not all.
func TestSuperSegmentRepaired(t *testing.T) {
	e := newEnd(t)
	ends := e.endpoints()
	ends.SegmentMax = 5 * mss
	e.c = Open(e.g, ends, 0)
	e.take()
	e.arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).take()
	e.bulk(10)
	if n := len(e.take()); n != 2 {
		t.Fatalf("%d segments", n)
	}
	e.arrive(upTo(0), upTo(0), upTo(0)).want(packet(0)).
		arrive(upTo(7)).want(packet(7))
	if e.c.sent.lostSpace != 0 {
		t.Errorf("%d bytes lost", e.c.sent.lostSpace)
	}
}
