//go:build !before9

package ip

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// mtus is what is known of ways on which some cable takes smaller packets than our own (RFC 1191 6.2).
type mtus struct {
	mu sync.RWMutex
	of map[netip.Addr]pathMTU
	n  atomic.Int32 // how many there are: mostly none, and nobody has to look
}

type pathMTU struct {
	mtu   int
	until time.Duration
}

const (
	// mtuAge is how long a path MTU is believed: ways change, and nobody tells when a way takes more (RFC 1191 6.3).
	mtuAge = 10 * time.Minute
	// mtuMost bounds how many are remembered.
	mtuMost = 1024
)

// PathMTU returns the largest packet that the way to dst takes which begins at interface i, as far as is known, in bytes.
func (p *Part) PathMTU(now time.Duration, i *Interface, dst netip.Addr) int {
	m := &p.mtus
	if m.n.Load() == 0 {
		return i.Info.MTU
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if known, ok := m.of[dst]; ok && now < known.until {
		return min(known.mtu, i.Info.MTU)
	}
	return i.Info.MTU
}

// SetPathMTU notes that the way to dst takes packets of mtu bytes and no larger. It is believed for ten minutes.
// Whoever says so must have made sure that it is true.
func (p *Part) SetPathMTU(now time.Duration, dst netip.Addr, mtu int) {
	m := &p.mtus
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = make(map[netip.Addr]pathMTU)
	}
	if _, ok := m.of[dst]; !ok && len(m.of) >= mtuMost {
		m.forget(now)
	}
	m.of[dst] = pathMTU{mtu, now + mtuAge}
	m.n.Store(int32(len(m.of)))
}

// forget makes room: what is too old goes, or else what is oldest.
func (m *mtus) forget(now time.Duration) {
	var oldest netip.Addr
	for dst, known := range m.of {
		if known.until <= now {
			delete(m.of, dst)
		} else if first, ok := m.of[oldest]; !ok || known.until < first.until {
			oldest = dst
		}
	}
	if len(m.of) >= mtuMost {
		delete(m.of, oldest)
	}
}

// plateaus are the lengths of packets that cables of all times take (RFC 1191 7.1).
var plateaus = [...]int{32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68}

// TooBig returns how large a packet a router's cable takes, which said in an ICMP message that one of length bytes is
// too long for it, and that next is not: what it says, or a guess when it is one that does not say (RFC 1191 5). 0: it
// says nonsense.
func TooBig(length, next int) int {
	switch {
	case next >= length:
		return 0
	case next > 0:
		return next
	}
	for _, n := range plateaus {
		if n < length {
			return n
		}
	}
	return 0
}
