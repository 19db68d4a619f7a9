//go:build !before3

package header

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Numbers of the protocols that IP carries (RFC 790 and its successors).
const (
	ProtocolICMP = 1
	ProtocolTCP  = 6
	ProtocolUDP  = 17
)

// IPv4Len is the length of an IPv4 header without options, in bytes.
const IPv4Len = 20

// IPv4 is an IPv4 header (RFC 791 3.1).
type IPv4 struct {
	TOS           uint8  // DiffServ (6 bits, RFC 2474) and ECN (2 bits, RFC 3168)
	TotalLen      uint16 // header and payload, in bytes
	ID            uint16 // which fragments belong together (RFC 6864)
	DontFragment  bool
	MoreFragments bool
	Offset        uint16 // where this fragment belongs in the whole payload, in bytes, a multiple of 8
	TTL           uint8
	Protocol      uint8
	Checksum      uint16 // of the header alone, as it arrived; Put computes it
	Src, Dst      netip.Addr
	Options       []byte // raw, a multiple of 4 bytes, at most 40; after ParseIPv4 a part of what was parsed
}

// ParseIPv4 reads the header at the front of a packet, checks its checksum, and returns it and its payload: TotalLen
// says where that ends, for a short frame is padded.
func ParseIPv4(packet []byte) (h IPv4, payload []byte, err error) {
	if len(packet) < IPv4Len {
		return IPv4{}, nil, fmt.Errorf("%w: %d bytes are no IPv4 header", ErrShort, len(packet))
	}
	if v := packet[0] >> 4; v != 4 {
		return IPv4{}, nil, fmt.Errorf("%w: IP version %d", ErrInvalid, v)
	}
	n := int(packet[0]&0xf) * 4
	total := int(binary.BigEndian.Uint16(packet[2:]))
	switch {
	case n < IPv4Len || total < n:
		return IPv4{}, nil, fmt.Errorf("%w: IPv4 header length %d, total length %d", ErrInvalid, n, total)
	case total > len(packet):
		return IPv4{}, nil, fmt.Errorf("%w: an IPv4 packet of %d bytes in %d", ErrShort, total, len(packet))
	case Checksum(packet[:n]) != 0:
		return IPv4{}, nil, fmt.Errorf("%w: IPv4 header checksum", ErrInvalid)
	}
	return readIPv4(packet, n), packet[n:total], nil
}

// readIPv4 reads a header of n bytes, whatever it says.
func readIPv4(packet []byte, n int) IPv4 {
	fragment := binary.BigEndian.Uint16(packet[6:])
	h := IPv4{
		TOS:           packet[1],
		TotalLen:      binary.BigEndian.Uint16(packet[2:]),
		ID:            binary.BigEndian.Uint16(packet[4:]),
		DontFragment:  fragment&0x4000 != 0,
		MoreFragments: fragment&0x2000 != 0,
		Offset:        fragment & 0x1fff * 8,
		TTL:           packet[8],
		Protocol:      packet[9],
		Checksum:      binary.BigEndian.Uint16(packet[10:]),
		Src:           netip.AddrFrom4([4]byte(packet[12:16])),
		Dst:           netip.AddrFrom4([4]byte(packet[16:20])),
	}
	if n > IPv4Len {
		h.Options = packet[IPv4Len:n:n]
	}
	return h
}

// Len is the length of the header with its options, in bytes.
func (h *IPv4) Len() int { return IPv4Len + len(h.Options) }

// Put writes the header, with its checksum, into b[:h.Len()].
func (h *IPv4) Put(b []byte) {
	n := h.Len()
	_ = b[n-1]
	b[0] = 4<<4 | byte(n/4)
	b[1] = h.TOS
	binary.BigEndian.PutUint16(b[2:], h.TotalLen)
	binary.BigEndian.PutUint16(b[4:], h.ID)
	fragment := h.Offset / 8
	if h.DontFragment {
		fragment |= 0x4000
	}
	if h.MoreFragments {
		fragment |= 0x2000
	}
	binary.BigEndian.PutUint16(b[6:], fragment)
	b[8], b[9], b[10], b[11] = h.TTL, h.Protocol, 0, 0
	src, dst := h.Src.As4(), h.Dst.As4()
	copy(b[12:], src[:])
	copy(b[16:], dst[:])
	copy(b[IPv4Len:], h.Options)
	binary.BigEndian.PutUint16(b[10:], Checksum(b[:n]))
}
