//go:build !before9

package tcp

import "time"

// quickness is when an ACK does not wait for company. A delayed ACK is a gamble on more data, or on an answer that takes it
// along. When the traffic has just begun the odds are bad: the sender's window is small, it is the ACKs that make it grow,
// and a sender whose window is one segment, because its SYN was lost, would wait in vain for the second ACK's worth of
// data. Linux calls this quick ACKs; RFC 5681 4.2 lets a receiver acknowledge as often as that.
type quickness struct {
	left int // how many segments with data are still acknowledged at once
	full int // the largest payload that has come, as far as one packet can hold it
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
	q.full = max(q.full, min(n, c.rcvMSS-c.fixedOptions()))
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

// fullSegment is the payload of a full segment of the peer's, in bytes: the largest that has come, for the way may take
// smaller packets than we do.
func (c *Conn) fullSegment() int {
	return max(c.options.quick.full, min(defaultMSS, c.rcvMSS-c.fixedOptions()))
}
