//go:build !before4

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// retrying is how it stands with sending again.
type retrying struct {
	times   int           // how often in a row the timer has gone off without an ACK of anything new
	backoff int           // how often the timeout has been doubled since it was last measured
	since   time.Duration // when the oldest segment under way was sent first
	syn     bool          // the SYN had to be sent again, and nothing has been measured since
	syns    int           // how often
}

const (
	maxRTO  = 60 * time.Second // RFC 6298 2.5
	slowRTO = 3 * time.Second  // RFC 6298 5.7
	// giveUpSYN and giveUp are R2 (RFC 9293 3.8.3): how long one segment is sent again before the connection is given up.
	giveUpSYN = 3 * time.Minute  // MUST-23
	giveUp    = 10 * time.Minute // SHLD-11 asks for 100 seconds at least
	// r1 is R1 (SHLD-10): so many times in vain, and delivery is in trouble.
	r1 = 3
)

// rto is the retransmission timeout now: the estimate, doubled for each time in vain (RFC 6298 5.5). The doubling lasts
// until a round trip has been measured again, which takes a segment that was sent only once: the other half of Karn's
// algorithm.
func (c *Conn) rto() time.Duration {
	rto := c.estimate()
	if c.retry.syn && !c.opening() {
		rto = max(rto, slowRTO)
	}
	for range c.retry.backoff {
		if rto *= 2; rto >= maxRTO {
			return maxRTO
		}
	}
	return rto
}

// retransmitTimeout is what happens when nothing has come back for too long (RFC 6298 5.4 to 5.6): the oldest segment
// goes out again, and all behind it are taken for lost too.
func (c *Conn) retransmitTimeout(now time.Duration) {
	limit := giveUp
	if c.opening() {
		limit = giveUpSYN
		c.retry.syn = true
		c.retry.syns++
	} else if c.snd.wnd == 0 {
		// A peer that keeps its window closed and answers is alive, however long that lasts (RFC 9293 3.8.6.1, MUST-37).
		c.retry.since = max(c.retry.since, c.answered())
	}
	limit = c.patience(limit)
	if now-c.retry.since >= limit {
		c.count(GivenUp)
		c.fail(c.inVain())
		return
	}
	if again := c.sent.at(c.sent.oldest()).at + c.rto(); c.opening() && again > now {
		// It went out meanwhile, in answer to the peer's own SYN: that one is given its time.
		c.timers.start(timerRetransmit, again)
		return
	}
	c.count(Timeouts)
	if c.opening() {
		c.count(SYNTimeouts)
	}
	c.collapse(now)
	c.sent.loseAll(c.horizon(now))
	if c.retry.times++; c.retry.times == r1 {
		c.doubt()
	}
	c.retry.backoff++
	c.timers.start(timerRetransmit, c.soonEnough(now+c.rto()))
}

// opening says whether the connection does not stand yet.
func (c *Conn) opening() bool { return c.state == SynSent || c.state == SynReceived }

// resend gives the oldest segment that is marked as lost. As long as the timer's doubling lasts only the oldest of all
// goes out: not before the peer answers is there a reason to hope for the next. What went out in crumbs goes out again in whole
// packets.
func (c *Conn) resend(now time.Duration, s *Segment) bool {
	return c.sent.lostSpace > 0 && c.resendFirst(now, s)
}

func (c *Conn) resendFirst(now time.Duration, s *Segment) bool {
	i := c.sent.firstLost()
	if c.retry.times > 0 && i != c.sent.oldest() {
		return false
	}
	c.sent.gather(i, c.payload())
	return c.fits(i) && c.mayResend(i) && c.sendAgain(now, s, i)
}

// fits cuts the segment at place i at the right edge of the peer's window, which may have shrunk since it went out (RFC 9293
// 3.8.6, SHLD-16). It returns false when all of it lies behind the edge: there it waits for the window, though MAY-7 would let
// it go. The oldest goes out in any case, and asks how wide the window is.
func (c *Conn) fits(i int32) bool {
	e := c.sent.at(i)
	switch room := c.snd.una.Add(c.snd.wnd).Sub(e.seq); {
	case c.opening() || room >= e.len():
	case room > 0:
		c.sent.split(i, room)
	case i != c.sent.oldest():
		return false
	}
	return true
}

// sendAgain builds the segment at place i once more.
func (c *Conn) sendAgain(now time.Duration, s *Segment, i int32) bool {
	c.cutUrgent(i)
	c.sent.again(i, now)
	c.count(Retransmits)
	e := c.sent.at(i)
	c.left(now, e)
	if c.recoveringOldest(i) {
		c.restartRetransmit(now)
	}
	if e.flags.Has(header.SYN) {
		return c.syn(s)
	}
	c.refill(s, e)
	c.tally(BytesRetransmitted, s.Len())
	return true
}

// restartRetransmit is RFC 6298 5.2 and 5.3: an ACK of something new stops the timer when all is acknowledged, and
// otherwise starts it afresh.
func (c *Conn) restartRetransmit(now time.Duration) {
	if c.sent.empty() {
		c.timers.stop(timerRetransmit)
		return
	}
	c.timers.start(timerRetransmit, c.soonEnough(now+c.rto()))
}
