//go:build !before7

package ip

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// loop is the way back: the interface whose cable ends at both ends in this host.
type loop struct{ via *Interface }

// AttachLoopback gives the part the way back: what is for one of this host's own addresses, or for any of 127.0.0.0/8,
// leaves by driver d and comes in there again. It is to be called before anything else is, at most once. The interface is
// not one of Interfaces.
func (p *Part) AttachLoopback(d nic.Driver) *Interface {
	p.loop.via = newInterface(d, netip.PrefixFrom(localhost, 8))
	return p.loop.via
}

// localhost is what every host calls itself.
var localhost = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Own says whether a is one of this host's addresses: an interface's, or any of 127.0.0.0/8 where there is a way back.
func (p *Part) Own(a netip.Addr) bool {
	return p.attached(a) || p.loop.via != nil && a.IsLoopback() && !p.loop.via.Broadcast(a)
}

// accepts says whether this host takes what came in by interface i for an address that is not the interface's. It takes
// what is for everybody on the cable, if that is UDP: nothing else it knows has a use for that (RFC 9293 MUST-57; RFC 1122
// 3.2.2.6). By the way back it takes all that is its own. It does not take what came by one interface for the address of
// another, and never what came by a cable for 127.0.0.0/8: it has strong ends (RFC 1122 3.3.4.2), so that whoever is on one
// of its cables does not get to what is meant for another's alone.
func (p *Part) accepts(i *Interface, h *header.IPv4) bool {
	if i == p.loop.via && p.Own(h.Dst) {
		return true
	}
	return h.Protocol == header.ProtocolUDP && i.Broadcast(h.Dst)
}

// source says whether a packet that came in by interface i can be from a: by the way back from ourselves, and from nobody
// else; by a cable from anybody but ourselves.
func (p *Part) source(i *Interface, a netip.Addr) bool {
	if i == p.loop.via {
		return p.Own(a)
	}
	return i.single(a) && !p.Own(a)
}

// group returns the MAC address for a destination that nobody needs to be asked about: that of the way back, of everybody
// on the cable, or of a group (RFC 1112 6.4).
func (p *Part) group(i *Interface, hop netip.Addr) (header.MAC, bool) {
	switch {
	case i == p.loop.via:
		return i.MAC, true
	case i.Broadcast(hop):
		return header.Broadcast, true
	case hop.IsMulticast():
		b := hop.As4()
		return header.MAC{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}, true
	}
	return header.MAC{}, false
}

// Discard lets go of all that waits: for fragments that have not come, for neighbours that have not answered, to be sent.
func (p *Part) Discard() {
	p.fragments.assembling.discard()
	p.neighbours.discard()
}
