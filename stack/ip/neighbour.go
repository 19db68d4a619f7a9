//go:build !before3

package ip

import (
	"net/netip"
	"sync"

	"github.com/tsunagu/tsunagu/stack/header"
)

// neighbourBook is which MAC address the owner of an IP address on the cable has, as far as somebody has written it down.
type neighbourBook struct {
	mu  sync.RWMutex
	mac map[netip.Addr]header.MAC
}

// SetNeighbour writes down the MAC address of a neighbour. Nothing that arrives changes it.
func (p *Part) SetNeighbour(addr netip.Addr, mac header.MAC) {
	b := &p.neighbours.book
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mac == nil {
		b.mac = make(map[netip.Addr]header.MAC)
	}
	b.mac[addr] = mac
}

func (b *neighbourBook) find(addr netip.Addr) (header.MAC, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	mac, ok := b.mac[addr]
	return mac, ok
}
