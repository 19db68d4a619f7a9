//go:build !before9

package tcp

import "github.com/tsunagu/tsunagu/stack/header"

// maxShift is the largest shift there is. With more a window could be wider than half of all sequence numbers, and nobody
// could tell old from new (RFC 7323 2.3).
const maxShift = 14

// scaling is by how many bits the two window fields are shifted left: the 16 bits of a field are too few for what a fast
// and long way holds (RFC 7323 2).
type scaling struct {
	agreed bool  // both SYNs had the option: Snd.WS.OK
	snd    uint8 // the peer's field: Snd.Wind.Shift; 0 unless agreed
	rcv    uint8 // ours: Rcv.Wind.Shift; 0 unless agreed
	offer  uint8 // what our SYN says
}

// chooseShift takes the smallest shift that can tell the largest receive buffer there may be. It stands in the SYN, and
// cannot be changed afterwards.
func (c *Conn) chooseShift() {
	o := &c.options.scale
	for o.offer < maxShift && maxWindow<<o.offer < c.receiveTop() {
		o.offer++
	}
}

// offerScale puts the option into a SYN.
func (c *Conn) offerScale(s *Segment) {
	if o := &c.options.scale; c.offers(c.config.NoWindowScale, o.agreed) {
		s.Header.Options = header.AppendWindowScale(s.Header.Options, o.offer)
	}
}

// agreeOnScale looks for the option in the peer's SYN. Windows are scaled in both directions or in none.
func (c *Conn) agreeOnScale(h *header.TCP) {
	o := &c.options.scale
	shift, ok := header.WindowScale(h.Options)
	if !ok || c.config.NoWindowScale {
		return
	}
	if shift > maxShift { // RFC 7323 2.3: take it for the largest, and say so
		c.count(ShiftsTooLarge)
		shift = maxShift
	}
	o.agreed, o.snd, o.rcv = true, shift, o.offer
}

// windowOf is the window that a segment offers, in bytes. In a SYN it is never scaled (RFC 7323 2.2).
func (c *Conn) windowOf(h *header.TCP) int {
	if h.Flags.Has(header.SYN) {
		return int(h.Window)
	}
	return int(h.Window) << c.options.scale.snd
}

// windowLimit is the largest window that we can offer.
func (c *Conn) windowLimit() int { return maxWindow << c.options.scale.rcv }

// windowField is our own window as a segment with these flags tells it. The field counts in units of the shift, and the
// window seldom is a whole number of them. It is rounded up, or the right edge that the peer knows would move back with
// each segment that is no whole number of units long (RFC 9293 3.8.6, SHLD-14; RFC 7323 2.4). What is told is meant: the
// window is now that wide. A peer that sends crumbs gains nearly a unit with each, so when
// that would put the receive buffer an eighth over the largest it may become, the window is rounded down after all: the peer's
// edge moves back, what it has sent is accepted.
func (c *Conn) windowField(flags header.Flags) uint16 {
	if flags.Has(header.SYN) {
		return uint16(min(c.rcv.wnd, maxWindow))
	}
	shift := c.options.scale.rcv
	told := (c.rcv.wnd + 1<<shift - 1) >> shift << shift
	if told != c.rcv.wnd && c.receive.Len()+told <= c.receiveTop()+c.receiveTop()/8 {
		c.rcv.wnd = told
	}
	return uint16(min(c.rcv.wnd>>shift, maxWindow))
}

// windowTold is the window as the peer hears of it, in bytes.
func (c *Conn) windowTold() int {
	shift := c.options.scale.rcv
	return c.rcv.wnd >> shift << shift
}
