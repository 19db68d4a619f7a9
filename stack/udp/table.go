//go:build !before8

package udp

import (
	"net/netip"
	"slices"
	"sync"
)

// Table finds the port that a datagram is for: by its destination alone, except that a port that is connected to a peer
// receives from nobody else. The zero value is empty. It may be used by several goroutines at once.
type Table struct {
	mu    sync.RWMutex
	ports map[uint16][]*Port // by number; of one number there are several on a host that has several addresses
}

// Bind makes a port at a local end, whose address may be unspecified (0.0.0.0): any of this host's. It returns nil when
// the port is taken there.
func (t *Table) Bind(local netip.AddrPort, owner any) *Port {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken(local) {
		return nil
	}
	p := &Port{owner: owner, local: local}
	if t.ports == nil {
		t.ports = make(map[uint16][]*Port)
	}
	t.ports[local.Port()] = append(t.ports[local.Port()], p)
	return p
}

// Taken says whether Bind would fail.
func (t *Table) Taken(local netip.AddrPort) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.taken(local)
}

func (t *Table) taken(local netip.AddrPort) bool {
	return slices.ContainsFunc(t.ports[local.Port()], func(p *Port) bool {
		a, b := p.local.Addr(), local.Addr()
		return a == b || a.IsUnspecified() || b.IsUnspecified()
	})
}

// Connect has a port receive from one peer alone, at one of the host's addresses. The port number stays.
func (t *Table) Connect(p *Port, local netip.Addr, remote netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.local = netip.AddrPortFrom(local, p.local.Port())
	p.remote = remote
}

// Disconnect has a port receive from everybody again, at a local address that may be unspecified.
func (t *Table) Disconnect(p *Port, local netip.Addr) { t.Connect(p, local, netip.AddrPort{}) }

// Unbind takes a port away.
func (t *Table) Unbind(p *Port) {
	t.mu.Lock()
	defer t.mu.Unlock()
	number := p.local.Port()
	rest := slices.DeleteFunc(t.ports[number], func(q *Port) bool { return q == p })
	if len(rest) == 0 {
		delete(t.ports, number)
		return
	}
	t.ports[number] = rest
}

// Find returns the port for what goes from remote to local, or nil.
func (t *Table) Find(local, remote netip.AddrPort) *Port {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, p := range t.ports[local.Port()] {
		if here := p.local.Addr(); here != local.Addr() && !here.IsUnspecified() {
			continue
		}
		if !p.remote.IsValid() || p.remote == remote {
			return p
		}
	}
	return nil
}

// Connected returns the port between two ends, or nil when there is none, or none that is connected.
func (t *Table) Connected(local, remote netip.AddrPort) *Port {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, p := range t.ports[local.Port()] {
		if p.local == local && p.remote == remote {
			return p
		}
	}
	return nil
}
