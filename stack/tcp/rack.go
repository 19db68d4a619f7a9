//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// rack is RACK, the loss detection of RFC 8985 6: a segment is lost when one that was sent sufficiently later has arrived.
// It is for connections that have agreed on SACK. The names are the RFC's.
type rack struct {
	xmitTS time.Duration // when the one was sent that was sent last of all that have arrived
	turn   uint32        // … and which it was of those sent at that time
	endSeq header.Seq    // … and where it ends
	rtt    time.Duration // … and how long that took; 0: none has arrived
	minRTT time.Duration // the shortest round trip of all; 0: none
	fack   header.Seq    // behind the highest place that has arrived

	reorderingSeen bool          // something that was not sent again has arrived behind what was sent later
	reoWnd         time.Duration // how much later counts as sufficiently
	reoWndMult     int           // … in quarters of minRTT, less one
	reoWndPersist  int           // how many recoveries more reoWndMult lasts
	dsackRound     header.Seq    // where snd.nxt stood when D-SACK last widened reoWnd
	inDSACKRound   bool          // … and nothing behind it has been acknowledged
}

// reoWndRecoveries is for how many recoveries a wider reordering window lasts (RFC 8985 6.2, step 4).
const reoWndRecoveries = 16

// sentAfter is RACK_sent_after (RFC 8985 6.2, step 2): it says whether what arrived was sent after e. Where the RFC has only
// times, and the order of sequence numbers among equal ones, we have counted: what goes out again in answer to one ACK is
// not to be taken for older than what another brought forth at the same moment. Sequence numbers tell the parts of one
// segment apart.
func (r *rack) sentAfter(e *sentSegment) bool {
	d := int32(r.turn - e.turn)
	return d > 0 || d == 0 && e.end.Before(r.endSeq)
}

// arrived is told of a segment that has arrived, by an ACK or a SACK block, and was not known to have: steps 1 to 3 of
// RFC 8985 6.2.
func (c *Conn) arrived(now time.Duration, e *sentSegment) {
	r, n := &c.recovery.rack, &c.recovery.news
	if !c.options.report.agreed || e.is(markDoubted) {
		return
	}
	rtt := max(now-e.at, 1)
	if !e.is(markRetransmitted) {
		if r.minRTT == 0 || rtt < r.minRTT {
			r.minRTT = rtt
		}
		// Compared with what had arrived before this ACK: within one there is no order.
		if e.end.Before(r.fack) && r.rtt > 0 {
			r.reorderingSeen = true
		}
	}
	if n.fack.Before(e.end) || r.rtt == 0 {
		n.fack = e.end
	}
	// Was it the first of them that arrived? Then that says nothing of when the second was sent. A timestamp tells only of
	// what moves snd.una.
	if e.is(markRetransmitted) && (rtt < r.minRTT || e.end.AtMost(c.snd.una) && c.echoesOlder(e.at)) {
		return
	}
	if r.rtt == 0 || !r.sentAfter(e) {
		r.xmitTS, r.turn, r.endSeq = e.at, e.turn, e.end
	}
	r.rtt = rtt
}

// heedDSACK and widen are RACK_update_reo_wnd (RFC 8985 6.2, step 4).
func (c *Conn) heedDSACK() {
	r, n := &c.recovery.rack, &c.recovery.news
	if r.inDSACKRound && r.dsackRound.AtMost(c.snd.una) {
		r.inDSACKRound = false
	}
	if n.dsack != (header.Block{}) {
		c.needless()
	}
}

// needless is told that something was sent again in vain: once a round trip that makes the reordering window wider.
func (c *Conn) needless() {
	if r := &c.recovery.rack; !r.inDSACKRound {
		r.inDSACKRound, r.dsackRound = true, c.snd.nxt
		r.reoWndMult++
		r.reoWndPersist = reoWndRecoveries
	}
}

func (c *Conn) widen() {
	r := &c.recovery.rack
	if !r.reorderingSeen && (c.recovery.phase >= repairing || c.sent.sackedPackets >= enough) {
		r.reoWnd = 0
		return
	}
	r.reoWnd = min(r.minRTT/4*time.Duration(1+r.reoWndMult), c.congestion.srtt)
}

// narrow counts the recoveries that have ended since D-SACK last widened the window.
func (r *rack) narrow() {
	if r.reoWndPersist--; r.reoWndPersist <= 0 {
		r.reoWndMult, r.reoWndPersist = 0, 0
	}
}

// detectLoss is RACK_detect_loss_and_arm_timer (step 5). The segments under way stand in the order in which they were sent: at
// the first that is not lost the search ends. The timer is set for that one, where the RFC sets it for the last: so each is
// found at its time, and an ACK costs what it finds and one more.
func (c *Conn) detectLoss(now time.Duration) {
	r, q := &c.recovery.rack, &c.sent
	c.timers.stop(timerReorder)
	for r.rtt > 0 {
		i := q.firstFlying()
		if i == none {
			return
		}
		q.visited++
		e := q.at(i)
		if !r.sentAfter(e) {
			return
		}
		c.widen()
		if at := e.at + r.rtt + r.reoWnd; at > now {
			c.timers.start(timerReorder, at)
			return
		}
		if c.tooLarge(now, e) {
			c.loseProbe(now, i)
			continue
		}
		q.lose(i)
		c.count(SegmentsLost)
		c.recovery.news.lost = true
	}
}

// reorderTimeout is told that a segment has been late for long enough to be lost.
func (c *Conn) reorderTimeout(now time.Duration) {
	c.hear(c.snd.una)
	c.judge(now)
}

// horizon says of what was sent when a retransmission timeout finds it lost (RFC 8985 6.3): what has had its time. The rest
// may still be on its way.
func (c *Conn) horizon(now time.Duration) time.Duration {
	if r := &c.recovery.rack; c.options.report.agreed && r.rtt > 0 {
		return now - r.rtt - r.reoWnd
	}
	return now
}
