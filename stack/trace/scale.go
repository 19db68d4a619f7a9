//go:build !before9

package trace

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack/header"
)

// scales is how far each side of each connection shifts its window, as its SYN has said.
type scales map[direction]uint8

// direction is a connection as one side sends on it.
type direction struct{ from, to netip.AddrPort }

// noScale is what a SYN without the option says. Options beyond 14 are taken as 14 (RFC 7323 2.3).
const (
	noScale  = 0xff
	maxScale = 14
)

// see takes note of a frame, and returns how far the window in it is shifted: not at all in a SYN, and in no segment of a
// connection unless both SYNs have the option (RFC 7323 2.2).
func (s *scales) see(frame []byte) uint8 {
	e, packet, err := header.ParseEthernet(frame)
	if err != nil || e.Type != header.EtherTypeIPv4 {
		return 0
	}
	h, segment, err := header.ParseIPv4(packet)
	if err != nil || h.Protocol != header.ProtocolTCP || h.Offset != 0 {
		return 0
	}
	t, _, err := header.ParseTCP(segment)
	if err != nil {
		return 0
	}
	d := direction{netip.AddrPortFrom(h.Src, t.SrcPort), netip.AddrPortFrom(h.Dst, t.DstPort)}
	if !t.Flags.Has(header.SYN) {
		ours, known := (*s)[d]
		theirs, answered := (*s)[direction{d.to, d.from}]
		if !known || !answered || ours == noScale || theirs == noScale {
			return 0
		}
		return ours
	}
	shift, ok := header.WindowScale(t.Options)
	if shift = min(shift, maxScale); !ok {
		shift = noScale
	}
	if *s == nil {
		*s = scales{}
	}
	(*s)[d] = shift
	return 0
}
