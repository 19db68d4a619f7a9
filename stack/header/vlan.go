//go:build !before7

package header

import (
	"encoding/binary"
	"fmt"
)

// etherTypeVLAN and etherTypeServiceVLAN stand where the EtherType would, and a VLAN tag follows (IEEE 802.1Q).
const (
	etherTypeVLAN        = 0x8100
	etherTypeServiceVLAN = 0x88a8
)

// VLANLen is the length of a VLAN tag, in bytes. It stands between the addresses and the EtherType.
const VLANLen = 4

// VLANs are numbered from 1 to MaxVLAN. 0 says that a tag tells a priority alone; 4095 is reserved.
const MaxVLAN = 4094

// VLAN is a VLAN tag (IEEE 802.1Q 9.6): to which of the networks that share a cable a frame belongs.
type VLAN struct {
	Priority     uint8 // 0 to 7 (IEEE 802.1p)
	DropEligible bool  // to be dropped first, where there is no room
	ID           uint16
}

// ParseVLAN reads the header at the front of a frame that has a VLAN tag, and returns it, the tag, and the payload behind
// both, padding included. A frame without a tag is ErrInvalid, and so is one with a provider's tag (0x88a8), which no host
// ever sees.
func ParseVLAN(frame []byte) (h Ethernet, tag VLAN, payload []byte, err error) {
	if len(frame) < EthernetLen+VLANLen {
		return Ethernet{}, VLAN{}, nil, fmt.Errorf("%w: %d bytes are no Ethernet frame with a VLAN tag", ErrShort, len(frame))
	}
	if kind := binary.BigEndian.Uint16(frame[12:]); kind != etherTypeVLAN {
		return Ethernet{}, VLAN{}, nil, fmt.Errorf("%w: %#04x is no VLAN tag", ErrInvalid, kind)
	}
	b := binary.BigEndian.Uint16(frame[14:])
	tag = VLAN{Priority: uint8(b >> 13), DropEligible: b&0x1000 != 0, ID: b & 0xfff}
	if tag.ID > MaxVLAN {
		return Ethernet{}, VLAN{}, nil, fmt.Errorf("%w: VLAN %d", ErrInvalid, tag.ID)
	}
	h = Ethernet{Dst: MAC(frame[0:6]), Src: MAC(frame[6:12]), Type: binary.BigEndian.Uint16(frame[16:])}
	return h, tag, frame[EthernetLen+VLANLen:], nil
}

// PutVLAN writes the header with a VLAN tag into b[:EthernetLen+VLANLen].
func (h *Ethernet) PutVLAN(b []byte, tag VLAN) {
	_ = b[EthernetLen+VLANLen-1]
	copy(b, h.Dst[:])
	copy(b[6:], h.Src[:])
	binary.BigEndian.PutUint16(b[12:], etherTypeVLAN)
	v := uint16(tag.Priority)<<13 | tag.ID&0xfff
	if tag.DropEligible {
		v |= 0x1000
	}
	binary.BigEndian.PutUint16(b[14:], v)
	binary.BigEndian.PutUint16(b[16:], h.Type)
}
