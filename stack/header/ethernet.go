//go:build !before3

package header

import (
	"fmt"

	"github.com/mdlayher/ethernet"
)

// EthernetLen is the length of an Ethernet header without a VLAN tag, in bytes: destination, source, EtherType.
const EthernetLen = 14

// What an Ethernet frame carries.
const (
	EtherTypeIPv4 = uint16(ethernet.EtherTypeIPv4)
	EtherTypeARP  = uint16(ethernet.EtherTypeARP)
)

// Ethernet is what the stack reads of an Ethernet header, or writes.
type Ethernet struct {
	Dst, Src MAC
	Type     uint16 // what the payload is: EtherTypeIPv4, EtherTypeARP
}

// ParseFrame reads a frame, without FCS, with github.com/mdlayher/ethernet: a picture of it that can be changed and
// built again. Its payload is a copy, and contains the padding of a short frame.
func ParseFrame(frame []byte) (*ethernet.Frame, error) {
	f := new(ethernet.Frame) // never one used before: the library keeps the previous frame's VLAN tag
	if err := f.UnmarshalBinary(frame); err != nil {
		return nil, fmt.Errorf("%w: %d bytes are no Ethernet frame", ErrShort, len(frame))
	}
	return f, nil
}
