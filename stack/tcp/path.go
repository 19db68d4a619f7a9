//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// path is what a connection knows of the way to the peer, and how its packets want to be carried there.
type path struct {
	tos   uint8 // DSCP for our packets, in the six upper bits
	ttl   uint8 // … and their time to live; 0: as the IP part thinks fit
	heard uint8 // the type-of-service byte of the packet that arrived last

	ecn  ecn  // congestion marks
	size size // how large a packet the way takes
}

func (c *Conn) setUpPath(e Endpoints) {
	c.SetTOS(e.TOS)
	c.SetTTL(e.TTL)
	c.setUpSize(e)
}

// The two lowest bits of a packet's type-of-service byte are its congestion mark (RFC 3168 5). The upper six are the DSCP
// (RFC 2474).
const (
	markNone  = 0 // not-ECT: a router that is congested can only drop it
	markECT0  = 2 // ECT(0): … may mark it instead
	markCE    = 3 // CE: one has
	markField = 3
)

// SetTOS sets the DiffServ field of the packets that follow: the DSCP, in the six upper bits of the type-of-service byte
// (RFC 9293 3.9.1.9, MUST-48, SHLD-21). It goes down to IP as it is (SHLD-22). The two lowest bits are no part of it: they
// belong to ECN, and are ignored. Changing it in mid-connection is possible and rarely wise: routers may then let later
// packets overtake earlier ones, which looks like loss (SHLD-23).
func (c *Conn) SetTOS(tos uint8) { c.path.tos = tos &^ markField }

// TOS returns what SetTOS has set.
func (c *Conn) TOS() uint8 { return c.path.tos }

// HeardTOS returns the DiffServ field of the packet that arrived last, without its congestion mark (RFC 9293 3.9.1.9,
// MAY-9).
func (c *Conn) HeardTOS() uint8 { return c.path.heard &^ markField }

// SetTTL sets how many routers the packets that follow may pass (RFC 9293 3.9.2, MUST-49); 0: as many as the IP part
// thinks fit.
func (c *Conn) SetTTL(ttl uint8) { c.path.ttl = ttl }

// TTL returns what SetTTL has set.
func (c *Conn) TTL() uint8 { return c.path.ttl }

// heardTOS takes the type-of-service byte of the packet in which an acceptable segment came, with length bytes of data. It
// stands behind the ACK's check: what does not belong to the connection must not tell it anything (RFC 3168 6.1.5).
func (c *Conn) heardTOS(now time.Duration, h *header.TCP, length int, tos uint8) {
	p := &c.path
	p.heard = tos
	if p.ecn.echoes || p.ecn.ever {
		c.heardMarks(now, h, length, tos&markField)
	}
	if z := &p.size; z.proving > 0 || z.doubtful > 0 || z.search.size > 0 {
		c.sizes(now)
	}
}

// carry says how the packet of a segment is to be carried. fresh: the segment has never been sent before.
func (c *Conn) carry(now time.Duration, s *Segment, fresh bool) {
	s.TOS, s.TTL = c.path.tos, c.path.ttl
	if c.path.ecn.echoes || s.Header.Flags.Has(header.SYN) {
		c.markSent(s, fresh)
	}
	if s.Len() > 0 && !c.sizeKnown() {
		c.sized(now, s, fresh)
	}
}
