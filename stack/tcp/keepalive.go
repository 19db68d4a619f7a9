//go:build !before6

package tcp

import (
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// vigil is how a connection finds out that its peer is no more.
type vigil struct {
	idle   time.Duration // nothing heard for so long, and a keepalive goes out; 0: none does (RFC 9293 3.8.4, MUST-25)
	probes int           // keepalives sent since something was heard
	every  time.Duration // from one question to the next; 0: keepAliveInterval
	most   int           // how many are asked in vain; 0: keepAliveProbes
	asked  time.Duration // when the last was due
	due    bool          // one has to go out
	limit  time.Duration // the application's own R2; 0: giveUpSYN, giveUp
}

const (
	// KeepAliveIdle is how long nothing must have been heard of a peer before it is asked, unless the application says
	// otherwise (MUST-28).
	KeepAliveIdle = 2 * time.Hour

	keepAliveInterval = 75 * time.Second // from one question to the next
	keepAliveProbes   = 9                // how many are asked in vain: one that is lost proves nothing (MUST-29)
)

// SetKeepAlive has the peer asked whether it is still there, when nothing has been heard of it for idle; 0 ends that. A
// peer that answers none of several questions is given up, with ETIMEDOUT.
func (c *Conn) SetKeepAlive(now, idle time.Duration) {
	c.vigil.idle, c.vigil.probes, c.vigil.due = idle, 0, false
	switch {
	case idle <= 0:
		c.vigil.idle = 0
		c.timers.stop(timerKeepAlive)
	case c.state != Closed && c.state != TimeWait:
		c.timers.start(timerKeepAlive, max(c.heard+idle, now))
	}
}

// SetKeepAliveProbes sets how long after a question the next is asked, and how many are asked in vain. 0 means the default: 75
// seconds, but no longer than it was waited for the first, and nine.
func (c *Conn) SetKeepAliveProbes(interval time.Duration, probes int) {
	c.vigil.every, c.vigil.most = interval, probes
}

// keepAliveTimeout looks whether the peer has been silent for long. The timer is not set back with every segment that
// arrives: it goes off, finds that something has been heard, and waits for the rest.
func (c *Conn) keepAliveTimeout(now time.Duration) {
	v := &c.vigil
	if c.opening() || !c.sent.empty() || c.send.Len() > 0 {
		// What waits to be acknowledged finds out by itself (MUST-26).
		v.probes = 0
		c.timers.start(timerKeepAlive, now+v.idle)
		return
	}
	interval, most := v.every, v.most
	if interval == 0 {
		interval = min(keepAliveInterval, v.idle)
	}
	if most == 0 {
		most = keepAliveProbes
	}
	if v.probes > 0 && c.heard >= v.asked {
		v.probes = 0
	}
	if now-c.heard < v.idle {
		c.timers.start(timerKeepAlive, c.heard+v.idle)
		return
	}
	if v.probes >= most {
		c.refuse(c.snd.nxt)
		c.count(GivenUp)
		c.fail(c.inVain())
		return
	}
	v.probes++
	v.due, v.asked = true, now
	c.timers.start(timerKeepAlive, now+interval)
}

// keepAlive gives a keepalive when one is due: an empty segment (SHLD-12) at a place that the peer has long had, which it
// has to answer by telling where it is.
func (c *Conn) keepAlive(s *Segment) bool { return c.vigil.due && c.ask(s) }

func (c *Conn) ask(s *Segment) bool {
	c.vigil.due = false
	if !c.sent.empty() {
		return false // something has gone out that will be answered
	}
	c.fill(s, header.ACK, c.snd.nxt.Add(-1))
	c.count(KeepAlives)
	c.acked()
	return true
}

// doubt is what happens at R1: whoever knows the way to the peer is told that it may be no more.
func (c *Conn) doubt() {
	c.count(Doubts)
	if c.config.Doubt != nil {
		c.config.Doubt(c)
	}
}

// SetUserTimeout sets how long anything may stay unacknowledged before the connection is given up with ETIMEDOUT (RFC 9293
// 3.8.3 and 3.9.1.1, MUST-21): R2. 0 means the default. A peer whose window is closed and who answers is not given up.
func (c *Conn) SetUserTimeout(d time.Duration) {
	c.vigil.limit = max(0, d)
	if c.timers.running(timerRetransmit) {
		c.timers[timerRetransmit] = c.soonEnough(c.timers[timerRetransmit])
	}
}

// patience is R2.
func (c *Conn) patience(limit time.Duration) time.Duration {
	if c.vigil.limit > 0 {
		return c.vigil.limit
	}
	return limit
}

// soonEnough brings the retransmission timer forward to when the application's patience ends.
func (c *Conn) soonEnough(at time.Duration) time.Duration {
	if c.vigil.limit == 0 {
		return at
	}
	since := c.retry.since
	if c.snd.wnd == 0 {
		since = max(since, c.answered())
	}
	return min(at, since+c.vigil.limit)
}

// SoftError is what is wrong with a connection that goes on: why what was sent has not arrived, as far as the network has
// told, or ETIMEDOUT when it has been sent again R1 times in vain (RFC 9293 3.8.3, SHLD-9; 3.9.1.8, MUST-47). nil means that
// nothing is known to be wrong.
func (c *Conn) SoftError() error {
	if c.state == Closed || c.sent.empty() {
		return nil
	}
	if err := c.inVain(); err != syscall.ETIMEDOUT || c.retry.times >= r1 {
		return err
	}
	return nil
}
