//go:build !before7

package sim

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// Router passes IPv4 packets on between networks (RFC 1812): it looks for the longest prefix in its table, takes one off
// the TTL, and sends the packet to the next hop, whose MAC address it asks for by ARP. What it cannot pass on it says to
// the sender by ICMP: the TTL has ended, no line of the table fits, nobody answers for the next hop, the packet is too
// long for the next link and says that it may not be cut. One that may be is cut. It answers echo requests to its own
// addresses, and forwards neither broadcasts nor multicasts.
//
// It is less than a real router: it sends no redirects, runs no routing protocol, answers for nobody but itself, and leaves
// the options of a packet as they are: a source route is not followed.
//
// Each link has a queue of its own, that of its cable.
type Router struct {
	// Silent: it drops without a word what it cannot pass on, as some do that are set up too anxiously.
	Silent bool
	// Count is what has become of packets.
	Count RouterCount

	world  *World
	name   string
	ports  []*routerPort
	routes []route
	id     uint16 // of its own packets

	neighbours map[netip.Addr]*routerNeighbour
	known      []netip.Addr // the keys of neighbours, the oldest first
	asking     []netip.Addr // those for which packets wait

	since time.Duration // errors sent from then on are counted in errors
	errs  int
}

// RouterCount counts what a router did with the packets that it got.
type RouterCount struct {
	Forwarded    int // passed on, cut or whole
	Delivered    int // for the router itself
	Ignored      int // nothing that a router takes: malformed, for everybody, from nobody
	Fragmented   int // cut: their fragments are not counted
	TooLong      int // longer than the next link takes, and not to be cut
	TimeExceeded int // the TTL has ended
	NoRoute      int // no line of the table fits
	NoHost       int // nobody answers for the next hop, or too many wait for it
	Unsaid       int // errors not sent, since there have been too many in this second
}

// routerPort is a router's end of a link.
type routerPort struct {
	adapter *nic.Adapter
	mac     header.MAC
	prefix  netip.Prefix // with the router's own address
}

// Router adds a router.
func (w *World) Router(name string) *Router {
	r := &Router{world: w, name: name, neighbours: make(map[netip.Addr]*routerNeighbour)}
	w.network.parts = append(w.network.parts, r)
	return r
}

// Name returns the router's name, and String too.
func (r *Router) Name() string   { return r.name }
func (r *Router) String() string { return r.name }

// Addrs returns the router's addresses, in the order in which it was linked.
func (r *Router) Addrs() (list []netip.Addr) {
	for _, p := range r.ports {
		list = append(list, p.prefix.Addr())
	}
	return list
}

// attach gives the router an end of a cable, and its address there.
func (r *Router) attach(a *nic.Adapter, prefix netip.Prefix) {
	p := &routerPort{adapter: a, mac: header.MAC(a.Info().Address), prefix: prefix}
	r.ports = append(r.ports, p)
	r.setRoute(route{prefix: prefix.Masked(), port: p})
}

// Poll takes what has arrived, and asks again for neighbours that do not answer.
func (r *Router) Poll() {
	for _, p := range r.ports {
		receive([]*nic.Adapter{p.adapter}, func(_ int, pkt *buffer.Packet) {
			r.arrive(p, slices.Clone(pkt.Bytes()))
		})
	}
	r.askAgain()
}

// arrive takes a frame, which belongs to it.
func (r *Router) arrive(p *routerPort, frame []byte) {
	e, packet, err := header.ParseEthernet(frame)
	if err != nil || e.Dst != p.mac && e.Dst != header.Broadcast {
		return // a hub and a switch that does not know better bring it everything
	}
	r.traced(trace.Receive, frame)
	switch {
	case e.Type == header.EtherTypeARP:
		r.arriveARP(p, packet)
	case e.Type != header.EtherTypeIPv4 || e.Dst == header.Broadcast: // RFC 1812 5.3.4
		r.Count.Ignored++
	default:
		r.forward(packet)
	}
}

// forward passes a packet on, or says why not.
func (r *Router) forward(packet []byte) {
	h, payload, err := header.ParseIPv4(packet)
	if err != nil || !single(h.Src) || r.broadcast(h.Src) || r.owns(h.Src) {
		r.Count.Ignored++
		return
	}
	packet = packet[:h.TotalLen] // no padding
	if r.owns(h.Dst) {
		r.Count.Delivered++
		r.deliver(h, packet, payload)
		return
	}
	if !single(h.Dst) || r.broadcast(h.Dst) {
		r.Count.Ignored++
		return
	}
	if h.TTL <= 1 {
		r.Count.TimeExceeded++
		r.refuse(packet, header.ICMP{Type: header.ICMPTimeExceeded})
		return
	}
	p, hop, ok := r.lookup(h.Dst)
	if !ok {
		r.Count.NoRoute++
		r.refuse(packet, header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableNet})
		return
	}
	mtu := p.adapter.Takes()
	if len(packet) > mtu && h.DontFragment {
		r.Count.TooLong++
		r.refuse(packet, header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableFragment, Seq: uint16(mtu)})
		return
	}
	age(packet)
	r.Count.Forwarded++
	if len(packet) <= mtu {
		r.send(p, hop, packet)
		return
	}
	r.Count.Fragmented++
	for _, f := range fragments(packet, mtu) {
		r.send(p, hop, f)
	}
}

// age takes one off the TTL of a packet, and puts its checksum right without adding up the header once more: HC' = ~(~HC +
// ~m + m'), m the 16 bits that change (RFC 1624 3).
func age(packet []byte) {
	m := binary.BigEndian.Uint16(packet[8:])
	packet[8]--
	sum := uint32(^binary.BigEndian.Uint16(packet[10:])) + uint32(^m) + uint32(binary.BigEndian.Uint16(packet[8:]))
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(packet[10:], ^uint16(sum))
}

// fragments cuts a packet into pieces of at most mtu bytes, each with a header of its own (RFC 791 3.2). Options go with
// the first, and with the others too if they say so. The packet may be a fragment itself.
func fragments(packet []byte, mtu int) (list [][]byte) {
	h, payload, err := header.ParseIPv4(packet)
	if err != nil {
		return nil
	}
	more, offset := h.MoreFragments, int(h.Offset)
	for len(payload) > 0 {
		n := (mtu - h.Len()) / 8 * 8
		if last := len(payload) <= mtu-h.Len(); last {
			n = len(payload)
		}
		if n <= 0 {
			return nil // a link that IPv4 cannot work on
		}
		h.MoreFragments = more || n < len(payload)
		h.Offset = uint16(offset)
		h.TotalLen = uint16(h.Len() + n)
		f := make([]byte, h.TotalLen)
		h.Put(f)
		copy(f[h.Len():], payload[:n])
		list = append(list, f)
		payload, offset = payload[n:], offset+n
		if len(list) == 1 {
			h.Options = copied(h.Options)
		}
	}
	return list
}

// copied returns the options that every fragment has: those whose first bit is set (RFC 791 3.1).
func copied(options []byte) (kept []byte) {
	for len(options) > 0 && options[0] != 0 {
		n := 1
		if options[0] != 1 {
			if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
				break
			}
			n = int(options[1])
		}
		if options[0]&0x80 != 0 {
			kept = append(kept, options[:n]...)
		}
		options = options[n:]
	}
	for len(kept)%4 != 0 {
		kept = append(kept, 0)
	}
	return kept
}

// owns says whether an address is the router's.
func (r *Router) owns(a netip.Addr) bool {
	return slices.ContainsFunc(r.ports, func(p *routerPort) bool { return p.prefix.Addr() == a })
}

// broadcast says whether an address is that of everybody on one of the router's networks, or of the network itself: a
// router does not pass such packets on (RFC 2644).
func (r *Router) broadcast(a netip.Addr) bool {
	return slices.ContainsFunc(r.ports, func(p *routerPort) bool {
		if p.prefix.Bits() >= 31 || !p.prefix.Contains(a) {
			return false
		}
		b := a.As4()
		mask := ^uint32(0) >> p.prefix.Bits()
		host := binary.BigEndian.Uint32(b[:]) & mask
		return host == 0 || host == mask
	})
}

// single says whether an address can be one host's (RFC 1812 5.3.7).
func single(a netip.Addr) bool {
	first := a.As4()[0]
	return first != 0 && first != 127 && first < 224
}
