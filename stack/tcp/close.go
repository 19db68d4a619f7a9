//go:build !before6

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// closing is what a connection knows of its two FINs.
type closing struct {
	wanted bool          // the application has nothing more to send
	sent   bool          // our FIN has been sent; it stands just before snd.nxt
	heard  bool          // the peer's FIN has arrived, perhaps before what precedes it
	seq    header.Seq    // … and stands here
	silent bool          // nobody will read any more
	left   time.Duration // when the application last said one or the other
}

// Close says that the application has nothing more to send (RFC 9293 3.10.4). What it has written still goes out, and
// the FIN behind it; what the peer sends can still be read.
func (c *Conn) Close() {
	c.closing.left = c.now
	switch c.state {
	case SynSent:
		c.become(Closed)
	case SynReceived:
		c.closing.wanted = true // the FIN waits until the connection stands, as if data waited; without, says the RFC, it could go
	case Established:
		c.closing.wanted = true
		c.become(FinWait1)
	case CloseWait:
		c.closing.wanted = true
		c.become(LastAck)
	}
}

// closeQueued does what Close could not do yet.
func (c *Conn) closeQueued() {
	if c.closing.wanted {
		c.become(FinWait1)
	}
}

// Deafen says that nobody will read any more: Read returns io.EOF from now on. When there is something unread, or something
// comes, the connection is reset, so that the peer learns that it was lost (RFC 9293 3.6.1, SHLD-3). In TIME-WAIT the peer has
// been told that all arrived, and the wait goes on.
func (c *Conn) Deafen() {
	c.closing.silent, c.closing.left = true, c.now
	if c.receive.Len() > 0 && c.state != TimeWait && c.state != Closed {
		c.reset()
	}
}

// deaf resets the connection if data has come that nobody will read.
func (c *Conn) deaf() bool {
	if c.closing.silent {
		c.reset()
	}
	return c.closing.silent
}

// readEnds says that there is nothing more to be read, and that this is no error, whatever becomes of the connection: all up
// to the peer's FIN has been, or nobody wants it.
func (c *Conn) readEnds() bool {
	return c.closing.silent || c.closing.heard && c.closing.seq.Before(c.rcv.nxt)
}

// finDue says whether the FIN is to go out now; last says whether all data is out with it.
func (c *Conn) finDue(last bool) bool {
	if !last || !c.finWaits() {
		return false
	}
	c.closing.sent = true
	return true
}

// finWaits says whether the FIN has to go out, now or behind data that waits.
func (c *Conn) finWaits() bool { return c.closing.wanted && !c.closing.sent }

// finSent is how many of the sequence numbers that are under way are not data.
func (c *Conn) finSent() int {
	if c.closing.sent {
		return 1
	}
	return 0
}

// finAcknowledged completes the fifth check of RFC 9293 3.10.7.4 in the states that wait for the ACK of our FIN. It
// returns false when the connection is over.
func (c *Conn) finAcknowledged(now time.Duration) bool {
	return !c.closing.sent || c.snd.una != c.snd.nxt || c.allAcknowledged(now)
}

func (c *Conn) allAcknowledged(now time.Duration) bool {
	switch c.state {
	case FinWait1:
		c.become(FinWait2)
	case Closing:
		c.timeWait(now)
	case LastAck:
		c.become(Closed)
		return false
	}
	return true
}

// fin is the eighth check: the peer has nothing more to send. Its FIN stands behind length bytes that begin at seq, and
// counts when all before it has arrived.
func (c *Conn) fin(now time.Duration, h *header.TCP, seq header.Seq, length int) {
	if h.Flags.Has(header.FIN) || c.closing.heard {
		c.lookAtFIN(now, h, seq, length)
	}
}

func (c *Conn) lookAtFIN(now time.Duration, h *header.TCP, seq header.Seq, length int) {
	switch c.state {
	case SynReceived, Established, FinWait1, FinWait2:
	default:
		return // it has been taken before, or the connection is over
	}
	g := &c.closing
	if h.Flags.Has(header.FIN) {
		at := seq.Add(length)
		missing := at.Sub(c.rcv.nxt)
		if missing > 0 {
			c.ackNow = true // the sender should know soon, as with data (RFC 5681 4.2)
		}
		// One that came too early is remembered, as data is, but not from behind the window; and should another be said to
		// stand elsewhere, the newest word counts.
		if missing >= 0 && missing <= c.rcv.wnd {
			g.heard, g.seq = true, at
		}
	}
	if g.heard && g.seq.Before(c.rcv.nxt) {
		g.heard = false // the data went on: it never was one
	}
	if !g.heard || g.seq != c.rcv.nxt {
		return
	}
	switch c.state {
	case SynReceived, Established:
		c.become(CloseWait)
	case FinWait1: // our own FIN is not acknowledged yet, or we would be in FIN-WAIT-2
		c.become(Closing)
	case FinWait2:
		c.timeWait(now)
	}
	c.rcv.nxt = c.rcv.nxt.Add(1)
	c.ackNow = true
	c.letGo()
}

// timeWait begins the wait of two MSL: for segments of this connection to die out, and to answer again should the peer
// repeat its FIN (RFC 9293 3.6.1).
func (c *Conn) timeWait(now time.Duration) {
	c.timers = timers{}
	c.timers.start(timerTimeWait, now+2*c.config.msl())
	c.become(TimeWait)
}

// finAgain begins the wait afresh.
func (c *Conn) finAgain(now time.Duration) {
	c.timers.start(timerTimeWait, now+2*c.config.msl())
}

// answered is until when the answers to probes of a closed window show that the peer is alive, and keep the connection open
// (RFC 9293 3.8.6.1, MUST-37). When nobody reads or writes any more they do not: a peer that never opens its window could keep
// what was written here for ever, and the connection with it. It has R2 from then on, as if it did not answer; Linux has
// tcp_orphan_retries for that.
func (c *Conn) answered() time.Duration {
	if g := &c.closing; g.silent && g.wanted {
		return min(c.heard, g.left)
	}
	return c.heard
}

// linger bounds FIN-WAIT-2 when nobody reads any more: a peer that never closes could keep the connection there for ever.
// RFC 9293 knows no such bound; every system has one.
func (c *Conn) linger(now time.Duration) {
	if c.state == FinWait2 && c.closing.silent && !c.timers.running(timerTimeWait) {
		c.timers.start(timerTimeWait, now+2*c.config.msl())
	}
}
