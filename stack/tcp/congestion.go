//go:build !before9

package tcp

import (
	"math"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// congestion is what a connection knows of the network between the two ends: how much of it may be there at a time.
type congestion struct {
	control Controller
	window  Window
	srtt    time.Duration // smoothed round-trip time; 0: not measured yet
	sent    time.Duration // when a segment with data was last sent
	// limited is where snd.nxt stood when the congestion window, and nothing else, last kept something back, or was
	// about to. An ACK of what lies before it says that the network takes that much; one of what lies behind says
	// nothing of the kind, and the window does not grow on it (RFC 9438 5.8).
	limited header.Seq
	round   header.Seq // where snd.nxt stood when this round trip began
}

// initialWindow is how much goes out before anything is known (RFC 6928 2).
func initialWindow(mss int) int { return min(10*mss, max(2*mss, 14600)) }

// beginCongestion is called when the connection stands and the MSS is known.
func (c *Conn) beginCongestion() {
	g := &c.congestion
	g.control = CUBIC()
	if c.config.NewController != nil {
		g.control = c.config.NewController()
	}
	g.window = Window{MSS: c.mss, Cwnd: initialWindow(c.mss), Ssthresh: math.MaxInt32}
	if c.retry.syns > 1 {
		// The SYN was lost, and again: no reason to be bold (RFC 5681 3.1). A single one may only have been late, and since
		// RFC 6298 the timer is quick: RFC 6928 2 asks not to begin with one segment for that.
		g.window.Cwnd = c.mss
	}
	g.round = c.snd.nxt
	g.limited = c.snd.una
	c.recovery.recover = c.snd.iss
	c.recovery.rack.fack = c.snd.una
	c.recovery.tlp.measured = g.srtt > 0
}

// pipe is how many sequence numbers are on their way: sent, neither known to have arrived nor taken for lost (RFC 6675 4).
func (c *Conn) pipe() int {
	return max(0, c.unknown()-c.sent.lostSpace-c.recovery.dupSpace) // what duplicate ACKs stand for is a guess
}

// room is how many bytes more the congestion window lets go out.
func (c *Conn) room() int {
	pipe, g := c.pipe(), &c.congestion
	w := &g.window
	if pipe+w.MSS > w.Cwnd || w.Cwnd < w.Ssthresh && 2*pipe > w.Cwnd {
		g.limited = c.snd.nxt
	}
	return w.Cwnd - pipe
}

// throttle says how many of the n bytes of new data that the peer's window takes the network may be given now: all, or as
// many whole packets as there is room for. What is lost goes first.
func (c *Conn) throttle(n int) int {
	room := c.room()
	if c.sent.lostSpace > 0 {
		return 0
	}
	n = c.single(n)
	if c.recovery.tlp.due {
		return min(n, c.mss) // RFC 8985 7.3: a probe does not ask the window
	}
	if n <= room {
		return n
	}
	return max(0, room-room%c.mss)
}

// left notes that a segment has gone out that takes up sequence numbers.
func (c *Conn) left(now time.Duration, e *sentSegment) {
	r := &c.recovery
	c.congestion.sent = now
	r.prr.out += e.len()
	if e.is(markRetransmitted) {
		r.undo.repeated(now, e.seq, e.end)
	} else if r.tlp.armed != now || c.snd.nxt.Sub(c.snd.una) <= 2*c.mss { // once is enough for a burst
		c.armProbe(now)
	}
}

// restartIdle begins anew with the initial window when nothing has been sent for more than an RTO (RFC 5681 4.1): what was
// known of the network is stale, and no ACKs come in to pace what goes out.
func (c *Conn) restartIdle(now time.Duration) {
	if c.sent.empty() {
		c.restart(now)
	}
}

func (c *Conn) restart(now time.Duration) {
	w, initial := &c.congestion.window, initialWindow(c.mss)
	if w.Cwnd > initial && now-c.congestion.sent > c.rto() {
		w.Cwnd = initial
	}
}

// advanced is told that acked sequence numbers more are known to have arrived, and of the round-trip time if that is
// a sample. It stands behind snd.una and the queue, and before the retransmission timer.
func (c *Conn) advanced(now time.Duration, acked int, rtt time.Duration, sample bool) {
	g, r := &c.congestion, &c.recovery
	n := &r.news
	n.acked = acked
	if sample {
		n.rtt = rtt
		r.tlp.measured = true
		if g.srtt == 0 {
			g.srtt = rtt
		} else {
			g.srtt += (rtt - g.srtt) / 8
		}
	}
	if g.control == nil { // the SYN
		return
	}
	g.window.MSS = c.mss
	if n.round = g.round.Before(c.snd.una); n.round {
		g.round = c.snd.nxt
	}
	n.limited = c.snd.una.Add(-acked).Before(g.limited)
	if g.limited.Before(c.snd.una) {
		g.limited = c.snd.una // keeps up, or one day it would be taken for what lies ahead
	}
	if r.phase == calm && r.recover.Before(c.snd.una) {
		r.recover = c.snd.una.Add(-1) // likewise
	}
	r.advance(acked, c.mss)
}

// grow lets the congestion control open the window for what has arrived.
func (c *Conn) grow(now time.Duration) {
	g, n := &c.congestion, &c.recovery.news
	g.control.Acked(&g.window, Progress{Now: now, Bytes: n.acked, RTT: g.srtt, Sample: n.rtt, Limited: n.limited, Round: n.round})
}
