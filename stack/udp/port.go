//go:build !before8

// Package udp is the part of the protocol stack that carries single messages without a connection (RFC 768). There is
// little to it: which socket a datagram is for, and where it waits until it is read. Nothing is acknowledged, sent again,
// or kept in order. Like all parts it is a plain state machine, without a clock or a goroutine.
package udp

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// DefaultLimit is how much memory the datagrams may occupy that wait at a port: as much as on Linux.
const DefaultLimit = 212992

// keep is for how many datagrams the queue's own memory is kept when they have been read.
const keep = 32

// overhead is what a waiting datagram occupies beside its packet.
const overhead = 128

// Port is where one socket receives its datagrams: what a connection is to TCP. A [Table] hands it out. It is not safe
// for concurrent use: the owner has the lock.
type Port struct {
	owner         any
	local, remote netip.AddrPort // guarded by the table

	waiting []Datagram
	first   int // those before this one have been taken
	held    int // bytes of memory that they occupy
	limit   int
	err     error // what the network has told about a datagram sent from here

	dropped int
}

// Datagram is one that waits.
type Datagram struct {
	From    netip.AddrPort
	To      netip.Addr // the address of this host's that it came to (RFC 1122 4.1.3.5)
	Payload []byte
	holder  buffer.Holder // of the memory it lies in
	cost    int
}

// Release gives up the memory that Payload lies in.
func (d *Datagram) Release() {
	if d.holder != nil {
		d.holder.Release()
	}
	*d = Datagram{}
}

// Local returns where the port is. It may be asked by whoever has the lock that goes with calling Connect.
func (p *Port) Local() netip.AddrPort { return p.local }

// Owner returns what the port was made with.
func (p *Port) Owner() any { return p.owner }

// SetLimit says how much memory the waiting datagrams may occupy; 0 means DefaultLimit.
func (p *Port) SetLimit(n int) { p.limit = n }

// Limit is how much memory the waiting datagrams may occupy, in bytes.
func (p *Port) Limit() int {
	if p.limit == 0 {
		return DefaultLimit
	}
	return p.limit
}

// Held is how much memory they do occupy: more than they are long, for they stay in the packets in which they came.
func (p *Port) Held() int { return p.held }

// Dropped is how many datagrams came when there was no room.
func (p *Port) Dropped() int { return p.dropped }

// Arrive takes a datagram that came to the address to. Its payload lies in the memory of holder, which is retained. It
// returns false when there is no room for it: the newest is what is lost, and its sender is not told.
func (p *Port) Arrive(from netip.AddrPort, to netip.Addr, payload []byte, holder buffer.Holder) bool {
	cost := overhead + holder.Cap()
	if p.held+cost > p.Limit() {
		p.dropped++
		return false
	}
	holder.Retain()
	p.held += cost
	if p.first > 0 && len(p.waiting) == cap(p.waiting) { // room that was used once can be used again
		n := copy(p.waiting, p.waiting[p.first:])
		clear(p.waiting[n:])
		p.waiting, p.first = p.waiting[:n], 0
	}
	p.waiting = append(p.waiting, Datagram{From: from, To: to, Payload: payload, holder: holder, cost: cost})
	return true
}

// Ready says whether Next has something to tell.
func (p *Port) Ready() bool { return p.first < len(p.waiting) || p.err != nil }

// Waiting says whether a datagram waits, and nothing has to be told before it.
func (p *Port) Waiting() bool { return p.first < len(p.waiting) && p.err == nil }

// Next takes the oldest datagram, which the caller releases. An error that the network has told comes first, once. When
// there is neither, ok is false.
func (p *Port) Next() (d Datagram, ok bool, err error) {
	if err := p.Err(); err != nil {
		return Datagram{}, true, err
	}
	if p.first == len(p.waiting) {
		return Datagram{}, false, nil
	}
	d = p.waiting[p.first]
	p.waiting[p.first] = Datagram{}
	if p.first++; p.first == len(p.waiting) {
		p.waiting, p.first = p.waiting[:0], 0
		if cap(p.waiting) > keep {
			p.waiting = nil
		}
	}
	p.held -= d.cost
	return d, true, nil
}

// Fail notes what the network has told about a datagram that was sent from here: that nobody receives at the port it was
// for, or that its host cannot be reached. The next request at the socket returns it.
func (p *Port) Fail(err error) { p.err = err }

// Err takes what Fail has noted.
func (p *Port) Err() error {
	err := p.err
	p.err = nil
	return err
}

// Keep lets go of what waits and is not from peer, and of what the network has told: the port has just been connected, and
// hears nobody else. It returns how many datagrams that were.
func (p *Port) Keep(peer netip.AddrPort) (lost int) {
	kept := p.waiting[:0]
	for _, d := range p.waiting[p.first:] {
		if d.From == peer {
			kept = append(kept, d)
			continue
		}
		p.held -= d.cost
		d.Release()
		lost++
	}
	clear(p.waiting[len(kept):])
	p.waiting, p.first, p.err = kept, 0, nil
	return lost
}

// Discard lets go of all that waits.
func (p *Port) Discard() {
	for i := range p.waiting {
		p.waiting[i].Release()
	}
	p.waiting, p.first, p.held, p.err = nil, 0, 0, nil
}
