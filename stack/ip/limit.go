//go:build !before7

package ip

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// Of ICMP errors at most errorLimit go out in errorInterval, and about a quarter fewer than that on average: how many is
// chance. Whoever could count on the number could find out, with packets in others' names, which of our ports are open
// (CVE-2020-25705).
const (
	errorLimit    = 100
	errorInterval = time.Second
)

// One destination gets no more than hostBurst of them at once, and then one each hostInterval: one that floods us takes
// nothing from others (RFC 1812 4.3.2.8). The last hostMost destinations are remembered.
const (
	hostBurst    = 6
	hostInterval = time.Second
	hostMost     = 256
)

// ICMPCounts is how often something has happened to the messages of ICMP.
type ICMPCounts struct {
	Echoes  uint64 // echo requests that were answered
	Errors  uint64 // errors that were sent
	Limited uint64 // errors that were not sent, since there were too many
	Barred  uint64 // errors that must not be sent: about errors, and about what was for everybody
	Ignored uint64 // messages that arrived and that a host does not answer (RFC 1122 3.2.2)
	Damaged uint64 // messages that arrived and cannot be read: wrong checksum, no quote
}

// icmpCounts is the same, while it is being counted.
type icmpCounts struct {
	echoes, errors, limited, barred, ignored, damaged atomic.Uint64
}

// ICMPCounts returns what has happened so far.
func (p *Part) ICMPCounts() ICMPCounts {
	c := &p.icmp.counts
	return ICMPCounts{c.echoes.Load(), c.errors.Load(), c.limited.Load(), c.barred.Load(), c.ignored.Load(), c.damaged.Load()}
}

// allowance is how many errors one destination may still get, as of a time.
type allowance struct {
	left int
	at   time.Duration
}

// full says whether a destination may get as many as one that nobody remembers.
func (a allowance) full(now time.Duration) bool {
	return a.left+int((now-a.at)/hostInterval) >= hostBurst
}

// allowError says whether one more error may go out now to dst, and counts it.
func (p *Part) allowError(now time.Duration, dst netip.Addr) bool {
	c := &p.icmp
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 && c.since == 0 || now-c.since >= errorInterval {
		c.since, c.left = max(1, now), errorLimit
		if p.Rand != nil {
			c.left -= int(p.Rand() % (errorLimit / 2))
		}
	}
	if c.left == 0 || !c.allowHost(now, dst) {
		c.counts.limited.Add(1)
		return false
	}
	c.left--
	c.counts.errors.Add(1)
	return true
}

func (c *icmp) allowHost(now time.Duration, dst netip.Addr) bool {
	a, known := c.hosts[dst]
	switch {
	case !known:
		c.makeRoom(now)
		a = allowance{hostBurst, now}
	case a.full(now):
		a = allowance{hostBurst, now}
	default:
		n := (now - a.at) / hostInterval
		a.left += int(n)
		a.at += n * hostInterval
	}
	if a.left == 0 {
		return false
	}
	a.left--
	if c.hosts == nil {
		c.hosts = make(map[netip.Addr]allowance)
	}
	c.hosts[dst] = a
	return true
}

// makeRoom forgets destinations that may get all again, or else the one that was heard of longest ago.
func (c *icmp) makeRoom(now time.Duration) {
	if len(c.hosts) < hostMost {
		return
	}
	var oldest netip.Addr
	for dst, a := range c.hosts {
		if a.full(now) {
			delete(c.hosts, dst)
		} else if first, ok := c.hosts[oldest]; !ok || a.at < first.at || a.at == first.at && dst.Less(oldest) {
			oldest = dst
		}
	}
	if len(c.hosts) >= hostMost {
		delete(c.hosts, oldest)
	}
}

// everybody says whether an address is that of all on some cable of ours, or of a group.
func (p *Part) everybody(a netip.Addr) bool {
	if a.IsMulticast() {
		return true
	}
	for _, i := range p.Interfaces() {
		if i.Broadcast(a) {
			return true
		}
	}
	return false
}
