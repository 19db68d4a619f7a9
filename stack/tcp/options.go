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
}

// setUpOptions decides what the connection will offer.
func (c *Conn) setUpOptions() {
	c.chooseShift()
}

// heardOptions notes what the peer's SYN offers or accepts.
func (c *Conn) heardOptions(h *header.TCP) {
	c.agreeOnScale(h)
	c.agreeOnSACK(h)
}

// timestamp takes the timestamps of a segment that arrives. It returns false when they say that the segment is old.
func (c *Conn) timestamp(now time.Duration, h *header.TCP, length int) bool { return true }

// dress adds to a segment that goes out the options that are offered or agreed on.
func (c *Conn) dress(now time.Duration, s *Segment) {
	switch flags := s.Header.Flags; {
	case flags.Has(header.SYN):
		c.offerScale(s)
		c.offerSACK(s)
	case flags.Has(header.RST):
	default:
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
func (c *Conn) fixedOptions() int { return 0 }
