//go:build !before2

package stack

import "sync"

// The ports that are given to sockets which do not ask for one (RFC 6335 6).
const (
	firstPort = 49152
	lastPort  = 65535
)

// ports hands out port numbers. The first cannot be guessed, and each is the one after the last: as far as possible from
// being used again soon (RFC 6056 3.3.2 asks for the former, TIME-WAIT for the latter).
type ports struct {
	mu   sync.Mutex
	next uint16 // counts from firstPort
}

func (s *Stack) setUpPorts() {
	s.ports.next = uint16(s.config.Rand() % (lastPort - firstPort + 1))
}

// choose returns a port that is not taken, or 0 when all are.
func (p *ports) choose(taken func(uint16) bool) uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range lastPort - firstPort + 1 {
		port := firstPort + p.next
		if p.next++; p.next > lastPort-firstPort {
			p.next = 0
		}
		if !taken(port) {
			return port
		}
	}
	return 0
}
