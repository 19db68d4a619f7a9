//go:build !before7

package ip

import (
	"net/netip"
	"sync"
)

// routes is where to send what is for none of our own cables.
type routes struct {
	mu      sync.RWMutex
	gateway netip.Addr
}

// SetGateway names the router that takes what is for hosts beyond our own cables. It must be on one of them.
func (p *Part) SetGateway(addr netip.Addr) {
	p.routes.mu.Lock()
	defer p.routes.mu.Unlock()
	p.routes.gateway = addr
}

// gateway returns the way to an address that is on none of our cables.
func (p *Part) gateway(netip.Addr) (*Interface, netip.Addr, error) {
	p.routes.mu.RLock()
	hop := p.routes.gateway
	p.routes.mu.RUnlock()
	for _, i := range p.Interfaces() {
		if i.Prefix.Contains(hop) {
			return i, hop, nil
		}
	}
	return nil, netip.Addr{}, ErrNoRoute
}
