//go:build !before7

package sim

import (
	"net/netip"
	"slices"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// What a router allows itself.
const (
	routerErrors   = 1000        // ICMP errors a second (RFC 1812 4.3.2.8)
	routerQuote    = 548         // bytes of a packet that an error quotes: the whole message fits into 576 (RFC 1812 4.3.2.3)
	routerRetry    = time.Second // between two ARP requests for the same address
	routerTries    = 3           // requests without an answer; then nobody is there
	routerLifetime = 60 * time.Second
	routerWaiting  = 16   // packets that wait for one address; one more is dropped
	routerKnown    = 1024 // addresses that it remembers; one more takes the place of the oldest
)

// deliver takes a packet for the router itself: it answers echo requests, and says of everything else that nobody is there
// who would take it.
func (r *Router) deliver(h header.IPv4, packet, payload []byte) {
	if h.MoreFragments || h.Offset != 0 {
		return // it puts nothing together
	}
	switch h.Protocol {
	case header.ProtocolICMP:
		m, data, err := header.ParseICMP(payload)
		if err == nil && m.Type == header.ICMPEchoRequest {
			m.Type, m.Code = header.ICMPEchoReply, 0
			r.say(h.Dst, h.Src, m, data)
		}
	case header.ProtocolUDP:
		r.refuse(packet, header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachablePort})
	default:
		r.refuse(packet, header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableProtocol})
	}
}

// refuse tells the sender of a packet what is the matter with it. Nothing is said about an ICMP error, nor about a fragment
// other than the first (RFC 1812 4.3.2.7); packets for everybody or from nobody never get this far.
func (r *Router) refuse(packet []byte, m header.ICMP) {
	h, payload, err := header.ParseIPv4(packet)
	if err != nil || r.Silent || h.Offset != 0 {
		return
	}
	if h.Protocol == header.ProtocolICMP {
		if about := (header.ICMP{Type: 255}); len(payload) > 0 {
			about.Type = payload[0]
			if about.IsError() {
				return
			}
		}
	}
	if r.world.now >= r.since+time.Second {
		r.since, r.errs = r.world.now, 0
	}
	if r.errs++; r.errs > routerErrors {
		r.Count.Unsaid++
		return
	}
	r.say(netip.Addr{}, h.Src, m, packet[:min(len(packet), routerQuote)])
}

// say sends a message of the router's own: from the given address, or from that by which it leaves (RFC 1812 4.3.2.4).
func (r *Router) say(src, dst netip.Addr, m header.ICMP, payload []byte) {
	p, hop, ok := r.lookup(dst)
	if !ok {
		return
	}
	if !src.IsValid() {
		src = p.prefix.Addr()
	}
	r.id++
	h := header.IPv4{TotalLen: uint16(header.IPv4Len + header.ICMPLen + len(payload)), ID: r.id, TTL: 64, Protocol: header.ProtocolICMP, Src: src, Dst: dst}
	packet := make([]byte, h.TotalLen)
	h.Put(packet)
	m.Put(packet[header.IPv4Len:])
	copy(packet[header.IPv4Len+header.ICMPLen:], payload)
	header.SetICMPChecksum(packet[header.IPv4Len:])
	if mtu := p.adapter.Takes(); len(packet) > mtu {
		for _, f := range fragments(packet, mtu) {
			r.send(p, hop, f)
		}
		return
	}
	r.send(p, hop, packet)
}

// routerNeighbour is what a router knows of an address on one of its networks.
type routerNeighbour struct {
	port    *routerPort
	mac     header.MAC
	heard   time.Duration // when mac was told
	known   bool
	asked   time.Duration
	tries   int
	waiting [][]byte
}

// send gives a packet to the next hop on a port, as soon as its MAC address is known.
func (r *Router) send(p *routerPort, hop netip.Addr, packet []byte) {
	n := r.neighbours[hop]
	if n != nil && n.known && r.world.now-n.heard < routerLifetime {
		r.emit(p, n.mac, header.EtherTypeIPv4, packet)
		return
	}
	if n == nil {
		n = r.remember(p, hop)
	}
	if n.known { // too old: it is asked for anew
		n.known, n.tries = false, 0
	}
	if len(n.waiting) >= routerWaiting {
		r.Count.NoHost++
		return
	}
	if n.waiting = append(n.waiting, packet); len(n.waiting) == 1 {
		n.tries = 0
		r.asking = append(r.asking, hop)
		r.ask(hop, n)
	}
}

// remember makes an entry in the neighbour table.
func (r *Router) remember(p *routerPort, addr netip.Addr) *routerNeighbour {
	if len(r.known) >= routerKnown {
		r.forget(r.known[0])
	}
	n := &routerNeighbour{port: p}
	r.neighbours[addr] = n
	r.known = append(r.known, addr)
	return n
}

// forget takes an entry out. What waits for it is dropped.
func (r *Router) forget(addr netip.Addr) {
	same := func(a netip.Addr) bool { return a == addr }
	r.Count.NoHost += len(r.neighbours[addr].waiting)
	delete(r.neighbours, addr)
	r.known = slices.DeleteFunc(r.known, same)
	r.asking = slices.DeleteFunc(r.asking, same)
}

func (r *Router) ask(addr netip.Addr, n *routerNeighbour) {
	n.asked = r.world.now
	n.tries++
	r.emitARP(n.port, header.Broadcast, header.ARP{Operation: header.ARPRequest, TargetIP: addr})
}

// arriveARP learns where the sender is, if it is known already or asks for the router, and answers (RFC 826).
func (r *Router) arriveARP(p *routerPort, packet []byte) {
	a, err := header.ParseARP(packet)
	if err != nil || !a.SenderMAC.Unicast() || !p.prefix.Contains(a.SenderIP) || r.owns(a.SenderIP) {
		return
	}
	ours := a.TargetIP == p.prefix.Addr()
	n := r.neighbours[a.SenderIP]
	if n == nil && ours {
		n = r.remember(p, a.SenderIP)
	}
	if n != nil {
		n.port, n.mac, n.known, n.heard = p, a.SenderMAC, true, r.world.now
		waiting := n.waiting
		n.waiting = nil
		r.asking = slices.DeleteFunc(r.asking, func(b netip.Addr) bool { return b == a.SenderIP })
		for _, packet := range waiting {
			r.emit(p, n.mac, header.EtherTypeIPv4, packet)
		}
	}
	if ours && a.Operation == header.ARPRequest {
		r.emitARP(p, a.SenderMAC, header.ARP{Operation: header.ARPReply, TargetMAC: a.SenderMAC, TargetIP: a.SenderIP})
	}
}

// Deadline says when the next ARP request is asked again.
func (r *Router) Deadline() (first time.Duration, ok bool) {
	for _, addr := range r.asking {
		if at := r.neighbours[addr].asked + routerRetry; !ok || at < first {
			first, ok = at, true
		}
	}
	return first, ok
}

// askAgain repeats requests that were not answered. Of packets for an address that nobody answers for, their senders are
// told that the host is unreachable (RFC 1812 4.3.3.1).
func (r *Router) askAgain() {
	for _, addr := range slices.Clone(r.asking) {
		n := r.neighbours[addr]
		switch {
		case n == nil || r.world.now < n.asked+routerRetry:
		case n.tries < routerTries:
			r.ask(addr, n)
		default:
			waiting := n.waiting
			r.forget(addr)
			for _, packet := range waiting {
				r.refuse(packet, header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableHost})
			}
		}
	}
}

func (r *Router) emitARP(p *routerPort, to header.MAC, a header.ARP) {
	a.SenderMAC, a.SenderIP = p.mac, p.prefix.Addr()
	b := make([]byte, header.ARPLen)
	a.Put(b)
	r.emit(p, to, header.EtherTypeARP, b)
}

// emit puts a frame on a cable.
func (r *Router) emit(p *routerPort, to header.MAC, kind uint16, payload []byte) {
	frame := make([]byte, header.EthernetLen+len(payload))
	e := header.Ethernet{Dst: to, Src: p.mac, Type: kind}
	e.Put(frame)
	copy(frame[header.EthernetLen:], payload)
	r.traced(trace.Send, frame)
	p.adapter.Send([]*buffer.Packet{buffer.From(frame)})
}
