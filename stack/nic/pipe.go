//go:build !before11

package nic

import (
	"net"
	"sync"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Pipe is a cable in memory with a live adapter at either end: what one sends, the other's Receive returns, at once and in
// order. Two running stacks can speak over it without a real network.
//
// A frame is copied into memory of the receiving adapter's own, as hardware does it, and like hardware the adapter has
// room for so many: one more is dropped. What a and b say of Checksum and SegmentMax is taken at their word: a frame
// with either left to the adapter reaches the other end as it is, as between two machines on one host.
func Pipe(a, b Info) (Driver, Driver) {
	x, y := newPipeEnd(a), newPipeEnd(b)
	x.peer, y.peer = y, x
	return x, y
}

// pipeRing is how many frames an adapter of a pipe holds for its stack.
const pipeRing = 1024

// pipeEnd is one of the two adapters.
type pipeEnd struct {
	info         Info
	peer         *pipeEnd
	small, large buffer.Pool // memory for what arrives: frames, and super-frames

	mu      sync.Mutex // guards all below
	arrived sync.Cond
	ring    [pipeRing]*buffer.Packet
	first   int // where the oldest frame is
	count   int
	closed  bool
}

func newPipeEnd(i Info) *pipeEnd {
	e := &pipeEnd{info: i}
	e.small.Size = i.MTU + header.EthernetLen
	e.large.Size = superFrameTop
	e.arrived.L = &e.mu
	return e
}

// superFrameTop is the largest frame there can be: an IP packet of 64 KiB.
const superFrameTop = 65535 + header.EthernetLen

// Info is part of Driver.
func (e *pipeEnd) Info() Info { return e.info }

// Send is part of Driver.
func (e *pipeEnd) Send(frames []*buffer.Packet) (int, error) {
	e.mu.Lock()
	closed := e.closed
	e.mu.Unlock()
	if closed {
		return 0, net.ErrClosed
	}
	for _, pkt := range frames {
		if n := pkt.Len(); n <= e.info.MTU+header.EthernetLen || pkt.Offload.SegmentSize != 0 && n <= superFrameTop {
			e.peer.take(pkt)
		}
	}
	return len(frames), nil
}

// take copies a frame in, if there is room.
func (e *pipeEnd) take(pkt *buffer.Packet) {
	n := pkt.Len()
	pool := &e.small
	if n > e.info.MTU+header.EthernetLen {
		pool = &e.large
	}
	in := pool.Get()
	b := in.Put(n)
	b = b[copy(b, pkt.Bytes()):]
	b = b[copy(b, pkt.Body[0]):]
	copy(b, pkt.Body[1])
	in.Offload = pkt.Offload

	e.mu.Lock()
	room := !e.closed && e.count < pipeRing
	if room {
		e.ring[(e.first+e.count)%pipeRing] = in
		e.count++
		e.arrived.Signal()
	}
	e.mu.Unlock()
	if !room {
		in.Release()
	}
}

// Receive is part of Driver. It waits until there is something.
func (e *pipeEnd) Receive(frames []*buffer.Packet) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.count == 0 && !e.closed {
		e.arrived.Wait()
	}
	if e.closed {
		return 0, net.ErrClosed
	}
	n := min(len(frames), e.count)
	for i := range n {
		frames[i] = e.ring[e.first]
		e.ring[e.first] = nil
		e.first = (e.first + 1) % pipeRing
	}
	e.count -= n
	return n, nil
}

// Close is part of Driver.
func (e *pipeEnd) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for ; e.count > 0; e.count-- {
		e.ring[e.first].Release()
		e.ring[e.first] = nil
		e.first = (e.first + 1) % pipeRing
	}
	e.arrived.Broadcast()
	return nil
}
