//go:build !before9

package tcp

import (
	"math"
	"testing"
	"time"
)

// TestCubicFunction follows W(t) = C(t-K)^3 + Wmax of RFC 9438 after a loss, on a path where Reno would be slower.
func TestCubicFunction(t *testing.T) {
	const rtt = 100 * time.Millisecond
	c := new(cubic)
	w := Window{MSS: mss, Cwnd: 500 * mss, Ssthresh: math.MaxInt32}
	w.Ssthresh = c.Lost(w, 0, w.Cwnd)
	w.Cwnd = w.Ssthresh
	if w.Cwnd != 350*mss {
		t.Fatalf("after the loss: %d packets", w.Cwnd/mss)
	}
	k := math.Cbrt(500 * 0.3 / 0.4) // 7.2 s
	for now := time.Duration(0); now <= 10*time.Second; {
		n := w.Cwnd / mss
		for i := range n {
			at := now + rtt*time.Duration(i)/time.Duration(n)
			c.Acked(&w, Progress{Now: at, Bytes: mss, RTT: rtt, Limited: true, Round: i == 0})
		}
		now += rtt
		if now%time.Second != 0 {
			continue
		}
		want := 0.4*math.Pow(now.Seconds()-k, 3) + 500
		if got := float64(w.Cwnd) / mss; math.Abs(got-want) > 0.02*want {
			t.Errorf("at %v: %.1f packets, not %.1f", now, got, want)
		}
	}
	// Fast convergence: a loss below the last maximum makes room for others.
	c = new(cubic)
	c.Lost(Window{MSS: mss, Cwnd: 100 * mss}, 0, 100*mss)
	c.Lost(Window{MSS: mss, Cwnd: 80 * mss}, 0, 80*mss)
	if math.Abs(c.wMax-68) > 1e-9 || c.prior != 80 {
		t.Errorf("wMax %v, prior %v", c.wMax, c.prior)
	}
}

// TestCubicFriendly: on a short path the window is never smaller than Reno's of RFC 9438 4.3.
func TestCubicFriendly(t *testing.T) {
	const rtt = time.Millisecond
	c := new(cubic)
	w := Window{MSS: mss, Cwnd: 20 * mss}
	w.Ssthresh = c.Lost(w, 0, w.Cwnd)
	w.Cwnd = w.Ssthresh
	est := float64(w.Cwnd) / mss
	for round := range 20 {
		n := w.Cwnd / mss
		for i := range n {
			est += cubicAlpha / (float64(w.Cwnd) / mss)
			c.Acked(&w, Progress{Now: time.Duration(round) * rtt, Bytes: mss, RTT: rtt, Limited: true, Round: i == 0})
			if got := float64(w.Cwnd) / mss; est < 20 && math.Abs(got-est) > 0.1 {
				t.Fatalf("round %d: %.2f packets, Reno has %.2f", round, got, est)
			}
		}
	}
}
