//go:build !before11

package header

import (
	"encoding/binary"
	"fmt"
)

// ParseEthernet reads the header at the front of a frame where it lies, and returns it and the payload behind it,
// padding included: the same that the library reads, without its copy and its allocation.
func ParseEthernet(frame []byte) (h Ethernet, payload []byte, err error) {
	if len(frame) < EthernetLen {
		return Ethernet{}, nil, fmt.Errorf("%w: %d bytes are no Ethernet frame", ErrShort, len(frame))
	}
	h = Ethernet{Dst: MAC(frame[0:6]), Src: MAC(frame[6:12]), Type: binary.BigEndian.Uint16(frame[12:])}
	if h.Type == etherTypeVLAN || h.Type == etherTypeServiceVLAN {
		return Ethernet{}, nil, fmt.Errorf("%w: a VLAN tag, and no VLAN here", ErrInvalid)
	}
	return h, frame[EthernetLen:], nil
}

// Put writes the header into b[:EthernetLen].
func (h *Ethernet) Put(b []byte) {
	_ = b[EthernetLen-1]
	copy(b, h.Dst[:])
	copy(b[6:], h.Src[:])
	binary.BigEndian.PutUint16(b[12:], h.Type)
}
