//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// recovery is how a connection finds out what was lost, and repairs it. With SACK it is RACK-TLP (RFC 8985) that finds it,
// without it NewReno (RFC 6582). How much goes out meanwhile is PRR's business (RFC 9937) in either case.
type recovery struct {
	phase phase
	// recover is where snd.nxt stood when this phase began: RecoveryPoint in RFC 6675. What lies before it was sent before
	// the window was reduced, and its loss is no news (RFC 6582 3.2, step 2; RFC 6675 5.1).
	recover header.Seq
	atOnce  bool // the oldest segment goes out again whatever the congestion window says
	ended   bool // the phase ended with the ACK at hand

	news  ackNews    // what the ACK at hand tells
	board scoreboard // where what the peer has stands
	rack  rack       // what of the rest is lost
	tlp   tlp        // … when no ACK comes
	prr   prr        // how much may go out meanwhile
	undo  undo       // … and what it was before

	duplicates int // duplicate ACKs in a row: without SACK
	dupSpace   int // how many sequence numbers they stand for
	partial    int // ACKs that have repaired a part
}

// phase is how it stands with the congestion window.
type phase uint8

const (
	calm         phase = iota // it grows
	reducing                  // it goes down to ssthresh because a router has asked for it: CWR
	repairing                 // … because something is lost: fast recovery
	afterTimeout              // something was lost, and only the retransmission timer told: RTO recovery
)

// enough is DupThresh: how many packets must have arrived behind one for it to be lost, and not only late.
const enough = 3

// judge draws the conclusions from an ACK, when all it says has been noted.
func (c *Conn) judge(now time.Duration) {
	r, n := &c.recovery, &c.recovery.news
	if c.congestion.control == nil {
		return
	}
	n.delivered += n.unknown - c.unknown()
	if c.options.report.agreed {
		if n.dsack != (header.Block{}) || r.rack.inDSACKRound {
			c.heedDSACK()
		}
		c.detectLoss(now)
		r.rack.fack = n.fack
	}
	if r.tlp.outstanding {
		c.probed(now)
	}
	if r.undo.possible && r.undo.first != 0 {
		c.tryUndo()
	}
	if r.phase != calm && r.recover.AtMost(c.snd.una) {
		c.recovered()
	} else if r.phase == repairing && !c.options.report.agreed && n.acked > 0 {
		c.partialACK()
	}
	if n.lost && r.phase < repairing {
		c.beginRepair(now)
	}
	switch {
	case r.phase == reducing || r.phase == repairing:
		c.pace()
	case n.acked > 0 && !r.ended:
		c.grow(now)
	}
	r.ended = false
	if n.acked > 0 || n.delivered > 0 {
		c.armProbe(now)
	}
}

// beginRepair begins fast recovery (RFC 5681 3.2, RFC 6675 5, step 4).
func (c *Conn) beginRepair(now time.Duration) {
	r := &c.recovery
	if r.phase == calm { // else the window is on its way down already
		c.mayUndo(false)
		c.reduce(now)
	}
	r.phase, r.partial = repairing, 0
	c.count(FastRecoveries)
	c.forgetProbe()
	c.restartRetransmit(now)
}

// reduce asks the congestion control for the new ssthresh, and has PRR lead the way to it.
func (c *Conn) reduce(now time.Duration) {
	w, n := &c.congestion.window, &c.recovery.news
	recoverFS := max(1, c.outstanding())
	// FlightSize counts what limited transmit has sent no more than what it has taken the place of (RFC 5681 3.2, step 2).
	flight := min(c.snd.nxt.Sub(c.snd.una)+n.acked, max(w.Cwnd, recoverFS))
	w.Ssthresh = c.congestion.control.Lost(*w, now, flight)
	c.recovery.prr = prr{recoverFS: recoverFS}
	c.recovery.recover = c.snd.nxt
	c.reduced()
}

// congested reduces the window because a router has asked for it (RFC 3168 6.1.2), unless it is being reduced. It returns
// whether it did.
func (c *Conn) congested(now time.Duration) bool {
	if c.recovery.phase != calm {
		return false
	}
	c.recovery.undo.possible = false
	c.reduce(now)
	c.recovery.phase = reducing
	c.pace()
	return true
}

// recovered ends a phase: all has arrived that was under way when it began.
func (c *Conn) recovered() {
	r, w := &c.recovery, &c.congestion.window
	switch r.phase {
	case reducing, repairing:
		w.Cwnd = w.Ssthresh // RFC 9937 6.2
		if !c.options.report.agreed {
			// How much is under way has only been guessed: no burst (RFC 6582 3.2, step 3).
			w.Cwnd = min(w.Ssthresh, max(c.snd.nxt.Sub(c.snd.una), c.mss)+c.mss)
		}
		r.ended = true
	}
	if r.phase >= repairing {
		r.rack.narrow()
	}
	r.phase, r.atOnce, r.dupSpace = calm, false, 0
}

// collapse is what the retransmission timer means to the congestion window (RFC 5681 3.1, 5; RFC 6582 3.2, step 4): one
// segment, and slow start from there. When the timer goes off for the same segment again nothing new is learnt.
func (c *Conn) collapse(now time.Duration) {
	r, g := &c.recovery, &c.congestion
	if !c.sent.empty() && c.sent.at(c.sent.oldest()).is(markSacked) {
		c.count(SACKReneged) // the peer had it, and has thrown it away (RFC 2018 8)
	}
	if g.control == nil || c.snd.wnd == 0 { // a probe of a closed window: it is the peer that does not take it
		return
	}
	if c.tooLong(now) { // no sign of congestion
		r.atOnce = true
		c.forgetProbe()
		c.timers.stop(timerReorder)
		return
	}
	if c.retry.times == 0 {
		c.mayUndo(true)
		// While a loss is repaired without SACK more is sent than acknowledged: that has never been under way at once.
		g.window.Ssthresh = g.control.Timeout(g.window, now, min(c.unknown(), max(g.window.Cwnd, c.mss)))
		c.reduced()
	}
	g.window.Cwnd = c.mss
	r.phase, r.recover, r.atOnce = afterTimeout, c.snd.nxt, true
	r.duplicates, r.dupSpace = 0, 0
	c.forgetProbe()
	c.timers.stop(timerReorder)
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
		// What arrived may have become one with its neighbours, before a timeout cast doubt on it; or it was a larger packet.
		limit = min(max(limit, room-room%c.mss), c.largest(c.mss))
	}
	c.sent.cut(i, limit)
	return true
}

// recoveringOldest says whether the segment at place i is the one that fast recovery waits for. Every time that goes out again
// the retransmission timer starts afresh: what has arrived meanwhile has shown that the network is alive.
func (c *Conn) recoveringOldest(i int32) bool {
	return c.recovery.phase == repairing && i == c.sent.oldest() && !c.impatient()
}

// cut cuts the segment at place i in two, if it is longer than n.
func (q *sentQueue) cut(i int32, n int) {
	if q.at(i).len() > n {
		q.split(i, n)
	}
}
