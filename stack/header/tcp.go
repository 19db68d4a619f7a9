//go:build !before3

package header

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// Flags are the control bits of a TCP header.
type Flags uint8

const (
	FIN Flags = 1 << iota // nothing more will be sent
	SYN                   // the sequence number is the initial one
	RST                   // the connection is over, at once
	PSH                   // hand what has arrived to the application
	ACK                   // the ACK number counts
	URG                   // the urgent pointer counts
	ECE                   // a congestion mark arrived (RFC 3168)
	CWR                   // … and was heeded
)

var flagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}

// String lists the bits that are set, SYN first as one says it: "SYN,ACK".
func (f Flags) String() string {
	var set []string
	for _, i := range [...]int{1, 0, 2, 3, 4, 5, 6, 7} {
		if f&(1<<i) != 0 {
			set = append(set, flagNames[i])
		}
	}
	return strings.Join(set, ",")
}

// Has says whether all of g are set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// TCPLen is the length of a TCP header without options, in bytes.
const TCPLen = 20

// Offsets of the TCP header's checksum, which an adapter may have to fill in.
const TCPChecksumOffset = 16

// TCP is a TCP header (RFC 9293 3.1).
type TCP struct {
	SrcPort, DstPort uint16
	Seq, Ack         Seq
	Flags            Flags
	Window           uint16 // in bytes, before scaling
	Checksum         uint16 // as it arrived; Put leaves it to SetTCPChecksum
	Urgent           uint16 // offset from Seq to the byte after the urgent data, when URG is set
	Options          []byte // raw, a multiple of 4 bytes, at most 40; after ParseTCP a part of what was parsed
}

// ParseTCP reads the header at the front of a segment and returns it and the payload behind it. It does not look at the
// checksum: see [TCPChecksumValid].
func ParseTCP(segment []byte) (h TCP, payload []byte, err error) {
	if len(segment) < TCPLen {
		return TCP{}, nil, fmt.Errorf("%w: %d bytes are no TCP header", ErrShort, len(segment))
	}
	n := int(segment[12]>>4) * 4
	if n < TCPLen {
		return TCP{}, nil, fmt.Errorf("%w: TCP data offset %d bytes", ErrInvalid, n)
	}
	if n > len(segment) {
		return TCP{}, nil, fmt.Errorf("%w: a TCP header of %d bytes in %d", ErrShort, n, len(segment))
	}
	h = TCP{
		SrcPort:  binary.BigEndian.Uint16(segment[0:]),
		DstPort:  binary.BigEndian.Uint16(segment[2:]),
		Seq:      Seq(binary.BigEndian.Uint32(segment[4:])),
		Ack:      Seq(binary.BigEndian.Uint32(segment[8:])),
		Flags:    Flags(segment[13]),
		Window:   binary.BigEndian.Uint16(segment[14:]),
		Checksum: binary.BigEndian.Uint16(segment[16:]),
		Urgent:   binary.BigEndian.Uint16(segment[18:]),
	}
	if n > TCPLen {
		h.Options = segment[TCPLen:n:n]
	}
	return h, segment[n:], nil
}

// Len is the length of the header with its options, in bytes.
func (h *TCP) Len() int { return TCPLen + len(h.Options) }

// Put writes the header into b[:h.Len()], with a checksum of 0. The four reserved bits are 0.
func (h *TCP) Put(b []byte) {
	_ = b[h.Len()-1]
	binary.BigEndian.PutUint16(b[0:], h.SrcPort)
	binary.BigEndian.PutUint16(b[2:], h.DstPort)
	binary.BigEndian.PutUint32(b[4:], uint32(h.Seq))
	binary.BigEndian.PutUint32(b[8:], uint32(h.Ack))
	b[12] = byte(h.Len()/4) << 4
	b[13] = byte(h.Flags)
	binary.BigEndian.PutUint16(b[14:], h.Window)
	binary.BigEndian.PutUint16(b[16:], 0)
	binary.BigEndian.PutUint16(b[18:], h.Urgent)
	copy(b[TCPLen:], h.Options)
}

// SetTCPChecksum writes the checksum into a segment whose checksum field is 0; body are further pieces of its payload.
func SetTCPChecksum(segment []byte, src, dst netip.Addr, body ...[]byte) {
	binary.BigEndian.PutUint16(segment[TCPChecksumOffset:], ^transportSum(src, dst, ProtocolTCP, segment, body))
}

// TCPChecksumValid says whether a segment, header and payload, arrived as it was sent (RFC 9293 3.1, MUST-3).
func TCPChecksumValid(segment []byte, src, dst netip.Addr) bool {
	return Sum(PseudoSum(src, dst, ProtocolTCP, len(segment)), segment) == 0xffff
}
