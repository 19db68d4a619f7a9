//go:build !before7

package sim

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// Narrow is a router in the middle of a cable, and behind it a piece of the way that takes smaller packets than the
// adapters do:
//
//	way := sim.Narrow{MTU: 1400}
//	cable.Fate = way.Fate
type Narrow struct {
	// MTU is the largest packet that the router passes on, in bytes; of a longer one it tells the sender. 0: all pass.
	MTU int
	// Silent: it does not tell, or somebody on the way keeps the sender from hearing: a black hole.
	Silent bool
	// Old: it tells, but not how much the way takes: routers older than RFC 1191 did not.
	Old bool
	// Rest is what becomes of the packets that pass. nil means that all arrive.
	Rest func(nic.Passing) nic.Fate

	// Dropped is how many packets were too long, in both directions.
	Dropped int
}

// Fate is what becomes of a frame, for a cable's Fate.
func (n *Narrow) Fate(p nic.Passing) nic.Fate {
	if packet := p.Frame[header.EthernetLen:]; n.MTU > 0 && len(packet) > n.MTU {
		n.Dropped++
		fate := nic.Fate{Lost: true}
		if !n.Silent {
			h := header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableFragment, Seq: uint16(n.MTU)}
			if n.Old {
				h.Seq = 0
			}
			fate.Answer = About(p.Frame, h)
		}
		return fate
	}
	if n.Rest != nil {
		return n.Rest(p)
	}
	return nic.Fate{}
}

// router is the address of routers that a world only pretends to have.
var router = netip.MustParseAddr("192.0.2.1")

// About returns the frame with which a router on the way tells the sender of an IPv4 packet that it met an error: an
// ICMP message that quotes the packet's IP header and what comes first behind it (RFC 792).
func About(frame []byte, h header.ICMP) []byte {
	e, packet, err := header.ParseEthernet(frame)
	if err != nil {
		panic(err) // the world's own frames are good
	}
	q, start, err := header.ParseQuote(packet)
	if err != nil {
		panic(err)
	}
	quote := packet[:q.Len()+min(len(start), header.QuoteLen)]
	total := header.IPv4Len + header.ICMPLen + len(quote)
	answer := make([]byte, header.EthernetLen+total)
	message := answer[header.EthernetLen+header.IPv4Len:]
	h.Put(message)
	copy(message[header.ICMPLen:], quote)
	header.SetICMPChecksum(message)
	outer := header.IPv4{TotalLen: uint16(total), TTL: 64, Protocol: header.ProtocolICMP, Src: router, Dst: q.Src}
	outer.Put(answer[header.EthernetLen:])
	back := header.Ethernet{Dst: e.Src, Src: e.Dst, Type: header.EtherTypeIPv4}
	back.Put(answer)
	return answer
}
