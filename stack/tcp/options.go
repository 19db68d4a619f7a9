//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// options is what both sides have agreed on in their SYNs, and what comes of it. One side offers in its SYN; what the other
// has in its own SYN too is agreed on. So neither has to do with an option that it does not know.
type options struct {
	scale  scaling   // of the window: RFC 7323 2
	report reporting // of what has arrived out of order: RFC 2018
	stamps stamps    // timestamps: RFC 7323 3
	growth growth    // of the buffers
	quick  quickness // of ACKs
}

// setUpOptions decides what the connection will offer.
func (c *Conn) setUpOptions() {
	c.chooseShift()
	c.setUpStamps()
	c.beginQuick()
}

// heardOptions notes what the peer's SYN offers or accepts.
func (c *Conn) heardOptions(now time.Duration, h *header.TCP) {
	c.agreeOnSACK(h)
	c.agreeOnStamps(now, h)
	c.agreeOnScale(h)
	c.options.growth = growth{since: now, place: c.rcv.nxt}
}

// heardText is told of n bytes that have arrived in order.
func (c *Conn) heardText(now time.Duration, n int) {
	if c.measures(now) {
		c.growReceive(now)
	}
	c.quickACK(now, n)
}

// dress adds to a segment that goes out the options that are offered or agreed on.
func (c *Conn) dress(now time.Duration, s *Segment) {
	if s.Header.Flags.Has(header.SYN) {
		c.offerSACK(s)
		c.offerStamps(now, s)
		c.offerScale(s)
		return
	}
	s.Header.Options = s.options[:0]
	if c.options.stamps.agreed {
		c.stamp(now, s)
	}
	if c.reports() && !s.Header.Flags.Has(header.RST) {
		c.addReport(s)
	}
}

// offers says whether a SYN of ours bears an option: the first SYN if the option is not turned off, one that answers the
// peer's if the peer's has it too.
func (c *Conn) offers(off, agreed bool) bool {
	if c.state == SynSent {
		return !off
	}
	return agreed
}

// fixedOptions is how many bytes of options every segment bears.
func (c *Conn) fixedOptions() int {
	if c.options.stamps.agreed {
		return stampsLen
	}
	return 0
}
