//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// recovery is how a connection finds out early what was lost, and repairs it: fast retransmit and fast recovery of
// RFC 5681 3.2 with NewReno's answer to partial ACKs (RFC 6582).
type recovery struct {
	duplicates int  // duplicate ACKs in a row
	flight     int  // what was under way when the first of them came
	active     bool // fast recovery, from the third on
	// recover is where snd.nxt stood when fast recovery began or the timer went off last. What is repeated before it may
	// have arrived, and duplicate ACKs of that are no news (RFC 6582 3.2, step 2).
	recover header.Seq
	atOnce  bool // the next retransmission goes out whatever the congestion window says
}

// enough is how many duplicate ACKs mean that a segment is lost, and not only late.
const enough = 3

// duplicate counts duplicate ACKs as RFC 5681 2 defines them: something is under way, and the ACK repeats the last one,
// carries nothing (length: data, SYN and FIN) and does not change the window. So it stands before the window is updated.
func (c *Conn) duplicate(now time.Duration, h *header.TCP, length int) {
	r, w := &c.recovery, &c.congestion.window
	switch {
	case h.Ack != c.snd.una || length > 0 || c.sent.empty() || c.windowOf(h) != c.snd.wnd:
		return
	case c.snd.wnd == 0: // it answers a probe
		return
	case r.active:
		w.Cwnd += c.mss // one more segment has left the network (RFC 5681 3.2, step 4)
		return
	case !r.recover.Before(c.snd.una):
		return
	}
	if r.duplicates == 0 {
		r.flight = c.snd.nxt.Sub(c.snd.una)
	}
	if r.duplicates++; r.duplicates < enough {
		return
	}
	// Steps 2 and 3. What limited transmit has sent does not count as under way.
	w.Ssthresh = c.congestion.control.Lost(*w, now, r.flight)
	w.Cwnd = w.Ssthresh + enough*c.mss
	r.active, r.recover = true, c.snd.nxt
	c.repair()
	c.restartRetransmit(now)
}

// limitedTransmit is how much more than the congestion window may be under way: a segment for each of the first two
// duplicate ACKs, so that a third can come of a small window (RFC 3042).
func (c *Conn) limitedTransmit() int {
	if c.recovery.active {
		return 0
	}
	return c.recovery.duplicates * c.mss
}

// repair has the oldest segment sent again at once.
func (c *Conn) repair() {
	c.sent.cut(c.sent.oldest(), c.mss)
	c.sent.lose(c.sent.oldest())
	c.recovery.atOnce = true
}

// recovering takes an ACK of something new in fast recovery (RFC 6582 3.2, step 3). It returns false when there is none:
// the ACK is then the congestion control's.
func (c *Conn) recovering(acked int) bool {
	r, w := &c.recovery, &c.congestion.window
	r.duplicates = 0
	if !r.active {
		if r.recover.Before(c.snd.una) {
			r.recover = c.snd.una.Add(-1) // keeps up, or one day it would be taken for what lies ahead
		}
		return false
	}
	if !c.snd.una.Before(r.recover) {
		// A full ACK: all that was under way has arrived. The window is what is left of it, without a burst.
		w.Cwnd = min(w.Ssthresh, max(c.snd.nxt.Sub(c.snd.una), c.mss)+c.mss)
		r.active, r.atOnce = false, false
		return true
	}
	// A partial ACK: the segment at which it stops is lost too. The timer starts afresh at each (the Slow-but-Steady
	// variant): with a least RTO of 200 ms the Impatient one would give up on paths that are merely long.
	w.Cwnd -= acked
	if acked >= c.mss {
		w.Cwnd += c.mss
	}
	w.Cwnd = max(w.Cwnd, c.mss)
	c.repair()
	return true
}

// mayResend says whether the segment at place i, which is lost, may go out again now. A super-segment is cut to what may.
func (c *Conn) mayResend(i int32) bool {
	limit := c.mss
	if c.recovery.atOnce && i == c.sent.oldest() {
		c.recovery.atOnce = false
	} else if c.congestion.control != nil { // not for a SYN
		room := c.room()
		if room < min(c.sent.at(i).len(), c.mss) {
			return false
		}
		limit = max(limit, room-room%c.mss)
	}
	c.sent.cut(i, limit)
	return true
}

// cut cuts the segment at place i in two, if it is longer than n.
func (q *sentQueue) cut(i int32, n int) {
	if q.at(i).len() > n {
		q.split(i, n)
	}
}

// arrived is told of a segment that an ACK covers, and that was not known to have arrived.
func (c *Conn) arrived(now time.Duration, e *sentSegment) {}
