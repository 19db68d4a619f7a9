//go:build !before9

package tcp

import (
	"math"
	"testing"
	"time"
)

// TestHyStart: RFC 9406 4.3. When the round trips of a round are longer than those before, slow start becomes conservative;
// when they are short again it was a false alarm; when they stay long for five rounds it is over.
func TestHyStart(t *testing.T) {
	const base = 100 * time.Millisecond
	c := new(cubic)
	w := Window{MSS: mss, Cwnd: 10 * mss, Ssthresh: math.MaxInt32}
	now := time.Duration(0)
	// round lets as many packets be acknowledged as the window holds, one by one, and returns by how many it has grown.
	round := func(rtt time.Duration) int {
		n, before := w.Cwnd/mss, w.Cwnd
		for i := range n {
			now += rtt / time.Duration(n)
			c.Acked(&w, Progress{Now: now, Bytes: mss, RTT: rtt, Sample: rtt, Limited: true, Round: i == 0})
		}
		return (w.Cwnd - before) / mss
	}
	conservative := func() bool { return c.start.baseline > 0 }

	if got := round(base); got != 10 {
		t.Errorf("slow start: %d more", got)
	}
	if round(base + 11*time.Millisecond); conservative() {
		t.Error("conservative for less than an eighth")
	}
	w.Cwnd = 20 * mss
	round(base)
	// An eighth of 100 ms is 12.5 ms: that counts. The first eight packets of the round decide.
	w.Cwnd = 40 * mss
	if got := round(base + 13*time.Millisecond); !conservative() || got < 8+32/4-1 || got > 8+32/4+1 {
		t.Errorf("conservative: %v, %d more for 40", conservative(), got)
	}
	w.Cwnd = 40 * mss
	if got := round(base + 14*time.Millisecond); !conservative() || got != 10 {
		t.Errorf("conservative: %v, %d more for 40", conservative(), got)
	}
	w.Cwnd = 40 * mss
	if got := round(base); conservative() || got < 30 {
		t.Errorf("a false alarm: conservative %v, %d more for 40", conservative(), got)
	}
	w.Cwnd = 40 * mss
	round(base + 20*time.Millisecond)
	for i := 1; i < hystartRounds; i++ {
		w.Cwnd = 40 * mss
		if round(base + 20*time.Millisecond); !conservative() || w.Ssthresh != math.MaxInt32 {
			t.Fatalf("round %d: conservative %v, ssthresh %d", i, conservative(), w.Ssthresh)
		}
	}
	w.Cwnd = 40 * mss
	if round(base + 20*time.Millisecond); !c.start.over || w.Ssthresh > 50*mss {
		t.Errorf("after %d rounds: over %v, ssthresh %d", hystartRounds, c.start.over, w.Ssthresh)
	}

	// At least 4 ms and at most 16 ms longer, whatever the round trip is; and fewer than eight samples say nothing.
	for _, test := range []struct {
		base, more time.Duration
		packets    int
		want       bool
	}{
		{10 * time.Millisecond, 3 * time.Millisecond, 20, false},
		{10 * time.Millisecond, 4 * time.Millisecond, 20, true},
		{400 * time.Millisecond, 15 * time.Millisecond, 20, false},
		{400 * time.Millisecond, 16 * time.Millisecond, 20, true},
		{10 * time.Millisecond, time.Second, 7, false},
	} {
		c, w, now = new(cubic), Window{MSS: mss, Ssthresh: math.MaxInt32}, 0
		w.Cwnd = test.packets * mss
		round(test.base)
		w.Cwnd = test.packets * mss
		if round(test.base + test.more); conservative() != test.want {
			t.Errorf("%+v: conservative %v", test, conservative())
		}
	}
}
