//go:build !before7

package header

import (
	"encoding/binary"
	"fmt"
)

// What an ICMP message is (RFC 792).
const (
	ICMPEchoReply        = 0
	ICMPUnreachable      = 3 // a packet could not be delivered: the code says why
	ICMPSourceQuench     = 4 // no longer used (RFC 6633)
	ICMPRedirect         = 5
	ICMPEchoRequest      = 8
	ICMPTimeExceeded     = 11 // a packet has been on its way for too long
	ICMPParameterProblem = 12 // a packet's header could not be understood
)

// Why a packet could not be delivered: codes of ICMPUnreachable (RFC 792; RFC 1122 3.2.2.1; RFC 1812 5.2.7.1).
const (
	UnreachableNet            = 0
	UnreachableHost           = 1
	UnreachableProtocol       = 2
	UnreachablePort           = 3
	UnreachableFragment       = 4 // it would have to be cut, and says that it may not be
	UnreachableSourceRoute    = 5
	UnreachableNetUnknown     = 6
	UnreachableHostUnknown    = 7
	UnreachableIsolated       = 8 // no longer used
	UnreachableNetForbidden   = 9
	UnreachableForbidden      = 10
	UnreachableNetService     = 11 // not in the way that its TOS asks for
	UnreachableHostService    = 12
	UnreachableFiltered       = 13
	UnreachableHostPriority   = 14 // this host may not send at such a priority
	UnreachableLittlePriority = 15 // nobody may send at so low a priority just now
)

// Why a packet was too long on its way: codes of ICMPTimeExceeded (RFC 792).
const (
	TimeExceededTransit    = 0 // its TTL has come to 0
	TimeExceededReassembly = 1 // some of its fragments have not come
)

// ICMPLen is the length of an ICMP header, in bytes.
const ICMPLen = 8

// ICMP is the header of an ICMP message (RFC 792).
type ICMP struct {
	Type, Code uint8
	Checksum   uint16 // of the whole message, as it arrived; Put leaves it to SetICMPChecksum
	// ID and Seq say, in an echo, who asks and which of the questions this is. In an error they are 0, except that in
	// UnreachableFragment Seq is the MTU of the cable that the packet was too long for (RFC 1191 4), and in ICMPRedirect both
	// together are the address of the better router.
	ID, Seq uint16
}

// IsError says whether the message is about a packet that met an error on its way: such a message quotes the packet, and
// must never be answered by another (RFC 1122 3.2.2).
func (h *ICMP) IsError() bool {
	switch h.Type {
	case ICMPUnreachable, ICMPSourceQuench, ICMPRedirect, ICMPTimeExceeded, ICMPParameterProblem:
		return true
	}
	return false
}

// ParseICMP reads the header at the front of a message, checks the checksum of the whole, and returns the header and
// what is behind it: an echo's data, an error's quote.
func ParseICMP(message []byte) (h ICMP, payload []byte, err error) {
	switch {
	case len(message) < ICMPLen:
		return ICMP{}, nil, fmt.Errorf("%w: %d bytes are no ICMP header", ErrShort, len(message))
	case Checksum(message) != 0:
		return ICMP{}, nil, fmt.Errorf("%w: ICMP checksum", ErrInvalid)
	}
	h = ICMP{
		Type:     message[0],
		Code:     message[1],
		Checksum: binary.BigEndian.Uint16(message[2:]),
		ID:       binary.BigEndian.Uint16(message[4:]),
		Seq:      binary.BigEndian.Uint16(message[6:]),
	}
	return h, message[ICMPLen:], nil
}

// Put writes the header into b[:ICMPLen], with a checksum of 0.
func (h *ICMP) Put(b []byte) {
	_ = b[ICMPLen-1]
	b[0], b[1], b[2], b[3] = h.Type, h.Code, 0, 0
	binary.BigEndian.PutUint16(b[4:], h.ID)
	binary.BigEndian.PutUint16(b[6:], h.Seq)
}

// SetICMPChecksum writes the checksum into a whole message whose checksum field is 0.
func SetICMPChecksum(message []byte) {
	binary.BigEndian.PutUint16(message[2:], Checksum(message))
}

// QuoteLen is how much of a packet's payload every ICMP error quotes at least, in bytes: enough for the ports.
const QuoteLen = 8

// ParseQuote reads the packet that an ICMP error is about: its IP header, and the beginning of its payload, of which
// there are at least QuoteLen bytes. The quote is cut short, and routers have changed its TTL: neither its length nor
// its checksum is checked.
func ParseQuote(quote []byte) (h IPv4, start []byte, err error) {
	if len(quote) < IPv4Len+QuoteLen {
		return IPv4{}, nil, fmt.Errorf("%w: an ICMP error that quotes %d bytes", ErrShort, len(quote))
	}
	n := int(quote[0]&0xf) * 4
	if quote[0]>>4 != 4 || n < IPv4Len {
		return IPv4{}, nil, fmt.Errorf("%w: an ICMP error that quotes no IPv4 header", ErrInvalid)
	}
	if len(quote) < n+QuoteLen {
		return IPv4{}, nil, fmt.Errorf("%w: an ICMP error that quotes %d bytes", ErrShort, len(quote))
	}
	return readIPv4(quote, n), quote[n:], nil
}
