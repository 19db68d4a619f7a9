//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// options is what both sides have agreed on in their SYNs.
type options struct{}

// heardOptions notes what the peer's SYN offers or accepts.
func (c *Conn) heardOptions(h *header.TCP) {}

// timestamp takes the timestamps of a segment that arrives. It returns false when they say that the segment is old.
func (c *Conn) timestamp(now time.Duration, h *header.TCP, length int) bool { return true }

// dress adds to a segment what is the same for all: the options agreed on, and the packet's type of service.
func (c *Conn) dress(now time.Duration, s *Segment) {}

// windowOf is the window that a segment offers, in bytes.
func (c *Conn) windowOf(h *header.TCP) int { return int(h.Window) }

// windowField is our own window as a segment with these flags tells it.
func (c *Conn) windowField(header.Flags) uint16 { return uint16(min(c.rcv.wnd, maxWindow)) }

// windowLimit is the largest window that we can offer.
func (c *Conn) windowLimit() int { return maxWindow }
