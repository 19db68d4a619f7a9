//go:build !before9

package tcp

import (
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// dsack is the peer's ACK of all before packet ack, which says that packet i has arrived twice.
func (e *end) dsack(ack, i int) *end {
	e.t.Helper()
	return e.selective(place(ack), header.Block{Left: place(i), Right: place(i + 1)})
}

// TestReoWnd: D-SACK widens the reordering window by a quarter of the shortest round trip, once a round trip, and 16
// recoveries without take that back (RFC 8985 6.2, step 4).
func TestReoWnd(t *testing.T) {
	e := newSACK(t).bulk(2000)
	r := &e.c.recovery.rack
	const rtt = 100 * time.Millisecond
	at := 0 // the packet that is next to be acknowledged
	e.take()
	// One recovery: the first is late, and goes out again; then all that was under way is acknowledged. It returns the
	// packet that went out again.
	recovery := func() int {
		t.Helper()
		e.now += rtt
		n := (e.c.snd.nxt.Sub(place(at))) / mss
		e.sack(at, [2]int{at + 1, at + n})
		if e.c.recovery.phase == calm { // reordering is known: it takes its time
			due, _ := e.c.Deadline()
			e.now = due
			e.c.Timeout(due)
		}
		if e.c.recovery.phase != repairing {
			t.Fatalf("at %v, packet %d: not in recovery: %+v", e.now, at, r)
		}
		lost := at
		at = (e.c.recovery.recover.Sub(place(0))) / mss
		e.take()
		e.now += rtt
		e.sack(at)
		e.take()
		if e.c.recovery.phase != calm {
			t.Fatalf("at %v: still in recovery", e.now)
		}
		return lost
	}
	for want := 1; want <= 3; want++ {
		lost := recovery()
		e.dsack(at, lost)
		e.dsack(at, lost) // in the same round trip, and of something that was sent twice only
		e.take()
		if r.reoWndMult != want {
			t.Fatalf("after %d D-SACKs: %d", want, r.reoWndMult)
		}
		e.now += rtt
		at = e.c.snd.nxt.Sub(place(0)) / mss
		e.sack(at)
		e.take()
	}
	e.c.widen()
	if want := 4 * (rtt / 4); r.reoWnd != min(want, e.c.congestion.srtt) {
		t.Errorf("reo_wnd is %v, not %v", r.reoWnd, want)
	}
	for i := range reoWndRecoveries {
		if r.reoWndMult != 3 {
			t.Fatalf("back after %d recoveries", i)
		}
		recovery()
	}
	if r.reoWndMult != 0 {
		t.Errorf("still %d after %d recoveries", r.reoWndMult, reoWndRecoveries)
	}
}

// TestTimeoutSparesTheRecent: what has not had its time when the retransmission timer goes off is not taken for lost
// (RFC 8985 6.3).
func TestTimeoutSparesTheRecent(t *testing.T) {
	e := newSACK(t)
	e.c.recovery.tlp.measured = false // no probe this time
	e.write(data(mss)).want(seg{Flags: fPSHACK, Seq: place(0), Ack: irs + 1, Data: data(mss)})
	e.now += 290 * time.Millisecond
	e.c.SetNoDelay(true)
	e.write(data(mss)).take()
	e.now += 10 * time.Millisecond
	e.c.Timeout(e.now)
	e.counted(Timeouts, 1).counted(TLPProbes, 0)
	if e.c.sent.lostSpace != mss {
		t.Errorf("%d bytes are lost", e.c.sent.lostSpace)
	}
	e.want(seg{Flags: fPSHACK, Seq: place(0), Ack: irs + 1, Data: data(mss)})
	e.now += 100 * time.Millisecond
	e.sack(2).want().counted(Retransmits, 1)
}

// TestNoReorderingWithinAnACK: what one ACK tells at once has no order, and what went out again tells of none.
func TestNoReorderingWithinAnACK(t *testing.T) {
	e := newSACK(t).bulk(20)
	e.take()
	e.now += 100 * time.Millisecond
	e.sack(2, [2]int{7, 8}, [2]int{3, 4}, [2]int{5, 6})
	e.take() // 2, 4 and 6 go out again
	e.now += 100 * time.Millisecond
	e.sack(10)
	if e.c.recovery.rack.reorderingSeen {
		t.Error("reordering seen")
	}
	e.take()
	e.sack(10, [2]int{11, 12})
	e.sack(11, [2]int{11, 12}) // it says it has what it stops at: but 10 has arrived behind 11
	if !e.c.recovery.rack.reorderingSeen {
		t.Error("no reordering seen")
	}
}

// TestMinRTT: the shortest round trip is of what was sent once.
func TestMinRTT(t *testing.T) {
	e := newSACK(t).bulk(20)
	e.take()
	e.now += 50 * time.Millisecond
	e.sack(0, [2]int{1, 5})
	e.take()
	e.now += time.Millisecond
	e.sack(5)
	if got := e.c.recovery.rack.minRTT; got != 50*time.Millisecond {
		t.Errorf("%v", got)
	}
}
