//go:build !before8

package header

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// UDPLen is the length of a UDP header, in bytes.
const UDPLen = 8

// UDPChecksumOffset is where in the header the checksum stands, which an adapter may have to fill in.
const UDPChecksumOffset = 6

// UDP is a UDP header (RFC 768).
type UDP struct {
	SrcPort, DstPort uint16
	Length           uint16 // header and payload, in bytes
	Checksum         uint16 // as it arrived, 0 for none; Put leaves it to SetUDPChecksum
}

// ParseUDP reads the header at the front of a datagram and returns it and the payload behind it: Length says where that
// ends. It does not look at the checksum: see [UDPChecksumValid].
func ParseUDP(datagram []byte) (h UDP, payload []byte, err error) {
	if len(datagram) < UDPLen {
		return UDP{}, nil, fmt.Errorf("%w: %d bytes are no UDP header", ErrShort, len(datagram))
	}
	h = UDP{
		SrcPort:  binary.BigEndian.Uint16(datagram[0:]),
		DstPort:  binary.BigEndian.Uint16(datagram[2:]),
		Length:   binary.BigEndian.Uint16(datagram[4:]),
		Checksum: binary.BigEndian.Uint16(datagram[6:]),
	}
	switch n := int(h.Length); {
	case n < UDPLen:
		return UDP{}, nil, fmt.Errorf("%w: UDP length %d", ErrInvalid, n)
	case n > len(datagram):
		return UDP{}, nil, fmt.Errorf("%w: a UDP datagram of %d bytes in %d", ErrShort, n, len(datagram))
	default:
		return h, datagram[UDPLen:n:n], nil
	}
}

// Put writes the header into b[:UDPLen], with a checksum of 0: none.
func (h *UDP) Put(b []byte) {
	_ = b[UDPLen-1]
	binary.BigEndian.PutUint16(b[0:], h.SrcPort)
	binary.BigEndian.PutUint16(b[2:], h.DstPort)
	binary.BigEndian.PutUint16(b[4:], h.Length)
	binary.BigEndian.PutUint16(b[6:], 0)
}

// SetUDPChecksum writes the checksum into a datagram whose checksum field is 0; body are further pieces of its payload.
// A checksum that comes out as 0 is written as 0xffff, which is the same number in ones' complement: 0 would say that
// there is none (RFC 768).
func SetUDPChecksum(datagram []byte, src, dst netip.Addr, body ...[]byte) {
	sum := ^transportSum(src, dst, ProtocolUDP, datagram, body)
	if sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(datagram[UDPChecksumOffset:], sum)
}

// UDPChecksumValid says whether a datagram, header and payload as long as its Length says, arrived as it was sent. One
// without a checksum is taken as it is (RFC 1122 4.1.3.4).
func UDPChecksumValid(datagram []byte, src, dst netip.Addr) bool {
	if len(datagram) < UDPLen {
		return false
	}
	if binary.BigEndian.Uint16(datagram[UDPChecksumOffset:]) == 0 {
		return true
	}
	return Sum(PseudoSum(src, dst, ProtocolUDP, len(datagram)), datagram) == 0xffff
}
