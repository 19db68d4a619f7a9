//go:build !before3

// Package ip is the part of the protocol stack that carries packets: IPv4 (RFC 791), the way to the next hop, and the
// neighbours on the cable. Like all parts it is a plain state machine: it is given a packet or the time, and answers
// with frames to send.
package ip

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

var (
	// ErrNoRoute: no interface leads to the address.
	ErrNoRoute = errors.New("ip: no route to the address")
	// ErrNotForUs: what arrived is for somebody else, or nothing that this host takes.
	ErrNotForUs = errors.New("ip: not for this host")
	// ErrFragment: a fragment that cannot be part of any packet, or not of the one that its header names.
	ErrFragment = errors.New("ip: a fragment that does not fit")
)

// Part is a host's IP part. The zero value has no interface. It may be used by several goroutines at once.
type Part struct {
	// Route chooses the interface and the next hop for a destination. nil means [Part.FindRoute].
	Route func(dst netip.Addr) (i *Interface, nextHop netip.Addr, err error)
	// IgnoreRedirects has the part send by the routers that its routing table names, whatever those say of better ones.
	IgnoreRedirects bool
	// Rand is the source of what must not be guessed. nil means a fixed sequence, good for tests alone.
	Rand func() uint64

	mu         sync.Mutex // held by who changes interfaces
	interfaces atomic.Pointer[[]*Interface]
	id         atomic.Uint32

	neighbours neighbours // who has which MAC address: chapter 7
	routes     routes     // the routing table: chapter 7
	loop       loop       // the way to ourselves: chapter 7
	fragments  fragments  // what is cut and put together: chapter 7
	icmp       icmp       // errors and control messages: chapter 7
	mtus       mtus       // ways that take less than our own cable: chapter 9
}

// Interface is an adapter with the address that this host has on its cable.
type Interface struct {
	Driver nic.Driver
	Info   nic.Info
	MAC    header.MAC
	prefix atomic.Pointer[netip.Prefix]
}

// Prefix returns our address on this interface, and how many of its leading bits all hosts on its cable share. The address
// is 0.0.0.0 while there is none.
func (i *Interface) Prefix() netip.Prefix { return *i.prefix.Load() }

// Addr returns our address on this interface.
func (i *Interface) Addr() netip.Addr { return i.Prefix().Addr() }

// Broadcast says whether a is the address of everybody on the cable: of any cable, or of this one (RFC 1122 3.2.1.3).
func (i *Interface) Broadcast(a netip.Addr) bool {
	if a == broadcast {
		return true
	}
	p := i.Prefix()
	if p.Bits() >= 31 || !p.Contains(a) { // two hosts on a cable have no need for one (RFC 3021)
		return false
	}
	b := a.As4()
	host := ^uint32(0) >> p.Bits()
	return binary.BigEndian.Uint32(b[:])&host == host
}

// Source returns which of our addresses a packet to dst has as its source when it leaves by this interface: the one that
// the interface has (RFC 1122 3.3.4.3). Who speaks to himself does so from the address that he speaks to.
func (i *Interface) Source(dst netip.Addr) netip.Addr {
	if i.Addr().IsLoopback() && !dst.IsLoopback() {
		return dst
	}
	return i.Addr()
}

// single says whether a packet can come from a: whether it is the address of one host, and of one outside (RFC 1122
// 3.2.1.3; RFC 9293 MUST-63).
func (i *Interface) single(a netip.Addr) bool {
	first := a.As4()[0]
	reserved := first == 0 || first >= 240 // "this network"; class E, and 255.255.255.255
	return !reserved && !a.IsMulticast() && !a.IsLoopback() && !i.Broadcast(a)
}

func newInterface(d nic.Driver, prefix netip.Prefix) *Interface {
	info := d.Info()
	i := &Interface{Driver: d, Info: info, MAC: header.MAC(info.Address)}
	i.prefix.Store(&prefix)
	return i
}

// Attach adds an interface.
func (p *Part) Attach(d nic.Driver, prefix netip.Prefix) *Interface {
	i := newInterface(d, prefix)
	p.mu.Lock()
	all := append(slices.Clip(p.Interfaces()), i)
	p.interfaces.Store(&all)
	p.mu.Unlock()
	p.reroute()
	return i
}

// Interfaces returns all interfaces, in the order in which they were attached. They are not to be changed.
func (p *Part) Interfaces() []*Interface {
	if all := p.interfaces.Load(); all != nil {
		return *all
	}
	return nil
}

// attached says whether a is the address of one of the interfaces.
func (p *Part) attached(a netip.Addr) bool {
	for _, i := range p.Interfaces() {
		if i.Addr() == a && !a.IsUnspecified() {
			return true
		}
	}
	return false
}

// FindRoute returns by which interface the way to dst begins, and who takes the packet at the other end of its cable: dst
// itself when it is there, or a router. It fails with ErrNoRoute.
func (p *Part) FindRoute(dst netip.Addr) (*Interface, netip.Addr, error) {
	return p.find(netip.Addr{}, dst)
}

// Lookup returns the way to dst: what Route says, or else FindRoute.
func (p *Part) Lookup(dst netip.Addr) (*Interface, netip.Addr, error) {
	return p.LookupFrom(netip.Addr{}, dst)
}

// LookupFrom returns the way to dst for a packet that comes from src, one of our addresses: it leaves by the interface that
// has the address, if there is such a way. So what came in by one of several interfaces is answered by the same.
func (p *Part) LookupFrom(src, dst netip.Addr) (*Interface, netip.Addr, error) {
	if p.Route != nil {
		return p.Route(dst)
	}
	return p.find(src, dst)
}

// Datagram is what the part above says of a packet it wants carried, or is told of one that arrived.
type Datagram struct {
	Src, Dst netip.Addr
	Protocol uint8
	TOS      uint8 // DiffServ and ECN
	TTL      uint8 // 0 means 64 on the way down

	// MayFragment: on the way down, the packet may be cut into fragments, by this host or by a router. What may not is sent
	// with DF, and no longer than the way takes: whoever sends it has to see to that. All that TCP sends is of that kind.
	MayFragment bool

	headerLen int // on the way up: how long the IP header was, which still lies before what the packet holds
}

// Wrap puts the IP header and the Ethernet header in front of a packet on its way down, to go out by interface i to
// nextHop, as Lookup said. When it returns true, pkt is a whole frame. When it returns false, the MAC address of the
// neighbour is not known yet, or the packet has to be cut: the part has kept a copy and will hand it out by Next.
func (p *Part) Wrap(now time.Duration, i *Interface, nextHop netip.Addr, pkt *buffer.Packet, d Datagram) (ready bool) {
	h := header.IPv4{
		TOS:          d.TOS,
		TotalLen:     uint16(header.IPv4Len + pkt.Len()),
		ID:           p.identify(&d),
		DontFragment: !d.MayFragment,
		TTL:          d.TTL,
		Protocol:     d.Protocol,
		Src:          d.Src,
		Dst:          d.Dst,
	}
	if h.TTL == 0 {
		h.TTL = 64
	}
	h.Put(pkt.Push(header.IPv4Len))
	p.measure(now, i, pkt, &d)
	mac, known := p.resolve(now, i, nextHop, pkt)
	if !known {
		return false
	}
	frame(pkt, i, mac, header.EtherTypeIPv4)
	return !p.tooLong(i, pkt)
}

// frame puts the Ethernet header in front.
func frame(pkt *buffer.Packet, i *Interface, dst header.MAC, kind uint16) {
	e := header.Ethernet{Dst: dst, Src: i.MAC, Type: kind}
	e.Put(pkt.Push(header.EthernetLen))
}

// Arrive takes the Ethernet and the IP header off a frame that came in by interface i. When err is nil, pkt holds what
// the part above is to have, and nothing behind it; a Datagram without a source says that the part has taken it for itself.
func (p *Part) Arrive(now time.Duration, i *Interface, pkt *buffer.Packet) (Datagram, error) {
	e, payload, err := header.ParseEthernet(pkt.Bytes())
	if err != nil {
		return Datagram{}, err
	}
	if e.Dst != i.MAC && e.Dst != header.Broadcast {
		return Datagram{}, ErrNotForUs // the adapter lets such frames in when it listens to everything
	}
	if e.Type != header.EtherTypeIPv4 {
		return Datagram{}, p.arriveOther(now, i, e, payload)
	}
	h, payload, err := header.ParseIPv4(payload)
	switch {
	case err != nil:
		return Datagram{}, err
	case (h.Dst != i.Addr() || h.Dst.IsUnspecified()) && !p.accepts(i, &h):
		return Datagram{}, ErrNotForUs
	case e.Dst == header.Broadcast && !i.Broadcast(h.Dst):
		return Datagram{}, ErrNotForUs // one host's packet, shouted at everybody (RFC 1122 3.3.6)
	case sourceRouted(h.Options):
		return Datagram{}, ErrNotForUs // whoever sent it could have answers to a false address come by (RFC 7126 4.3, 4.4)
	case !p.source(i, h.Src):
		return Datagram{}, ErrNotForUs // nobody's address, or our own
	}
	pkt.Pull(header.EthernetLen + h.Len())
	pkt.Trim(pkt.Len() - len(payload))
	d := Datagram{Src: h.Src, Dst: h.Dst, Protocol: h.Protocol, TOS: h.TOS, TTL: h.TTL, headerLen: h.Len()}
	if h.MoreFragments || h.Offset != 0 {
		if whole, err := p.reassemble(now, &h, &d, pkt); !whole {
			return Datagram{}, err
		}
	}
	if d.Protocol == header.ProtocolICMP {
		return p.arriveICMP(now, i, d, pkt)
	}
	return d, nil
}

// broadcast is the address of everybody on this cable.
var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// sourceRouted says whether a packet's options name the way that it was to take: LSRR or SSRR. All other options are
// ignored (RFC 9293 3.9.2, MUST-50).
func sourceRouted(options []byte) bool {
	for len(options) > 0 && options[0] != 0 { // End of Option List
		n := 1
		switch options[0] {
		case 1: // No Operation
		case 131, 137:
			return true
		default:
			if len(options) < 2 || options[1] < 2 {
				return false
			}
			n = int(options[1])
		}
		options = options[min(n, len(options)):]
	}
	return false
}
