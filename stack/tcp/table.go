//go:build !before4

package tcp

import (
	"net/netip"
	"sync"
)

// Table finds the connection that a segment belongs to: by both addresses and both ports. Only when there is none does
// the destination port alone count, for a listener (RFC 9293 3.10.7.1, 3.10.7.2). The zero value is empty. It may be
// used by several goroutines at once.
type Table struct {
	mu        sync.RWMutex
	conns     map[pair]*Conn
	listeners map[netip.AddrPort]*Listener
	ended     Counts // what has happened to those that are here no more
}

// pair is the two ends of a connection, small and quick to compare.
type pair struct {
	local, remote         [4]byte
	localPort, remotePort uint16
}

func pairOf(local, remote netip.AddrPort) pair {
	return pair{local.Addr().As4(), remote.Addr().As4(), local.Port(), remote.Port()}
}

// Insert adds a connection, or returns false when there is one between the same ends.
func (t *Table) Insert(c *Conn) bool {
	key := pairOf(c.local, c.remote)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conns[key] != nil {
		return false
	}
	if t.conns == nil {
		t.conns = make(map[pair]*Conn)
	}
	t.conns[key] = c
	return true
}

// Remove takes a connection away, if it is there. Nothing must be happening to it: what has happened is counted now.
func (t *Table) Remove(c *Conn) {
	key := pairOf(c.local, c.remote)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conns[key] == c {
		delete(t.conns, key)
		t.ended.Add(&c.counts)
	}
}

// Find returns the connection between two ends, or nil.
func (t *Table) Find(local, remote netip.AddrPort) *Conn {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.conns[pairOf(local, remote)]
}

// All returns all connections, in no order.
func (t *Table) All() []*Conn {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.all()
}

func (t *Table) all() []*Conn {
	list := make([]*Conn, 0, len(t.conns))
	for _, c := range t.conns {
		list = append(list, c)
	}
	return list
}

// Counted returns all connections and listeners, in no order, and what has happened to those that have been removed, all at
// the same moment.
func (t *Table) Counted() (conns []*Conn, listeners []*Listener, ended Counts) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, l := range t.listeners {
		listeners = append(listeners, l)
	}
	return t.all(), listeners, t.ended
}

// Listen adds a listener for a local end, whose address may be unspecified (0.0.0.0): any of this host's. It returns
// false when there is one for that end.
func (t *Table) Listen(local netip.AddrPort, l *Listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listeners[local] != nil {
		return false
	}
	if t.listeners == nil {
		t.listeners = make(map[netip.AddrPort]*Listener)
	}
	t.listeners[local] = l
	return true
}

// Unlisten takes the listener of a local end away. Nothing must be happening to it: what has happened is counted now.
func (t *Table) Unlisten(local netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.listeners[local]; l != nil {
		t.ended.Add(&l.counts)
	}
	delete(t.listeners, local)
}

// Listening returns the listener for a local end, or nil: the one for that address first, then the one for any.
func (t *Table) Listening(local netip.AddrPort) *Listener {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if l := t.listeners[local]; l != nil {
		return l
	}
	return t.listeners[netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())]
}
