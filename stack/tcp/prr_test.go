//go:build !before9

package tcp

import (
	"math"
	"testing"
	"time"
)

// TestPRRProportion: of 100 packets under way a few are lost. While the window goes down, what goes out is ssthresh / RecoverFS
// of what arrives, evenly; in the end ssthresh is under way.
func TestPRRProportion(t *testing.T) {
	for _, control := range []struct {
		name string
		make func() Controller
		beta float64
	}{{"Reno", Reno, 0.5}, {"CUBIC", CUBIC, 0.7}} {
		t.Run(control.name, func(t *testing.T) {
			e := newSACK(t)
			const n = 100
			e.c.congestion.control = control.make()
			e.c.snd.wnd = 1 << 20
			e.c.congestion.window.Cwnd = n * mss
			e.bulk(1000)
			e.takeAll()
			e.now += 100 * time.Millisecond
			out, most := 0, 0
			arrives := func(i int) {
				e.selective1(place(0), block(1, i+1))
				e.c.snd.wnd = 1 << 20
				k := len(e.takeAll())
				out, most = out+k, max(most, k)
			}
			for i := 1; i <= 3; i++ {
				arrives(i)
			}
			ssthresh := e.c.congestion.window.Ssthresh
			if want := control.beta * n * mss; math.Abs(float64(ssthresh)-want) > mss {
				t.Fatalf("ssthresh %d, not %.0f", ssthresh, want)
			}
			out, most = 0, 0
			for i := 4; i < n; i++ {
				arrives(i)
				p := &e.c.recovery.prr
				if e.c.pipe() > ssthresh {
					if want := float64(p.delivered) * float64(ssthresh) / float64(p.recoverFS); math.Abs(float64(p.out)-want) > 2*mss {
						t.Fatalf("packet %d: %d bytes have gone out for %d, not %.0f", i, p.out, p.delivered, want)
					}
				}
			}
			if most > 1 {
				t.Errorf("%d packets at once", most)
			}
			if pipe := e.c.pipe(); pipe > ssthresh || pipe <= ssthresh-2*mss {
				t.Errorf("%d bytes are under way, ssthresh is %d", pipe, ssthresh)
			}
		})
	}
}

// TestCongested: what a router asks for is done once for a window, in proportion, and is over when the window is through
// (RFC 3168 6.1.2).
func TestCongested(t *testing.T) {
	e := newSACK(t).bulk(200)
	e.take()
	e.now += 100 * time.Millisecond
	e.sack(2).take()
	nxt := e.c.snd.nxt
	if !e.c.congested(e.now) || e.c.congested(e.now) {
		t.Error("not reduced once")
	}
	ssthresh := e.c.congestion.window.Ssthresh
	for i := 3; place(i).Before(nxt); i++ {
		e.sack(i)
		if e.c.congested(e.now) {
			t.Fatalf("again, at packet %d", i)
		}
		if n := len(e.take()); n > 1 {
			t.Errorf("packet %d: %d go out", i, n)
		}
	}
	e.selective(nxt)
	if w := e.c.congestion.window; w.Cwnd != ssthresh || w.Ssthresh != ssthresh || e.c.recovery.phase != calm {
		t.Errorf("%+v, phase %d; ssthresh was %d", w, e.c.recovery.phase, ssthresh)
	}
	if !e.c.congested(e.now) {
		t.Error("not again")
	}
	// A loss while it goes down does not reduce it twice.
	ssthresh = e.c.congestion.window.Ssthresh
	e.take()
	e.now += 100 * time.Millisecond
	at := e.c.snd.una.Sub(place(0)) / mss
	e.sack(at, [2]int{at + 1, at + 4})
	if e.c.recovery.phase != repairing || e.c.congestion.window.Ssthresh != ssthresh {
		t.Errorf("phase %d, ssthresh %d, was %d", e.c.recovery.phase, e.c.congestion.window.Ssthresh, ssthresh)
	}
}
