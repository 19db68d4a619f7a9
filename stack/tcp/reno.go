//go:build !before9

package tcp

import "time"

// Reno is the congestion control of RFC 5681 with the byte counting of RFC 3465: the window grows by a segment a round
// trip, and a loss halves it.
func Reno() Controller { return new(reno) }

type reno struct {
	acked    int  // bytes acknowledged since the window last grew, in congestion avoidance
	timedOut bool // in the slow start after a timeout
}

// Acked is part of Controller.
func (r *reno) Acked(w *Window, p Progress) {
	if !p.Limited {
		return
	}
	if w.Cwnd < w.Ssthresh {
		// Slow start: what has arrived makes room for as much again. After a timeout an ACK may stand for segments that
		// had long arrived, so that L is 1 and not 2 (RFC 3465 2.3).
		l := 2
		if r.timedOut {
			l = 1
		}
		w.Cwnd += min(p.Bytes, l*w.MSS)
		return
	}
	r.timedOut = false
	if r.acked += p.Bytes; r.acked >= w.Cwnd {
		r.acked -= w.Cwnd
		w.Cwnd += w.MSS
	}
}

// Lost is part of Controller (RFC 5681, equation 4).
func (r *reno) Lost(w Window, _ time.Duration, flight int) int {
	r.acked = 0
	return max(flight/2, 2*w.MSS)
}

// Timeout is part of Controller.
func (r *reno) Timeout(w Window, now time.Duration, flight int) int {
	r.timedOut = true
	return r.Lost(w, now, flight)
}

// Undo takes back that there was a timeout. The window is not its business.
func (r *reno) Undo() { r.timedOut = false }
