//go:build !before7

package sim

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// topology is which nodes hear each other.
type topology struct {
	segments []*segment
	led      map[*stack.Stack]bool // hosts that have been told of a router
}

// segment is a network as Ethernet sees it: hubs and switches, and the cables between and around them; or one cable. All
// addresses on it have one prefix: hosts get them from the bottom, in the order in which they are linked, routers from
// the top.
type segment struct {
	prefix    netip.Prefix // not valid before somebody has an address
	low, high int          // how many addresses have been given, from the bottom and from the top
	members   []member
	boxes     []box
}

// member is a node that has an address on a segment.
type member struct {
	node Node
	addr netip.Addr
}

// box is a hub or a switch: it has no address, and what is linked to it is on its segment.
type box interface {
	Node
	link(a *nic.Adapter)
	on() **segment
}

// LinkOption says more about a link. See [World.Link].
type LinkOption func(*linking)

type linking struct {
	mtu    int
	prefix netip.Prefix
}

// MTU has both adapters of a link take packets of at most n bytes, instead of 1500; at least 68 (RFC 791 3.2). (The
// field MTU of the cable that [World.Link] returns says what only the cable takes.)
func MTU(n int) LinkOption {
	return func(l *linking) { l.mtu = n }
}

// In gives the network that the link is part of the addresses of a prefix, "192.168.7.0/24". Without it the world takes the
// next of 10.0.0.0/24, 10.0.1.0/24, …
func In(prefix string) LinkOption {
	return func(l *linking) { l.prefix = netip.MustParsePrefix(prefix).Masked() }
}

// Link puts a cable between two nodes: hosts, hubs, switches, routers, taps. It returns the cable, whose fields say how
// long a frame is on its way, how many bits a second it takes, how much may wait for it, and what is lost; a cable that
// nobody changes has a delay of a millisecond.
//
//	sw, gw := w.Switch("switch"), w.Router("gw")
//	w.Link(client, sw)
//	w.Link(gw, sw)
//	w.Link(gw, server).Rate = 1_000_000
//
// Hosts and routers get an address on the network that they are linked to, as segments are numbered: hosts 10.0.0.1,
// 10.0.0.2 and so on, routers 10.0.0.254, 10.0.0.253. A host sends what is for other networks to the first router that it
// meets. Routers know the networks that they are on: see [Router.Route] and [World.FindRoutes] for the rest.
//
// It panics at a link that cannot be: one that closes a loop of hubs and switches, for these speak no spanning tree
// protocol, and a broadcast would go round for ever; or one between two networks that both have addresses already: link
// hubs and switches first. Loops with a router in them are good: a packet's TTL ends.
func (w *World) Link(a, b Node, options ...LinkOption) *nic.Cable {
	l := linking{mtu: 1500}
	for _, o := range options {
		o(&l)
	}
	if l.mtu < 68 {
		panic(fmt.Sprintf("sim: link %s and %s: an MTU of %d bytes is less than IPv4 needs, 68", a.Name(), b.Name(), l.mtu))
	}
	n := &w.network
	seg := n.topology.segmentOf(a, b)
	if l.prefix.IsValid() && l.prefix != seg.prefix {
		if seg.prefix.IsValid() {
			panic(fmt.Sprintf("sim: link %s and %s in %v: this network is %v already", a.Name(), b.Name(), l.prefix, seg.prefix))
		}
		seg.prefix = l.prefix
	}
	c := n.plug(w, a, b, l.mtu)
	x, y := c.Ends()
	n.join(seg, a, x)
	n.join(seg, b, y)
	return c
}

// segmentOf returns the segment that a cable between two nodes belongs to.
func (t *topology) segmentOf(a, b Node) *segment {
	x, xok := a.(box)
	y, yok := b.(box)
	switch {
	case a == b:
		panic(fmt.Sprintf("sim: link %s with itself", a.Name()))
	case xok && yok:
		s, r := *x.on(), *y.on()
		switch {
		case s == r:
			panic(fmt.Sprintf("sim: link %s and %s: that is a loop, and there is no spanning tree: a broadcast would go round for ever", a.Name(), b.Name()))
		case s.prefix.IsValid() && r.prefix.IsValid():
			panic(fmt.Sprintf("sim: link %s and %s: one is %v and one %v already; link hubs and switches before hosts", a.Name(), b.Name(), s.prefix, r.prefix))
		case r.prefix.IsValid():
			s, r = r, s
		}
		for _, z := range r.boxes {
			*z.on() = s
		}
		s.boxes = append(s.boxes, r.boxes...)
		t.segments = slices.DeleteFunc(t.segments, func(z *segment) bool { return z == r })
		return s
	case xok:
		return *x.on()
	case yok:
		return *y.on()
	}
	return t.newSegment()
}

func (t *topology) newSegment(boxes ...box) *segment {
	s := &segment{boxes: boxes}
	t.segments = append(t.segments, s)
	return s
}

// join gives a node its end of a cable, and an address if it is one that has addresses.
func (n *network) join(s *segment, node Node, a *nic.Adapter) {
	switch v := node.(type) {
	case *stack.Stack:
		p := n.address(s, node, false)
		if err := v.Attach(a, p); err != nil {
			panic(err) // the address is good
		}
		s.members = append(s.members, member{v, p.Addr()})
		for _, m := range s.members {
			if _, ok := m.node.(*Router); ok {
				n.topology.lead(v, m.addr)
			}
		}
	case *Router:
		p := n.address(s, node, true)
		v.attach(a, p)
		s.members = append(s.members, member{v, p.Addr()})
		for _, m := range s.members {
			if h, ok := m.node.(*stack.Stack); ok {
				n.topology.lead(h, p.Addr())
			}
		}
	case box:
		v.link(a)
	case *Tap:
		v.adapters = append(v.adapters, a)
	default:
		panic(fmt.Sprintf("sim: %s is nothing that a cable can be put into", node.Name()))
	}
}

// lead tells a host which router to use, if it knows none.
func (t *topology) lead(h *stack.Stack, router netip.Addr) {
	if t.led[h] {
		return
	}
	if t.led == nil {
		t.led = make(map[*stack.Stack]bool)
	}
	t.led[h] = true
	h.IP().SetGateway(router)
}

// address returns the next address on a segment that is free.
func (n *network) address(s *segment, node Node, router bool) netip.Prefix {
	if !s.prefix.IsValid() {
		s.prefix = n.subnet()
	}
	room := 1<<(32-s.prefix.Bits()) - 2 // neither the network's own address nor the broadcast one
	if s.low+s.high >= room {
		panic(fmt.Sprintf("sim: no address is left for %s: %v is full", node.Name(), s.prefix))
	}
	b := s.prefix.Addr().As4()
	base := binary.BigEndian.Uint32(b[:])
	if router {
		base += uint32(room - s.high)
		s.high++
	} else {
		s.low++
		base += uint32(s.low)
	}
	binary.BigEndian.PutUint32(b[:], base)
	return netip.PrefixFrom(netip.AddrFrom4(b), s.prefix.Bits())
}
