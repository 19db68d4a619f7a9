//go:build !before3

package show

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Pictures show what is on the cable, in every snapshot: so UDP and ICMP are read here from their bytes.

const (
	udpLen  = 8
	icmpLen = 8
	dnsPort = 53
)

// datagram returns the ports and the payload of a UDP datagram.
func datagram(b []byte) (from, to uint16, payload []byte, ok bool) {
	if len(b) < udpLen {
		return 0, 0, nil, false
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n < udpLen || n > len(b) {
		return 0, 0, nil, false
	}
	return binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), b[udpLen:n], true
}

// udpWords says in a line what a UDP datagram says.
func udpWords(b []byte) string {
	from, to, payload, ok := datagram(b)
	if !ok {
		return "malformed: UDP length"
	}
	words := fmt.Sprintf("UDP %d → %d", from, to)
	if from == dnsPort || to == dnsPort {
		if text, ok := dnsWords(payload); ok {
			return words + ": DNS " + text
		}
	}
	return fmt.Sprintf("%s len=%d", words, len(payload))
}

// dnsWords says what a DNS message asks, or answers.
func dnsWords(b []byte) (string, bool) {
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil || len(m.Questions) == 0 {
		return "", false
	}
	q := m.Questions[0]
	kind := strings.TrimPrefix(q.Type.String(), "Type")
	name := strings.TrimSuffix(q.Name.String(), ".")
	if !m.Response {
		return fmt.Sprintf("%s %s?", kind, name), true
	}
	var answers []string
	for _, r := range m.Answers {
		switch body := r.Body.(type) {
		case *dnsmessage.AResource:
			answers = append(answers, netip.AddrFrom4(body.A).String())
		case *dnsmessage.CNAMEResource:
			answers = append(answers, "alias "+strings.TrimSuffix(body.CNAME.String(), "."))
		default:
			answers = append(answers, strings.TrimPrefix(r.Header.Type.String(), "Type"))
		}
	}
	text := " = " + strings.Join(answers, ", ")
	switch {
	case m.RCode == dnsmessage.RCodeNameError:
		text = ": no such name"
	case m.RCode != dnsmessage.RCodeSuccess:
		text = ": " + strings.TrimPrefix(m.RCode.String(), "RCode")
	case m.Truncated:
		text = ": truncated"
	case len(answers) == 0:
		text = ": none"
	}
	return kind + " " + name + text, true
}

// What an ICMP message is, and why a packet could not be delivered.
var (
	icmpTypes = map[uint64]string{
		0: "echo reply", 3: "unreachable", 4: "source quench", 5: "redirect", 8: "echo request", 11: "time exceeded",
		12: "parameter problem",
	}
	unreachableCodes = map[uint64]string{
		0: "net unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable", 4: "packet too long",
		13: "filtered",
	}
)

// icmpWords says in a line what an ICMP message says.
func icmpWords(b []byte) string {
	if len(b) < icmpLen {
		return "malformed: ICMP header"
	}
	kind, code := uint64(b[0]), uint64(b[1])
	name := icmpTypes[kind]
	switch kind {
	case 0, 8:
		return fmt.Sprintf("ICMP: %s seq=%d len=%d", name, binary.BigEndian.Uint16(b[6:]), len(b)-icmpLen)
	case 3:
		if unreachableCodes[code] != "" {
			name = unreachableCodes[code]
		}
	case 4, 5, 11, 12:
	default:
		return fmt.Sprintf("ICMP: type %d, code %d", kind, code)
	}
	return "ICMP: " + name + quoteWords(b[icmpLen:])
}

// quoteWords says which packet an ICMP error is about.
func quoteWords(b []byte) string {
	if len(b) < header.IPv4Len || b[0]>>4 != 4 {
		return ""
	}
	to := netip.AddrFrom4([4]byte(b[16:20]))
	n := int(b[0]&15) * 4
	protocol := map[byte]string{header.ProtocolTCP: "TCP", header.ProtocolUDP: "UDP"}[b[9]]
	if protocol == "" || n < header.IPv4Len || len(b) < n+4 {
		return fmt.Sprintf(" (about a packet to %v)", to)
	}
	return fmt.Sprintf(" (about %s to %v)", protocol, netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[n+2:])))
}

// udpParts and icmpParts take apart what they are named after.
func udpParts(list []part, b, addresses []byte) []part {
	from, to, payload, ok := datagram(b)
	if !ok {
		return data(list, "no UDP header", b)
	}
	last := list[len(list)-1]
	f := fields{part: part{name: "UDP header", at: last.at + len(last.bytes), bytes: b[:udpLen]}}
	f.add("source port", 16, decimal)
	f.add("destination port", 16, decimal)
	f.add("length", 16, bytesText)
	f.add("checksum", 16, udpChecksum(b[:udpLen+len(payload)], addresses))
	name := "data"
	if from == dnsPort || to == dnsPort {
		if _, ok := dnsWords(payload); ok {
			name = "DNS message"
		}
	}
	return data(data(append(list, f.part), name, payload), "padding", b[udpLen+len(payload):])
}

// udpChecksum says whether a datagram's checksum is right, left out, or left to the adapter to complete.
func udpChecksum(b, addresses []byte) func(uint64) string {
	src, dst := netip.AddrFrom4([4]byte(addresses[:4])), netip.AddrFrom4([4]byte(addresses[4:]))
	pseudo := header.PseudoSum(src, dst, header.ProtocolUDP, len(b))
	return func(v uint64) string {
		right := header.Sum(pseudo, b) == 0xffff
		switch {
		case v == 0:
			return "0x0000, none"
		case !right && uint16(v) == pseudo:
			return fmt.Sprintf("0x%04x, for the adapter to complete", v)
		}
		return checked(right)(v)
	}
}

func icmpParts(list []part, b []byte) []part {
	if len(b) < icmpLen {
		return data(list, "no ICMP header", b)
	}
	last := list[len(list)-1]
	f := fields{part: part{name: "ICMP header", at: last.at + len(last.bytes), bytes: b[:icmpLen]}}
	f.add("type", 8, named("%d", icmpTypes))
	name := "data"
	switch b[0] {
	case 3:
		f.add("code", 8, named("%d", unreachableCodes))
	default:
		f.add("code", 8, decimal)
	}
	f.add("checksum", 16, checked(header.Checksum(b) == 0))
	switch b[0] {
	case 0, 8:
		f.add("identifier", 16, decimal)
		f.add("sequence number/sequence", 16, decimal)
	case 3, 11:
		if b[0] == 3 && b[1] == 4 { // fragmentation needed (RFC 1191)
			f.add("unused", 16, decimal)
			f.add("MTU of the next cable/next MTU", 16, decimal)
		} else {
			f.add("unused", 32, decimal)
		}
		name = "quoted packet"
	default:
		f.add("rest of the header/rest", 32, decimal)
	}
	return data(append(list, f.part), name, b[icmpLen:])
}
