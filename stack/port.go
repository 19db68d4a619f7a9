//go:build !before2

package stack

import "sync"

// The ports that are given to sockets which do not ask for one (RFC 6335 6).
const (
	firstPort = 49152
	lastPort  = 65535
)

// ports hands out port numbers. The first cannot be guessed, and each is the one after the last, as far as possible from
// being used again soon: TIME-WAIT asks for that. Chapter 10 has the count begin elsewhere for every peer.
type ports struct {
	mu     sync.Mutex
	next   uint16     // counts from firstPort
	secret portSecret // chapter 10
}

func (s *Stack) setUpPorts() {
	s.ports.next = uint16(s.config.Rand() % (lastPort - firstPort + 1))
}

// choose returns a port that is not taken, or 0 when all are. Counting begins at offset.
func (p *ports) choose(offset uint16, taken func(uint16) bool) uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	const count = lastPort - firstPort + 1
	for range count {
		port := firstPort + (p.next+offset)%count
		p.next = (p.next + 1) % count
		if !taken(port) {
			return port
		}
	}
	return 0
}
