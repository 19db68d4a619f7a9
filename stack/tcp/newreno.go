//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Without SACK all that tells of a loss is that the peer repeats itself: fast retransmit of RFC 5681 3.2, with NewReno's
// answer to partial ACKs (RFC 6582).

// duplicate counts duplicate ACKs as RFC 5681 2 defines them: something is under way, and the ACK repeats the last one,
// carries nothing (length: data, SYN and FIN) and does not change the window. So it stands before the window is updated.
func (c *Conn) duplicate(now time.Duration, h *header.TCP, length int) {
	r := &c.recovery
	switch {
	case h.Ack != c.snd.una || length > 0 || c.sent.empty() || c.windowOf(h) != c.snd.wnd:
		return
	case c.snd.wnd == 0: // it answers a probe
		return
	}
	r.news.duplicate = true
	if c.options.report.agreed || r.phase != repairing && !r.recover.Before(c.snd.una) {
		return
	}
	// One more packet has left the network (RFC 5681 3.2, step 4), and until the third another may follow (step 1,
	// RFC 3042). What is missing is not among them.
	r.duplicates++
	if r.dupSpace+c.mss < c.snd.nxt.Sub(c.snd.una) && (r.phase != repairing || r.prr.delivered < r.prr.recoverFS*(1+r.partial)) {
		r.dupSpace += c.mss
		r.news.delivered = c.mss
	}
	switch i := c.sent.oldest(); {
	case r.phase >= repairing || r.duplicates < enough:
	case c.tooLarge(now, c.sent.at(i)):
		c.loseProbe(now, i)
	default:
		c.repair()
	}
}

// repair has the oldest segment sent again at once.
func (c *Conn) repair() {
	i := c.sent.oldest()
	c.sent.cut(i, c.mss)
	if !c.sent.at(i).is(markLost) {
		c.sent.lose(i)
		c.count(SegmentsLost)
	}
	c.recovery.atOnce, c.recovery.news.lost = true, true
}

// advance takes an ACK of something new into account: what duplicate ACKs stood for is acknowledged now, except for the
// first packet, which is the one that was missing.
func (r *recovery) advance(acked, mss int) {
	r.duplicates = 0
	known := min(r.dupSpace, max(0, acked-mss))
	r.dupSpace -= known
	r.news.delivered -= known // RFC 9937 6.2
	if r.phase < repairing {
		r.dupSpace = 0
	}
}

// patient is how many partial ACKs the retransmission timer starts afresh for. A round trip goes by for each. Where that many
// are lost, to let the timer go off and send all again in slow start is quicker than to go on: the Impatient variant of RFC
// 6582 4, which the RFC recommends, with somewhat more patience than for one, for the timer is quicker than the RFC's.
const patient = 4

// partialACK is an ACK of something new that is not all that was under way when fast recovery began: the segment at which it
// stops is lost too (RFC 6582 3.2, step 3).
func (c *Conn) partialACK() {
	c.recovery.partial++
	c.repair()
}

// impatient says that there have been enough of them.
func (c *Conn) impatient() bool {
	r := &c.recovery
	return r.phase == repairing && r.partial >= patient && c.snd.una.Before(r.recover)
}

// countsACKs says whether the peer has nothing but the number of our ACKs to tell what arrives behind a gap.
func (c *Conn) countsACKs() bool { return !c.options.report.agreed }
