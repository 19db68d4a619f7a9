//go:build !before3 && before7

package ip

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Until chapter 7 there is no routing table, nobody speaks to himself, every packet is for one host, and none is cut.

type (
	routes    struct{}
	loop      struct{}
	fragments struct{}
)

// Own says whether a is one of this host's addresses.
func (p *Part) Own(a netip.Addr) bool { return p.attached(a) }

func (p *Part) reroute()                              {}
func (p *Part) accepts(*Interface, *header.IPv4) bool { return false }
func (p *Part) source(i *Interface, a netip.Addr) bool {
	return i.single(a) && !p.attached(a)
}

func (p *Part) identify(*Datagram) uint16                                    { return uint16(p.id.Add(1)) }
func (p *Part) measure(time.Duration, *Interface, *buffer.Packet, *Datagram) {}
func (p *Part) tooLong(*Interface, *buffer.Packet) bool                      { return false }
func (p *Part) reassemble(time.Duration, *header.IPv4, *Datagram, *buffer.Packet) (bool, error) {
	return false, ErrNotForUs
}

// Waiting: nothing is put together.
func (p *Part) Waiting() bool { return false }
