//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// ecn is Explicit Congestion Notification (RFC 3168): a router that is about to be congested marks a packet (CE) instead of
// dropping it, the receiver tells the sender (ECE) until that says that it has heard (CWR), and the sender slows down as if
// the packet had been lost, without having to send it again.
type ecn struct {
	asked bool // our SYN asks for it
	plain bool // … and has gone out again without asking, or the peer's came without

	echoes bool // the peer may mark its data as able to bear CE, and is to be told of CE
	ce     bool // CE has come, and no CWR since: every ACK says ECE

	marks bool // our new data is marked as able to bear CE
	cwr   bool // the window has been reduced: the next new data says so
	// reduced is where snd.nxt stood when the window was last reduced. An ECE before something behind it is acknowledged is
	// about what was sent with the old window (RFC 3168 6.1.2).
	reduced header.Seq
	ever    bool // it has been
}

// agreeECN takes what a SYN of the peer says of ECN (RFC 3168 6.1.1). ECE and CWR together ask for it, ECE alone on a
// SYN,ACK agrees.
func (c *Conn) agreeECN(h *header.TCP) {
	e := &c.path.ecn
	if c.config.ECN == ECNOff {
		return
	}
	both := h.Flags & (header.ECE | header.CWR)
	switch {
	case !h.Flags.Has(header.ACK):
		e.echoes = both == header.ECE|header.CWR
	case e.asked:
		e.echoes = both == header.ECE
	}
	if !e.echoes {
		e.plain = true
	}
	// Once a SYN of either side has come without, data must not be marked (RFC 3168 6.1.1): who sent that does not
	// count on it.
	e.marks = e.echoes && !e.plain
}

// markSent puts the flags of ECN into a segment that goes out, and the mark onto its packet. Only new data is marked:
// not what is sent again, nor a probe of a closed window, nor what carries no data at all (RFC 3168 6.1.4 to 6.1.6).
// For each of those the network could not tell a true packet from one that somebody has made up, or its loss would not
// be noticed.
func (c *Conn) markSent(s *Segment, fresh bool) {
	e := &c.path.ecn
	f := &s.Header.Flags
	switch {
	case f.Has(header.RST):
	case f.Has(header.SYN | header.ACK):
		if e.echoes {
			*f |= header.ECE
		}
	case f.Has(header.SYN):
		// A SYN that is lost may have been lost because it asked: it goes out again without (RFC 3168 6.1.1.1).
		if !fresh {
			e.plain = true
		} else if c.config.ECN == ECNRequest {
			*f |= header.ECE | header.CWR
			e.asked = true
		}
	default:
		if e.ce {
			*f |= header.ECE
		}
		if fresh && e.marks && s.Len() > 0 && c.snd.wnd > 0 {
			s.TOS |= markECT0
			if e.cwr {
				*f |= header.CWR
				e.cwr = false
			}
		}
	}
}

// single keeps n bytes of new data to one packet when that is to bear CWR: of a super-segment every packet would bear
// it, and an adapter that knows better is not to be counted on.
func (c *Conn) single(n int) int {
	if c.path.ecn.cwr {
		return min(n, c.payload())
	}
	return n
}

// An adapter or a kernel that puts packets together on their way up puts together only such as have the same mark, and
// ends with one that bears CWR: so what arrives in a super-frame is what arrived in each of its packets.

// heardMarks takes the congestion mark of an acceptable segment's packet, and its flags.
func (c *Conn) heardMarks(now time.Duration, h *header.TCP, length int, mark uint8) {
	e := &c.path.ecn
	if e.echoes && length > 0 { // what carries no data has no mark to be heeded (RFC 3168 6.1.4)
		// In either case an ACK at once: the peer should hear of congestion soon; and one that has just slowed down may
		// have a window so small that it waits for this ACK.
		if h.Flags.Has(header.CWR) {
			e.ce = false
			c.ackNow = true
		}
		if mark == markCE {
			c.count(CEReceived)
			if !e.ce {
				e.ce = true
				c.ackNow = true
			}
		}
	}
	if e.ever && e.reduced.Before(c.snd.una) {
		e.reduced = c.snd.una.Add(-1) // keeps up, or one day it would be taken for what lies ahead
	}
	if e.marks && h.Flags.Has(header.ECE) {
		c.count(ECEReceived)
		c.slowDown(now)
	}
}

// slowDown answers an ECE: the window is reduced as by a loss, once for each window of data (RFC 3168 6.1.2). As by a loss it is
// two packets then at least (RFC 5681 3.1, equation 4). A sender with a window of one packet, says the RFC, should wait for the
// retransmission timer before it sends the next; ours has such a window only after that timer has gone off.
func (c *Conn) slowDown(now time.Duration) {
	e := &c.path.ecn
	if e.ever && !e.reduced.Before(c.snd.una) || c.snd.una == c.snd.nxt && c.snd.una == c.snd.iss.Add(1) {
		return
	}
	if c.congested(now) {
		c.count(ECNReductions)
		c.reduced()
	}
}

// reduced notes that the congestion window has been reduced, for whatever reason: the peer is told (RFC 3168 6.1.2),
// and what is under way may still bring ECEs that are about the same.
func (c *Conn) reduced() {
	e := &c.path.ecn
	e.reduced, e.ever = c.snd.nxt, true
	e.cwr = e.marks
}
