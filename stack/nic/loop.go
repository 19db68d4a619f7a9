//go:build !before7

package nic

import (
	"net"
	"sync"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// Loop is an adapter whose cable leads back to itself: what is sent is received. Nobody else is on it, and nothing is lost
// but what there is no room for. Its Receive never waits.
type Loop struct {
	// Wake is told that there is something to receive. nil means nobody is.
	Wake func()

	mu     sync.Mutex
	ring   []*buffer.Packet
	held   int // bytes of memory that they occupy
	closed bool
}

// How much may wait in a loop.
const (
	loopFrames = 1024
	loopBytes  = 16 << 20
)

// Info is part of Driver. An IP packet may be as long as IP can say. Nothing happens to it on the way, so that a checksum
// need not be computed.
func (l *Loop) Info() Info {
	return Info{Name: "lo", Address: make(net.HardwareAddr, 6), MTU: 65535, Checksum: true}
}

// Send is part of Driver.
func (l *Loop) Send(frames []*buffer.Packet) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, net.ErrClosed
	}
	for _, pkt := range frames {
		if len(l.ring) == loopFrames || l.held+pkt.Len() > loopBytes {
			break
		}
		l.ring = append(l.ring, pkt.Clone())
		l.held += pkt.Len()
	}
	if l.Wake != nil {
		l.Wake()
	}
	return len(frames), nil
}

// Receive is part of Driver.
func (l *Loop) Receive(frames []*buffer.Packet) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, net.ErrClosed
	}
	n := copy(frames, l.ring)
	for _, pkt := range frames[:n] {
		l.held -= pkt.Len()
	}
	rest := copy(l.ring, l.ring[n:])
	clear(l.ring[rest:])
	l.ring = l.ring[:rest]
	return n, nil
}

// Ready says whether there is something to receive.
func (l *Loop) Ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ring) > 0
}

// Close is part of Driver.
func (l *Loop) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, pkt := range l.ring {
		pkt.Release()
	}
	l.closed, l.ring, l.held = true, nil, 0
	return nil
}
