//go:build !before11

// Package dhcp is the client that asks for an address (RFC 2131): who may be on the cable for how long under which
// address, and by which router and name servers. A [Client] is a plain state machine. It is told the time and what has
// arrived, and answers with what to send and when to wake it; which address to use its [Lease] says.
package dhcp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/tsunagu/tsunagu/stack/header"
)

// The UDP ports of the two sides (RFC 2131 4.1).
const (
	ServerPort = 67
	ClientPort = 68
)

// ErrMessage: the bytes are no DHCP message.
var ErrMessage = errors.New("dhcp: not a DHCP message")

// Type is what a message is for: option 53 (RFC 2132 9.6).
type Type uint8

const (
	Discover Type = iota + 1 // the client: is there a server?
	Offer                    // a server: this address is free
	Request                  // the client: I take it, or: may I keep it?
	Decline                  // the client: somebody else has it
	Ack                      // the server: it is yours, for so long
	Nak                      // the server: it is not yours
	Release                  // the client: I don't need it any longer
	Inform                   // the client: I have an address, what else is there to know?
)

var typeNames = [...]string{"", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"}

// String returns the name that the RFC gives the type, without its DHCP.
func (t Type) String() string {
	if t == 0 || int(t) >= len(typeNames) {
		return fmt.Sprintf("type %d", uint8(t))
	}
	return typeNames[t]
}

// The options that this client knows (RFC 2132).
const (
	OptionSubnetMask    = 1
	OptionRouter        = 3
	OptionDNS           = 6
	OptionHostName      = 12
	OptionDomain        = 15
	OptionAddress       = 50 // which the client would like
	OptionLeaseTime     = 51
	OptionOverload      = 52 // file and sname carry options too
	OptionType          = 53
	OptionServer        = 54 // which of several is meant
	OptionParameters    = 55 // which options the client would like
	OptionMaxSize       = 57
	OptionRenewalTime   = 58 // T1
	OptionRebindingTime = 59 // T2
	OptionClient        = 61
	optionPad           = 0
	optionEnd           = 255
)

// Layout of a message (RFC 2131 2).
const (
	snameAt, fileAt, cookieAt = 44, 108, 236
	optionsAt                 = cookieAt + 4
	minLen                    = 300        // of BOOTP; there are relays that drop what is shorter (RFC 1542 2.1)
	cookie                    = 0x63825363 // what follows are options
)

// Message is a DHCP message.
type Message struct {
	Answer    bool   // from a server (BOOTREPLY)
	XID       uint32 // the client's number, by which it knows the answer
	Secs      uint16 // since the client began
	Broadcast bool   // the answer is to be for all: the client has no address yet

	Client netip.Addr // ciaddr: the address that the client has
	Your   netip.Addr // yiaddr: the one it is given
	Server netip.Addr // siaddr: a server for something else, booting
	Relay  netip.Addr // giaddr
	MAC    header.MAC // chaddr

	// Options are the options' contents by their number, each put together if it stood in pieces (RFC 3396).
	Options map[byte][]byte
}

// Type returns what the message is for, 0 if it does not say: then it is BOOTP.
func (m *Message) Type() Type {
	if v := m.Options[OptionType]; len(v) == 1 {
		return Type(v[0])
	}
	return 0
}

// Parse reads a message. It fails with ErrMessage if there is anything in it that cannot be: other hardware than
// Ethernet, no magic cookie, an option that goes on beyond the end. The options are copies.
func Parse(b []byte) (Message, error) {
	switch {
	case len(b) < optionsAt:
		return Message{}, fmt.Errorf("%w: %d bytes", ErrMessage, len(b))
	case b[0] != 1 && b[0] != 2 || b[1] != 1 || b[2] != 6:
		return Message{}, fmt.Errorf("%w: operation %d, hardware %d with addresses of %d bytes", ErrMessage, b[0], b[1], b[2])
	case binary.BigEndian.Uint32(b[cookieAt:]) != cookie:
		return Message{}, fmt.Errorf("%w: no magic cookie", ErrMessage)
	}
	addr := func(at int) netip.Addr { return netip.AddrFrom4([4]byte(b[at:])) }
	m := Message{
		Answer: b[0] == 2, XID: binary.BigEndian.Uint32(b[4:]), Secs: binary.BigEndian.Uint16(b[8:]), Broadcast: b[10]&0x80 != 0,
		Client: addr(12), Your: addr(16), Server: addr(20), Relay: addr(24), MAC: header.MAC(b[28:34]),
		Options: make(map[byte][]byte),
	}
	if err := m.read(b[optionsAt:]); err != nil {
		return Message{}, err
	}
	// The order of the fields is also the order of an option's pieces: options, file, sname (RFC 3396 5).
	over := m.Options[OptionOverload]
	if len(over) == 0 {
		return m, nil
	}
	if len(over) != 1 || over[0] < 1 || over[0] > 3 {
		return Message{}, fmt.Errorf("%w: overload %v", ErrMessage, over)
	}
	if over[0]&1 != 0 {
		if err := m.read(b[fileAt:cookieAt]); err != nil {
			return Message{}, err
		}
	}
	if over[0]&2 != 0 {
		if err := m.read(b[snameAt:fileAt]); err != nil {
			return Message{}, err
		}
	}
	return m, nil
}

// read reads a field of options. Where one has no end it ends with the field.
func (m *Message) read(b []byte) error {
	for len(b) > 0 && b[0] != optionEnd {
		if b[0] == optionPad {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return fmt.Errorf("%w: option %d has no end", ErrMessage, b[0])
		}
		n := 2 + int(b[1])
		m.Options[b[0]] = append(m.Options[b[0]], b[2:n]...)
		b = b[n:]
	}
	return nil
}

// Append writes the message behind b: the type first, the other options by number, what is longer than 255 bytes in pieces
// (RFC 3396), and padded to the length that BOOTP had. Nothing is put into file and sname.
func (m *Message) Append(b []byte) []byte {
	start := len(b)
	b = append(b, make([]byte, optionsAt)...)
	h := b[start:]
	h[0], h[1], h[2] = 1, 1, 6
	if m.Answer {
		h[0] = 2
	}
	binary.BigEndian.PutUint32(h[4:], m.XID)
	binary.BigEndian.PutUint16(h[8:], m.Secs)
	if m.Broadcast {
		h[10] = 0x80
	}
	for n, a := range [...]netip.Addr{m.Client, m.Your, m.Server, m.Relay} {
		if a.Is4() {
			four := a.As4()
			copy(h[12+4*n:], four[:])
		}
	}
	copy(h[28:], m.MAC[:])
	binary.BigEndian.PutUint32(h[cookieAt:], cookie)
	if v, ok := m.Options[OptionType]; ok {
		b = appendOption(b, OptionType, v)
	}
	for _, code := range slices.Sorted(maps.Keys(m.Options)) {
		switch code {
		case OptionType, OptionOverload, optionPad, optionEnd:
		default:
			b = appendOption(b, code, m.Options[code])
		}
	}
	b = append(b, optionEnd)
	for len(b)-start < minLen {
		b = append(b, optionPad)
	}
	return b
}

func appendOption(b []byte, code byte, v []byte) []byte {
	for {
		n := min(len(v), 255)
		b = append(append(b, code, byte(n)), v[:n]...)
		if v = v[n:]; len(v) == 0 {
			return b
		}
	}
}
