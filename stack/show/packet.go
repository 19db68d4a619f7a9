//go:build !before3

package show

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/tsunagu/tsunagu/stack/header"
)

// packet is what a frame carries, as far as it can be read.
type packet struct {
	eth     header.Ethernet
	arp     *header.ARP
	ip      *header.IPv4
	tcp     *header.TCP
	scale   uint8  // how far the segment's window is to be shifted left, as far as the history knows
	payload []byte // of the innermost header that could be read
	err     error  // why no more could be read
}

func readPacket(frame []byte) packet {
	var p packet
	if p.eth, p.payload, p.err = header.ParseEthernet(frame); p.err != nil {
		return p
	}
	switch p.eth.Type {
	case header.EtherTypeARP:
		a, err := header.ParseARP(p.payload)
		if p.err = err; err == nil {
			p.arp = &a
		}
	case header.EtherTypeIPv4:
		h, rest, err := header.ParseIPv4(p.payload)
		if p.err = err; err != nil {
			return p
		}
		p.ip, p.payload = &h, rest
		if h.Protocol != header.ProtocolTCP || h.Offset != 0 {
			return p
		}
		t, data, err := header.ParseTCP(rest)
		if p.err = err; err == nil {
			p.tcp, p.payload = &t, data
		}
	}
	return p
}

// src and dst are the addresses of the hosts that the packet is from and for; not valid when it does not say.
func (p *packet) src() netip.Addr {
	switch {
	case p.arp != nil:
		return p.arp.SenderIP
	case p.ip != nil:
		return p.ip.Src
	}
	return netip.Addr{}
}

func (p *packet) dst() netip.Addr {
	switch {
	case p.arp != nil:
		return p.arp.TargetIP
	case p.ip != nil:
		return p.ip.Dst
	}
	return netip.Addr{}
}

// ends returns the two ends of the connection that the segment belongs to, the sender's first.
func (p *packet) ends() (from, to netip.AddrPort) {
	return netip.AddrPortFrom(p.ip.Src, p.tcp.SrcPort), netip.AddrPortFrom(p.ip.Dst, p.tcp.DstPort)
}

// words says in a line what the packet says, TCP segments excepted: those need to know where their numbering begins.
func (p *packet) words() string {
	switch {
	case p.err != nil:
		return "malformed: " + strings.TrimPrefix(p.err.Error(), "header: ")
	case p.arp != nil && p.arp.Operation == header.ARPRequest:
		return fmt.Sprintf("ARP: who has %v?", p.arp.TargetIP)
	case p.arp != nil && p.arp.Operation == header.ARPReply:
		return fmt.Sprintf("ARP: %v is at %v", p.arp.SenderIP, p.arp.SenderMAC)
	case p.arp != nil:
		return fmt.Sprintf("ARP: operation %d", p.arp.Operation)
	case p.ip == nil:
		return fmt.Sprintf("EtherType 0x%04x, %d bytes", p.eth.Type, len(p.payload))
	case p.ip.Offset != 0 || p.ip.MoreFragments:
		return fmt.Sprintf("IP: fragment %d, bytes %d–%d", p.ip.ID, p.ip.Offset, int(p.ip.Offset)+len(p.payload)-1)
	case p.ip.Protocol == header.ProtocolUDP:
		return udpWords(p.payload)
	case p.ip.Protocol == header.ProtocolICMP:
		return icmpWords(p.payload)
	}
	return fmt.Sprintf("IP: protocol %d, %d bytes", p.ip.Protocol, len(p.payload))
}

// numbering knows where the numbering of each direction begins, so that numbers can be shown that count from 0.
type numbering struct {
	absolute   bool
	timestamps bool                             // their values are shown
	plain      bool                             // options are not
	first      map[[2]netip.AddrPort]header.Seq // by sender and receiver
}

// see takes note of a segment.
func (n *numbering) see(p *packet) {
	from, to := p.ends()
	if n.first == nil {
		n.first = map[[2]netip.AddrPort]header.Seq{}
	}
	if _, ok := n.first[[2]netip.AddrPort{from, to}]; !ok || p.tcp.Flags.Has(header.SYN) {
		n.first[[2]netip.AddrPort{from, to}] = p.tcp.Seq
	}
	// A numbering whose beginning is not in the history begins where the other side says it expects the next byte.
	if _, ok := n.first[[2]netip.AddrPort{to, from}]; !ok && p.tcp.Flags.Has(header.ACK) && !p.tcp.Flags.Has(header.RST) {
		n.first[[2]netip.AddrPort{to, from}] = p.tcp.Ack
	}
}

// segment says in a line what a segment says.
func (n *numbering) segment(p *packet) string {
	from, to := p.ends()
	seq, ack := uint32(p.tcp.Seq), uint32(p.tcp.Ack)
	if !n.absolute {
		seq -= uint32(n.first[[2]netip.AddrPort{from, to}])
		ack -= uint32(n.first[[2]netip.AddrPort{to, from}])
	}
	words := []string{p.tcp.Flags.String(), fmt.Sprintf("seq=%d", seq)}
	if words[0] == "" {
		words[0] = "no flags"
	}
	if p.tcp.Flags.Has(header.ACK) {
		words = append(words, fmt.Sprintf("ack=%d", ack))
	}
	if !p.tcp.Flags.Has(header.RST) {
		words = append(words, fmt.Sprintf("win=%d", int(p.tcp.Window)<<p.scale))
	}
	if len(p.payload) > 0 {
		words = append(words, fmt.Sprintf("len=%d", len(p.payload)))
	}
	return strings.Join(append(words, n.options(p)...), " ")
}

// options says what the segment's options say.
func (n *numbering) options(p *packet) (words []string) {
	if n.plain {
		return nil
	}
	kind, v, rest, ok, bad := header.NextOption(p.tcp.Options)
	for ; ok; kind, v, rest, ok, bad = header.NextOption(rest) {
		switch {
		case kind == header.OptionSACK && len(v)%8 == 0:
			words = append(words, n.blocks(p, v))
		case kind == header.OptionTimestamps && !n.timestamps && !p.tcp.Flags.Has(header.SYN):
		case kind == header.OptionTimestamps && !n.timestamps:
			words = append(words, "ts")
		default:
			words = append(words, optionWords(kind, v))
		}
	}
	if bad {
		words = append(words, "malformed options")
	}
	return words
}

// blocks says which places a SACK option reports as arrived, counted like the ACK number: up to before the second of each pair.
func (n *numbering) blocks(p *packet, v []byte) string {
	from, to := p.ends()
	var first uint32
	if !n.absolute {
		first = uint32(n.first[[2]netip.AddrPort{to, from}])
	}
	var blocks []string
	for ; len(v) >= 8; v = v[8:] {
		blocks = append(blocks, fmt.Sprintf("%d–%d", binary.BigEndian.Uint32(v)-first, binary.BigEndian.Uint32(v[4:])-first))
	}
	return "sack=" + strings.Join(blocks, ",")
}

func optionWords(kind byte, v []byte) string {
	switch {
	case kind == header.OptionMSS && len(v) == 2:
		return fmt.Sprintf("mss=%d", binary.BigEndian.Uint16(v))
	case kind == header.OptionWindowScale && len(v) == 1:
		return fmt.Sprintf("wscale=%d", v[0])
	case kind == header.OptionSACKPermitted && len(v) == 0:
		return "sack-permitted"
	case kind == header.OptionTimestamps && len(v) == 8:
		return fmt.Sprintf("ts=%d/%d", binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:]))
	}
	return fmt.Sprintf("option-%d", kind)
}
