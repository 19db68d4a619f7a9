//go:build !before3 && before11

package header

import (
	"fmt"

	"github.com/mdlayher/ethernet"
)

// ParseEthernet reads the header at the front of a frame, and returns it and the payload behind it, padding included.
// Until chapter 11 it is the library that reads.
func ParseEthernet(frame []byte) (h Ethernet, payload []byte, err error) {
	f, err := ParseFrame(frame)
	if err != nil {
		return Ethernet{}, nil, err
	}
	if f.VLAN != nil || f.ServiceVLAN != nil {
		return Ethernet{}, nil, fmt.Errorf("%w: a VLAN tag, and no VLAN here", ErrInvalid)
	}
	return Ethernet{Dst: MAC(f.Destination), Src: MAC(f.Source), Type: uint16(f.EtherType)}, frame[EthernetLen:], nil
}

// Put writes the header into b[:EthernetLen].
func (h *Ethernet) Put(b []byte) {
	f := ethernet.Frame{Destination: h.Dst[:], Source: h.Src[:], EtherType: ethernet.EtherType(h.Type)}
	built, err := f.MarshalBinary()
	if err != nil {
		panic("header: " + err.Error()) // a frame without a VLAN tag can always be built
	}
	copy(b[:EthernetLen], built)
}
