//go:build !before3

package header

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// What an ARP packet asks or says.
const (
	ARPRequest = 1 // who has the target's protocol address?
	ARPReply   = 2 // the sender has
)

// ARPLen is the length of an ARP packet for Ethernet and IPv4, in bytes.
const ARPLen = 28

// MAC is an Ethernet address.
type MAC [6]byte

// Broadcast is the Ethernet address of everybody on the cable.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// Unicast says whether m is the address of one adapter: neither a group's nor all zero.
func (m MAC) Unicast() bool { return m[0]&1 == 0 && m != MAC{} }

// ARP is an ARP packet that maps IPv4 addresses to Ethernet addresses (RFC 826).
type ARP struct {
	Operation            uint16 // ARPRequest or ARPReply
	SenderMAC, TargetMAC MAC
	SenderIP, TargetIP   netip.Addr
}

// ParseARP reads an ARP packet. One for other hardware or another protocol than Ethernet and IPv4 is ErrInvalid.
func ParseARP(b []byte) (ARP, error) {
	if len(b) < ARPLen {
		return ARP{}, fmt.Errorf("%w: %d bytes are no ARP packet", ErrShort, len(b))
	}
	if hw, proto := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]); hw != 1 || proto != 0x0800 || b[4] != 6 || b[5] != 4 {
		return ARP{}, fmt.Errorf("%w: ARP for hardware %d, protocol %#04x", ErrInvalid, hw, proto)
	}
	return ARP{
		Operation: binary.BigEndian.Uint16(b[6:]),
		SenderMAC: MAC(b[8:14]),
		SenderIP:  netip.AddrFrom4([4]byte(b[14:18])),
		TargetMAC: MAC(b[18:24]),
		TargetIP:  netip.AddrFrom4([4]byte(b[24:28])),
	}, nil
}

// Put writes the packet into b[:ARPLen].
func (a *ARP) Put(b []byte) {
	_ = b[ARPLen-1]
	copy(b, []byte{0, 1, 8, 0, 6, 4})
	binary.BigEndian.PutUint16(b[6:], a.Operation)
	sender, target := a.SenderIP.As4(), a.TargetIP.As4()
	copy(b[8:], a.SenderMAC[:])
	copy(b[14:], sender[:])
	copy(b[18:], a.TargetMAC[:])
	copy(b[24:], target[:])
}
