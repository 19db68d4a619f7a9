//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// tlp is the tail loss probe of RFC 8985 7: when no ACK comes for two round trips, one packet goes out, so that its ACK tells
// what of the end of the flight is lost. RACK can then repair that without waiting for the retransmission timer.
type tlp struct {
	due         bool       // a probe has to go out
	outstanding bool       // one has, and no ACK has said what became of it
	endSeq      header.Seq // where snd.nxt stood behind it: TLP.end_seq, None when not outstanding
	isRetrans   bool       // it was something sent before
	measured    bool       // a round trip has been measured since the last one
	flight      int        // how many sequence numbers were under way

	armed time.Duration // when the timer was last set
}

// maxAckDelay is TLP.max_ack_delay (RFC 8985 7.2): how long a peer may keep the ACK of a single segment to itself.
const maxAckDelay = 200 * time.Millisecond

// armProbe schedules a probe, when new data has gone out or something new has arrived (RFC 8985 7.2). There is none while a
// loss is being repaired, or something has arrived behind something that has not: RACK is on to that.
func (c *Conn) armProbe(now time.Duration) {
	t := &c.recovery.tlp
	if !c.options.report.agreed {
		return
	}
	if c.sent.empty() || t.outstanding || c.recovery.phase >= repairing || c.sent.sackedSpace > 0 || c.snd.wnd == 0 ||
		c.retry.times > 0 || !c.timers.running(timerRetransmit) {
		c.timers.stop(timerProbe)
		t.armed = -1
		return
	}
	pto := time.Second
	if srtt := c.congestion.srtt; srtt > 0 {
		pto = 2 * srtt
		if c.snd.nxt.Sub(c.snd.una) <= c.mss {
			pto += maxAckDelay
		}
	}
	c.timers.start(timerProbe, min(now+pto, c.timers[timerRetransmit]))
	t.armed = now
}

// probeTimeout has a probe sent. At most one is under way, and none before a round trip has been measured since the last:
// else a path on which all takes longer than expected would be probed for ever (RFC 8985 7.3).
func (c *Conn) probeTimeout(now time.Duration) {
	t := &c.recovery.tlp
	if t.outstanding || !t.measured || c.sent.empty() || c.recovery.phase >= repairing {
		return
	}
	t.due = true
	// In place of the retransmission timer, if that was due as well: the probe is given its time (RFC 8985 7.3).
	c.restartRetransmit(now)
}

// probe gives the probe when one is due: the next packet of new data, whatever the congestion window says, or else the last
// one that was sent (TLP_send_probe, RFC 8985 7.3).
func (c *Conn) probe(now time.Duration, s *Segment) bool {
	return c.recovery.tlp.due && c.sendProbe(now, s)
}

func (c *Conn) sendProbe(now time.Duration, s *Segment) bool {
	t := &c.recovery.tlp
	if c.sent.empty() || c.sent.lostSpace > 0 || c.snd.wnd == 0 {
		t.due = false
		return false
	}
	fresh := c.nextText(now, s) // which asks throttle, which lets one packet pass while a probe is due
	if t.due = false; !fresh {
		i := c.sent.newest()
		if n := c.sent.at(i).len(); n > c.mss {
			i = c.sent.split(i, (n-1)/c.mss*c.mss)
		}
		c.sendAgain(now, s, i)
	}
	c.timers.stop(timerProbe)
	c.restartRetransmit(now)
	t.outstanding, t.endSeq, t.isRetrans, t.measured = true, c.snd.nxt, !fresh, false
	t.flight = c.snd.nxt.Sub(c.snd.una)
	c.count(TLPProbes)
	return true
}

// probed is TLP_process_ack (RFC 8985 7.4.2).
func (c *Conn) probed(now time.Duration) {
	t, n := &c.recovery.tlp, &c.recovery.news
	if !t.outstanding || n.number.Before(t.endSeq) {
		return
	}
	switch {
	case !t.isRetrans: // new data, which has arrived
	case n.dsack != (header.Block{}) && n.dsack.Right == t.endSeq: // nothing was lost: the peer has it twice
	case t.endSeq.Before(n.number):
		// The probe has repaired the loss of what it repeated. That is a loss for the congestion control all the same.
		c.count(TLPLosses)
		if c.recovery.phase == calm {
			w := &c.congestion.window
			w.Ssthresh = c.congestion.control.Lost(*w, now, t.flight)
			w.Cwnd = min(w.Cwnd, w.Ssthresh)
			c.reduced()
		}
	case n.duplicate && !n.blocks: // nothing was lost: the peer, which speaks no D-SACK, has it twice
	default:
		return
	}
	t.outstanding = false
}

// forgetProbe ends all probing: something is being repaired in another way.
func (c *Conn) forgetProbe() {
	c.recovery.tlp = tlp{measured: c.recovery.tlp.measured}
	c.timers.stop(timerProbe)
}
