//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// options is what both sides have agreed on in their SYNs, and what comes of it. One side offers in its SYN; what the other
// has in its own SYN too is agreed on. So neither has to do with an option that it does not know.
type options struct {
	scale scaling // of the window: RFC 7323 2
}

// setUpOptions decides what the connection will offer.
func (c *Conn) setUpOptions() {
	c.chooseShift()
}

// heardOptions notes what the peer's SYN offers or accepts.
func (c *Conn) heardOptions(h *header.TCP) {
	c.agreeOnScale(h)
}

// timestamp takes the timestamps of a segment that arrives. It returns false when they say that the segment is old.
func (c *Conn) timestamp(now time.Duration, h *header.TCP, length int) bool { return true }

// dress adds to a segment what is the same for all: the options agreed on, and the packet's type of service.
func (c *Conn) dress(now time.Duration, s *Segment) {
	if s.Header.Flags.Has(header.SYN) {
		c.offerScale(s)
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
