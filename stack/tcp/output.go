//go:build !before4

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Next gives the next segment that the connection wants to be sent, or returns false when there is none for now. s is
// filled in whole; the same one can be used for every call.
func (c *Conn) Next(now time.Duration, s *Segment) bool {
	now = c.notBefore(now)
	nxt := c.snd.nxt
	if !c.next(now, s) {
		return false
	}
	c.urge(s)
	c.dress(now, s)
	c.carry(now, s, c.snd.nxt != nxt)
	c.countSent(s)
	return true
}

// countSent counts what goes out.
func (c *Conn) countSent(s *Segment) {
	n, packets := s.Len(), 1
	if n > s.MSS {
		packets = (n + s.MSS - 1) / s.MSS
	}
	c.tally(SegmentsOut, packets)
	c.tally(BytesOut, n)
	if s.Header.Flags.Has(header.RST) {
		c.count(ResetsOut)
	}
}

// next is Next without what every segment bears.
func (c *Conn) next(now time.Duration, s *Segment) bool {
	if c.rst.due {
		c.rst.due = false
		c.fill(s, header.RST, c.rst.seq)
		s.Header.Window = 0
		return true
	}
	if c.state == Closed {
		return false
	}
	c.linger(now)
	if c.resend(now, s) {
		return true
	}
	if c.snd.nxt == c.snd.iss && c.syn(s) {
		c.track(now, s)
		return true
	}
	if c.probe(now, s) {
		return true
	}
	if c.nextText(now, s) {
		return true
	}
	if c.keepAlive(s) {
		return true
	}
	if c.ackNow && c.state != SynSent {
		c.fill(s, header.ACK, c.ackPlace())
		c.acked()
		return true
	}
	return false
}

// ackPlace is the sequence number of an empty segment: the next to be sent. When more has been sent than the peer's window
// takes, a probe for one, it is the window's edge: further on the peer would find the segment unacceptable, and the ACK
// in it be lost.
func (c *Conn) ackPlace() header.Seq {
	if edge := c.snd.una.Add(c.snd.wnd); edge.Before(c.snd.nxt) && !c.opening() {
		return edge
	}
	return c.snd.nxt
}

// track records a segment that takes up sequence numbers, and starts the retransmission timer if it is not running
// (RFC 6298 5.1).
func (c *Conn) track(now time.Duration, s *Segment) {
	end := s.Header.Seq.Add(space(s.Header.Flags, s.Len()))
	if c.sent.empty() {
		c.retry.since = now
	}
	c.sent.push(s.Header.Seq, end, s.Header.Flags, now)
	c.snd.nxt = end
	if !c.timers.running(timerRetransmit) {
		c.timers.start(timerRetransmit, c.soonEnough(now+c.rto()))
	}
	c.left(now, c.sent.at(c.sent.newest()))
}

// acked notes that a segment with the newest ACK number goes out.
func (c *Conn) acked() {
	c.ackNow = false
	c.timers.stop(timerDelayedACK)
	c.ackSent()
}
