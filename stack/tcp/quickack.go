//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// quickness is when an ACK does not wait for company. A delayed ACK is a gamble on more data, or on an answer that takes it
// along. When the traffic has just begun the odds are bad: the sender's window is small, it is the ACKs that make it grow,
// and a sender whose window is one segment, because its SYN was lost, would wait in vain for the second ACK's worth of
// data. Linux calls this quick ACKs; RFC 5681 4.2 lets a receiver acknowledge as often as that.
type quickness struct {
	left int // how many segments with data are still acknowledged at once
	full int // the payload of a full segment of the peer's; 0: not measured
	last int // the payload of the segment that came last, if it may have been a full one
}

// quickSegments is how many: a sender that begins with ten segments has sent more than twice as many when they are over.
const quickSegments = 16

// beginQuick says that the traffic begins, or begins again.
func (c *Conn) beginQuick() {
	c.options.quick.left = quickSegments
	if c.config.NoQuickACK {
		c.options.quick.left = 0
	}
}

// quickACK is told of n bytes that have arrived in order. Whoever answers what comes is not in a hurry: when something has
// been sent since the last data came, the next answer will take the ACK along.
func (c *Conn) quickACK(now time.Duration, n int) {
	q := &c.options.quick
	last := c.stream.lastData
	if last != 0 && now-last > tick && now-last > c.rto() { // no timeout is that short, and to look at it costs more
		c.beginQuick()
	}
	if q.left == 0 || last != 0 && c.congestion.sent > last {
		return
	}
	q.left--
	if !c.ackNow {
		c.ackNow = true
		c.count(QuickACKs)
	}
}

// fullSegment is the payload of a full segment of the peer's, in bytes: every second is acknowledged (RFC 9293 3.8.6.3, SHLD-19; RFC
// 5681 4.2). It is measured, for the peer or the way may take smaller packets than we do.
func (c *Conn) fullSegment() int {
	if full := c.options.quick.full; full != 0 {
		return full
	}
	return min(defaultMSS, c.rcvMSS-c.fixedOptions())
}

// measureSegment looks at a segment with n bytes of data: it is a full one when none was larger before; or when it is as long as
// the one before it, and neither has emptied its sender's buffer: then packets have become smaller, or have always been
// smaller than the usual 536. What is larger than a packet has been put together of several.
func (c *Conn) measureSegment(flags header.Flags, n int) {
	if n == 0 {
		return
	}
	q := &c.options.quick
	n = min(n, c.rcvMSS-c.fixedOptions())
	if full := !flags.Has(header.PSH); n >= c.fullSegment() || full && n == q.last {
		q.full, q.last = n, n
	} else if full {
		q.last = n
	} else {
		q.last = 0
	}
}
