//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// stamps is what a connection knows of timestamps (RFC 7323 3): every segment says what time it is at its sender, and what
// time the other side had when it sent what is answered. So a round trip can be measured whatever has been sent twice
// (RTTM), and a segment that has lain in the network for so long that its sequence number means something new is known for
// what it is (PAWS).
type stamps struct {
	agreed   bool          // both SYNs had one: Snd.TS.OK
	offset   uint32        // our clock at time 0
	recent   uint32        // TS.Recent: what is echoed
	recentAt time.Duration // … and when it was noted
	lastACK  header.Seq    // Last.ACK.sent

	heard header.Timestamps // of the segment that arrived last
	has   bool              // it had one
	echo  bool              // … and its echo counts
}

const (
	stampsLen = 12 // what the option takes up in every segment, in bytes
	// tick is what our clock counts (RFC 7323 5.4: from 1 ms to 1 s).
	tick = time.Millisecond
	// recentValid is how long TS.Recent says anything: half of the time in which the fastest clock comes round
	// (RFC 7323 5.5).
	recentValid = 24 * 24 * time.Hour
)

// setUpStamps sets the clock. It begins somewhere else for each pair of ends: how long a machine has been running, and that
// two connections are of the same machine, is nobody's business (RFC 7323 5.4, 7.1).
func (c *Conn) setUpStamps() {
	if !c.config.NoTimestamps {
		c.options.stamps.offset = c.config.timestampOffset(c.local, c.remote)
	}
}

// clock is what our timestamps say at a time.
func (c *Conn) clock(now time.Duration) uint32 { return c.options.stamps.offset + uint32(now/tick) }

// earlier says whether the timestamp a is before b, on a clock that comes round (RFC 7323 5.2).
func earlier(a, b uint32) bool { return int32(a-b) < 0 }

// offerStamps puts the option into a SYN.
func (c *Conn) offerStamps(now time.Duration, s *Segment) {
	if c.offers(c.config.NoTimestamps, c.options.stamps.agreed) {
		c.stamp(now, s)
	}
}

// stamp puts our time into a segment, and, if it has an ACK, TS.Recent: only there may an echo be (RFC 7323 3.2).
func (c *Conn) stamp(now time.Duration, s *Segment) {
	t := &c.options.stamps
	v := header.Timestamps{Value: c.clock(now)}
	if s.Header.Flags.Has(header.ACK) {
		v.Echo, t.lastACK = t.recent, s.Header.Ack
	}
	s.Header.Options = header.AppendTimestamps(s.Header.Options, v)
}

// agreeOnStamps looks for the option in the peer's SYN. What every segment bears from now on, its payload lacks (RFC 9293
// 3.7.1, MUST-16; RFC 6691).
func (c *Conn) agreeOnStamps(now time.Duration, h *header.TCP) {
	t := &c.options.stamps
	v, ok := header.ParseTimestamps(h.Options)
	if !ok || c.config.NoTimestamps {
		return
	}
	t.agreed = true
	t.recent, t.recentAt = v.Value, now
	t.lastACK = c.rcv.nxt
	c.mss = c.mssFor(c.path.size.mtu)
}

// timestamp takes the timestamps of a segment that arrives. It returns false when they say that it is old and belongs to
// the connection no more (PAWS: RFC 7323 5.3, R1), or when they are missing (3.2). A RST is never too old: it may come from
// somebody who knows of no timestamps any more.
func (c *Conn) timestamp(now time.Duration, h *header.TCP, length int) bool {
	t := &c.options.stamps
	if !t.agreed {
		return true
	}
	t.heard, t.has = header.ParseTimestamps(h.Options)
	t.echo = t.has && h.Flags.Has(header.ACK)
	switch {
	case h.Flags.Has(header.RST):
		return true
	case !t.has: // silently, and no reason to end the connection
		c.count(TimestampsMissing)
		return false
	case !earlier(t.heard.Value, t.recent) || now-t.recentAt > recentValid:
		return true
	}
	c.count(PAWSDropped)
	if length == 0 {
		c.challenge(now) // two sides must not answer each other's answers for ever
	} else {
		// What went out again has come before what it stands for: the sender should know that it did so for nothing.
		c.heardTwice(h.Seq, length)
		c.ackNow = true
	}
	return false
}

// noteTimestamp has the timestamp of an acceptable segment echoed from now on, if it holds the place at which our last ACK
// stopped, or an earlier one (RFC 7323 4.3): so the echo is never younger than what is answered, a delayed ACK's delay is
// part of the round trip, and behind a gap the time stands still.
func (c *Conn) noteTimestamp(now time.Duration, h *header.TCP) {
	t := &c.options.stamps
	if t.agreed && t.has && h.Seq.AtMost(t.lastACK) {
		t.recent, t.recentAt = t.heard.Value, now
	}
}

// echoed is the round trip that the segment's timestamps measure (RTTM: RFC 7323 4). The clock's tick is coarse: it is only
// asked when the time of sending is ambiguous, because something has been sent twice. Not for a SYN: a lost one means to
// begin slowly (RFC 6298 5.7).
func (c *Conn) echoed(now time.Duration) (rtt time.Duration, ok bool) {
	t := &c.options.stamps
	if !t.agreed || !t.echo || t.heard.Echo == 0 || c.opening() {
		return 0, false
	}
	ticks := int32(c.clock(now) - t.heard.Echo)
	if rtt = time.Duration(ticks) * tick; ticks < 0 || rtt > giveUp { // nothing that we have sent
		return 0, false
	}
	return max(rtt, tick), true
}

// weigh tells the estimator how many measurements a round trip gives: one for every second packet under way. With each of
// them at its full weight the estimate would forget what happened a moment ago (RFC 7323 4.2, G).
func (c *Conn) weigh() {
	if e, ok := c.stream.estimator.(*rtoEstimator); ok && c.options.stamps.agreed {
		e.perRound = 1
		if flight := c.snd.nxt.Sub(c.snd.una); flight > 2*c.mss {
			e.perRound = (flight + 2*c.mss - 1) / (2 * c.mss)
		}
	}
}
