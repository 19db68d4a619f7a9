//go:build !before9

package trace

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack/header"
)

// scales is how far each side of each connection shifts its window, as its SYN has said. It is kept when a log is cleared,
// and it is bounded: in a flood of SYNs, a connection of which nothing has been seen for very long is forgotten.
type scales struct{ recent, older map[direction]uint8 }

// scalesMost is how many there are in recent at most, and in older: some two hundred kilobytes in all.
const scalesMost = 1024

// find returns what a side's SYN has said, and remembers it as one that is in use.
func (s *scales) find(d direction) (shift uint8, known bool) {
	if shift, known = s.recent[d]; known {
		return shift, true
	}
	if shift, known = s.older[d]; known {
		s.note(d, shift)
	}
	return shift, known
}

func (s *scales) note(d direction, shift uint8) {
	if s.recent == nil || len(s.recent) >= scalesMost {
		s.recent, s.older = make(map[direction]uint8), s.recent
	}
	s.recent[d] = shift
}

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
		ours, known := s.find(d)
		theirs, answered := s.find(direction{d.to, d.from})
		if !known || !answered || ours == noScale || theirs == noScale {
			return 0
		}
		return ours
	}
	shift, ok := header.WindowScale(t.Options)
	if shift = min(shift, maxScale); !ok {
		shift = noScale
	}
	s.note(d, shift)
	return 0
}
