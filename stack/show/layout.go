//go:build !before3

package show

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/tsunagu/tsunagu/stack/header"
)

// part is a header in a frame, or what a header is in front of: a piece of the frame that has a name.
type part struct {
	name   string
	at     int // its first byte in the frame
	bytes  []byte
	fields []bits // none: it is data
}

// bits is a field of a header.
type bits struct {
	name, short string // short is for where there is little room
	at, size    int    // in bits, from the beginning of the part
	value       string
}

func (f *bits) bytes() (first, end int) { return f.at / 8, (f.at + f.size + 7) / 8 }

// fields builds a part's list of fields one after the other.
type fields struct {
	part
	next int // bit
}

// raw returns the next bits as a number.
func (f *fields) raw(size int) (v uint64) {
	for i := f.next; i < f.next+size; i++ {
		v = v<<1 | uint64(f.part.bytes[i/8]>>(7-i%8)&1)
	}
	return v
}

// add adds a field; name is "name" or "name/short".
func (f *fields) add(name string, size int, value func(raw uint64) string) {
	name, short, _ := strings.Cut(name, "/")
	f.part.fields = append(f.part.fields, bits{name, short, f.next, size, value(f.raw(size))})
	f.next += size
}

func decimal(v uint64) string { return fmt.Sprint(v) }

func bytesText(v uint64) string {
	if v == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", v)
}

func wordsText(v uint64) string { return fmt.Sprintf("%d × 4 = %d bytes", v, v*4) }

func macText(v uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	return header.MAC(b[2:]).String()
}

func addrText(v uint64) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	return netip.AddrFrom4(b).String()
}

// named writes a number and what it stands for.
func named(format string, names map[uint64]string) func(uint64) string {
	return func(v uint64) string { return strings.TrimSpace(fmt.Sprintf(format, v) + " " + names[v]) }
}

// checked writes a checksum and whether it is right.
func checked(right bool) func(uint64) string {
	return func(v uint64) string {
		if right {
			return fmt.Sprintf("0x%04x, right", v)
		}
		return fmt.Sprintf("0x%04x, WRONG", v)
	}
}

var (
	etherTypes = named("0x%04x", map[uint64]string{0x0800: "IPv4", 0x0806: "ARP", 0x8100: "VLAN", 0x86dd: "IPv6"})
	protocols  = named("%d", map[uint64]string{1: "ICMP", 6: "TCP", 17: "UDP"})
	operations = named("%d", map[uint64]string{1: "request", 2: "reply"})
)

// parts takes a frame apart. What cannot be a header is data.
func parts(frame []byte) []part {
	if len(frame) < header.EthernetLen {
		return []part{{name: "too short for an Ethernet header", bytes: frame}}
	}
	f := fields{part: part{name: "Ethernet header", bytes: frame[:header.EthernetLen]}}
	f.add("destination MAC address", 48, macText)
	f.add("source MAC address", 48, macText)
	f.add("EtherType", 16, etherTypes)
	list := []part{f.part}
	rest := frame[header.EthernetLen:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case header.EtherTypeARP:
		return arpParts(list, rest)
	case header.EtherTypeIPv4:
		return ipParts(list, rest)
	}
	return data(list, "data", rest)
}

// data adds what is no header, if there is any.
func data(list []part, name string, b []byte) []part {
	if len(b) == 0 {
		return list
	}
	last := list[len(list)-1]
	return append(list, part{name: name, at: last.at + len(last.bytes), bytes: b})
}

func arpParts(list []part, b []byte) []part {
	if len(b) < header.ARPLen {
		return data(list, "too short for an ARP packet", b)
	}
	f := fields{part: part{name: "ARP packet", at: header.EthernetLen, bytes: b[:header.ARPLen]}}
	f.add("hardware type", 16, named("%d", map[uint64]string{1: "Ethernet"}))
	f.add("protocol type", 16, etherTypes)
	f.add("hardware address length/hw len", 8, bytesText)
	f.add("protocol address length/proto len", 8, bytesText)
	f.add("operation", 16, operations)
	f.add("sender MAC address", 48, macText)
	f.add("sender IP address", 32, addrText)
	f.add("target MAC address", 48, macText)
	f.add("target IP address", 32, addrText)
	return data(append(list, f.part), "padding", b[header.ARPLen:])
}

func ipParts(list []part, b []byte) []part {
	if len(b) < header.IPv4Len || b[0]>>4 != 4 || int(b[0]&15)*4 < header.IPv4Len || int(b[0]&15)*4 > len(b) {
		return data(list, "no IPv4 header", b)
	}
	n := int(b[0]&15) * 4
	f := fields{part: part{name: "IP header", at: header.EthernetLen, bytes: b[:n]}}
	f.add("version", 4, decimal)
	f.add("header length/IHL", 4, wordsText)
	f.add("DSCP", 6, decimal)
	f.add("ECN", 2, decimal)
	f.add("total length", 16, bytesText)
	f.add("identification", 16, decimal)
	f.add("flags", 3, named("%d", map[uint64]string{1: "MF", 2: "DF", 3: "DF,MF"}))
	f.add("fragment offset", 13, func(v uint64) string { return bytesText(v * 8) })
	f.add("time to live", 8, decimal)
	f.add("protocol", 8, protocols)
	f.add("header checksum", 16, checked(header.Checksum(b[:n]) == 0))
	f.add("source IP address", 32, addrText)
	f.add("destination IP address", 32, addrText)
	if n > header.IPv4Len {
		f.add("options", 8*(n-header.IPv4Len), func(uint64) string { return "" })
	}
	list = append(list, f.part)
	total := min(max(int(binary.BigEndian.Uint16(b[2:])), n), len(b))
	rest, padding := b[n:total], b[total:]
	whole := binary.BigEndian.Uint16(b[6:])&0x3fff == 0 // not a fragment
	switch {
	case b[9] == header.ProtocolTCP && whole:
		list = tcpParts(list, rest, b[12:20])
	case b[9] == header.ProtocolUDP && whole:
		list = udpParts(list, rest, b[12:20])
	case b[9] == header.ProtocolICMP && whole:
		list = icmpParts(list, rest)
	default:
		list = data(list, "data", rest)
	}
	return data(list, "padding", padding)
}

func tcpParts(list []part, b, addresses []byte) []part {
	if len(b) < header.TCPLen || int(b[12]>>4)*4 < header.TCPLen || int(b[12]>>4)*4 > len(b) {
		return data(list, "no TCP header", b)
	}
	n := int(b[12]>>4) * 4
	last := list[len(list)-1]
	f := fields{part: part{name: "TCP header", at: last.at + len(last.bytes), bytes: b[:n]}}
	f.add("source port", 16, decimal)
	f.add("destination port", 16, decimal)
	f.add("sequence number", 32, decimal)
	f.add("ACK number", 32, decimal)
	f.add("data offset/offset", 4, wordsText)
	f.add("reserved/rsrvd", 4, decimal)
	for _, bit := range [...]string{"CWR/C", "ECE/E", "URG/U", "ACK/A", "PSH/P", "RST/R", "SYN/S", "FIN/F"} {
		f.add(bit, 1, decimal)
	}
	window := bytesText
	if header.Flags(b[13])&(header.SYN|header.ACK) == header.ACK {
		window = decimal // in bytes too, unless the SYNs have said otherwise (RFC 7323 2.2)
	}
	f.add("window", 16, window)
	src, dst := netip.AddrFrom4([4]byte(addresses[:4])), netip.AddrFrom4([4]byte(addresses[4:]))
	f.add("checksum", 16, tcpChecksum(b, src, dst))
	f.add("urgent pointer", 16, decimal)
	f.options(b[header.TCPLen:n])
	return data(append(list, f.part), "data", b[n:])
}

// tcpChecksum says whether a segment's checksum is right, or left to the adapter, which then is to complete the sum of
// the pseudo header.
func tcpChecksum(segment []byte, src, dst netip.Addr) func(uint64) string {
	return func(v uint64) string {
		right := header.TCPChecksumValid(segment, src, dst)
		if !right && uint16(v) == header.PseudoSum(src, dst, header.ProtocolTCP, len(segment)) {
			return fmt.Sprintf("0x%04x, for the adapter to complete", v)
		}
		return checked(right)(v)
	}
}

var optionNames = map[byte]string{
	header.OptionMSS: "MSS", header.OptionWindowScale: "window scale", header.OptionSACKPermitted: "SACK permitted",
	header.OptionSACK: "SACK", header.OptionTimestamps: "timestamps",
}

// options adds each TCP option as a field.
func (f *fields) options(b []byte) {
	for len(b) > 0 {
		name, n, value := "option: no operation/nop", 1, ""
		switch {
		case b[0] == header.OptionEnd:
			name, n = "end of options/end", len(b)
		case b[0] == header.OptionNoOp:
		case len(b) < 2 || b[1] < 2 || int(b[1]) > len(b):
			name, n, value = "malformed options", len(b), "their length is wrong"
		default:
			n = int(b[1])
			name = "option: " + optionNames[b[0]]
			if optionNames[b[0]] == "" {
				name = fmt.Sprintf("option: kind %d", b[0])
			}
			_, value, _ = strings.Cut(optionWords(b[0], b[2:n]), "=")
		}
		f.add(name, 8*n, func(uint64) string { return value })
		b = b[n:]
	}
}
