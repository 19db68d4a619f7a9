//go:build !before9

package tcp

import (
	"math"
	"time"
)

// CUBIC is the congestion control of RFC 9438, with the slow start of RFC 9406 (HyStart++). After a loss the window rises
// along a cubic function of time: fast at first, flat about where the loss was, then fast again.
func CUBIC() Controller { return new(cubic) }

// The constants of RFC 9438 4.1 and 4.6. Windows are in segments here and time in seconds, as there.
const (
	cubicC     = 0.4
	cubicBeta  = 0.7
	cubicAlpha = 3 * (1 - cubicBeta) / (1 + cubicBeta) // alpha_cubic, 4.3
)

type cubic struct {
	curve
	before   curve // what it was before the last reduction
	timedOut bool  // in the slow start after a timeout
}

// curve is the function, and where on it the window is.
type curve struct {
	wMax   float64       // the window just before the last reduction
	prior  float64       // cwnd_prior: the same, without fast convergence
	k      float64       // how long the function takes to come back to wMax
	wEst   float64       // what Reno's window would be
	rest   float64       // what the window has grown by that is not a whole byte yet, in bytes
	epoch  time.Duration // when this congestion avoidance began
	avoids bool          // it has
	last   time.Duration // when an ACK last came

	start hystart
}

// Acked is part of Controller.
func (c *cubic) Acked(w *Window, p Progress) {
	gap := p.Now - c.last
	c.last = p.Now
	if w.Cwnd < w.Ssthresh {
		c.avoids = false
		if p.Limited {
			c.slowStart(w, p)
		}
		return
	}
	c.timedOut = false
	if !p.Limited {
		c.epoch += gap // time in which the application had nothing to send does not count (RFC 9438 5.8)
		return
	}
	cwnd := float64(w.Cwnd) / float64(w.MSS)
	if !c.avoids {
		c.avoid(p.Now, cwnd)
	}
	acked := float64(p.Bytes) / float64(w.MSS)
	alpha := cubicAlpha
	if c.wEst >= c.prior {
		alpha = 1
	}
	// The conversions keep a machine from joining a product and a sum in one step of another precision: a simulation is
	// to be the same on all.
	c.wEst += float64(alpha * acked / cwnd)
	next := c.wEst // the Reno-friendly region, 4.3
	if t := p.Now - c.epoch; c.at(t) >= c.wEst {
		target := min(max(c.at(t+p.RTT), cwnd), 1.5*cwnd)
		next = cwnd + float64((target-cwnd)/cwnd*acked) // 4.4, 4.5
	}
	c.rest += float64(max(0, next-cwnd) * float64(w.MSS))
	whole := math.Floor(c.rest)
	c.rest -= whole
	w.Cwnd += int(whole)
}

// avoid begins a congestion avoidance in which the window is cwnd.
func (c *cubic) avoid(now time.Duration, cwnd float64) {
	c.avoids, c.epoch = true, now
	c.wEst, c.rest = cwnd, 0
	c.wMax = max(c.wMax, cwnd)
	c.k = math.Cbrt((c.wMax - cwnd) / cubicC) // equation 2
}

// at is W_cubic(t), equation 1.
func (c *cubic) at(t time.Duration) float64 {
	d := t.Seconds() - c.k
	return float64(cubicC*d*d*d) + c.wMax
}

// slowStart lets the window grow by what has arrived.
func (c *cubic) slowStart(w *Window, p Progress) {
	if c.timedOut {
		w.Cwnd += min(p.Bytes, w.MSS) // RFC 3465 2.3
		return
	}
	w.Cwnd += c.start.growth(w, p)
	if c.start.over {
		w.Ssthresh = w.Cwnd
	}
}

// Lost is part of Controller (RFC 9438 4.6).
func (c *cubic) Lost(w Window, _ time.Duration, flight int) int {
	c.before = c.curve
	cwnd := float64(w.Cwnd) / float64(w.MSS)
	c.prior = cwnd
	if cwnd < c.wMax { // fast convergence, 4.7: somebody else needs room
		cwnd *= (1 + cubicBeta) / 2
	}
	c.wMax = cwnd
	c.avoids, c.start.over = false, true
	return max(flight*7/10, 2*w.MSS) // beta is 0.7
}

// Timeout is part of Controller (RFC 9438 4.8): the function begins anew where slow start ends.
func (c *cubic) Timeout(w Window, now time.Duration, flight int) int {
	ssthresh := c.Lost(w, now, flight)
	c.wMax, c.timedOut = 0, true
	return ssthresh
}

// Undo takes back what Lost or Timeout has done last: there was no loss (RFC 9438 4.9).
func (c *cubic) Undo() { c.curve, c.timedOut = c.before, false }
