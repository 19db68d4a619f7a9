//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// search is how a connection finds out by itself how large a packet the way takes, when no router says it: many are
// kept from telling (RFC 4821; RFC 8899 has the same for others than TCP). Downwards: when the timer goes off again and
// again for packets that are large, they become small. Upwards: now and then one packet is larger than the others. If
// it arrives, all become so.
type search struct {
	high  int           // the largest that may still get through: there the search ends
	again time.Duration // when it begins anew; 0: not known yet
	next  int           // the size to be tried next; 0: whatever lies in the middle
	tries int           // how often that was lost

	size     int        // of the probe that is under way, the whole packet; 0: none is
	seq, end header.Seq // … and its place
}

const (
	// blackHoleTimeouts is after how many timeouts in a row, with nothing in between, a packet is taken for too long
	// and not for unlucky (RFC 4821 7.7, RFC 8899 4.3).
	blackHoleTimeouts = 3
	// basePathMTU is what a black hole first brings the size of packets down to (RFC 4821 7.2). MinPathMTU comes next.
	basePathMTU = 1024
	// raisePathMTU is after how long a larger packet is tried again: ways change (RFC 1191 6.3, RFC 8899 5.1.1).
	raisePathMTU = 10 * time.Minute
	// searchTries is how often a probe has to be lost until it was too long and not unlucky.
	searchTries = 2
	// searchStep ends the search: less than this is not worth the trouble.
	searchStep = 8
	// searchBehind is how many packets have to follow a probe, so that its loss is noticed by what arrives behind it.
	searchBehind = 4
)

// rest ends the search for a while: packets have size mtu, and are not to grow.
func (s *search) rest(now time.Duration, mtu int) {
	s.high, s.again, s.next, s.tries, s.size = mtu, now+raisePathMTU, 0, 0, 0
}

// abandon forgets the probe that is under way: what becomes of it says nothing.
func (s *search) abandon() { s.size = 0 }

// blackHole looks, when the retransmission timer goes off, whether large packets vanish without a word: the oldest has
// been sent several times in vain. The network as a whole may be down; then the search, which begins where it ended,
// soon finds what was.
func (c *Conn) blackHole(now time.Duration) bool {
	z := &c.path.size
	if c.config.NoBlackHole || c.retry.times+1 < blackHoleTimeouts || c.opening() || c.snd.wnd == 0 {
		return false
	}
	low := basePathMTU
	if c.PathMTU() <= low || c.retry.times+1 >= 2*blackHoleTimeouts {
		low = MinPathMTU
	}
	if c.PathMTU() <= low || c.sent.at(c.sent.oldest()).len() <= c.mssFor(low) {
		return false
	}
	c.count(BlackHoles)
	high := z.search.high
	c.resize(low)
	z.search = search{high: high, again: now + raisePathMTU, next: high}
	c.retry.backoff = 0 // it was not the network that was slow
	return false        // congestion it may have been all the same
}

// larger says how many bytes of payload the next segment of new data is to have to be a probe, when room bytes may go
// out and pending wait; 0: it is not to be one. Mostly all packets are as large as can be, and there is nothing to find.
func (c *Conn) larger(now time.Duration, room, pending int) int {
	if c.path.size.mtu >= c.path.size.top {
		return 0
	}
	return c.seek(now, room, pending)
}

// seek is larger where there may be something to find.
func (c *Conn) seek(now time.Duration, room, pending int) int {
	z := &c.path.size
	s, top := &z.search, z.top
	if s.again == 0 {
		s.again = now + raisePathMTU
	}
	switch {
	case c.config.NoPathSearch:
		if now >= s.again {
			c.resize(top) // as it was at first (RFC 1191 6.3)
			s.rest(now, top)
		}
		return 0
	case s.high <= z.mtu && now < s.again:
		return 0
	case s.high <= z.mtu:
		s.high, s.next, s.tries = top, top, 0
	}
	if s.size > 0 || c.retry.backoff > 0 || c.sent.lostSpace > 0 ||
		c.recovery.phase != calm || !c.recovery.recover.Before(c.snd.una) {
		return 0 // something is being repaired: what is lost now would go unnoticed, or say nothing
	}
	if s.next == 0 {
		s.next = z.mtu + (s.high-z.mtu+1)/2
		if s.high-s.next < searchStep {
			s.next = s.high
		}
	}
	try := min(s.next, z.mtu+c.mss) // more room than that there seldom is at once
	n := try - z.mtu + c.payload()  // options take as much of it as of any
	all := n + searchBehind*c.mss
	if n > room || pending < all || c.congestion.window.Cwnd < all || c.snd.una.Add(c.snd.wnd).Sub(c.snd.nxt) < all {
		return 0
	}
	c.count(SizeProbes)
	s.size, s.seq, s.end = try, c.snd.nxt, c.snd.nxt.Add(n)
	return n
}

// searched looks whether a probe has arrived: then all packets may be as large.
func (c *Conn) searched(now time.Duration) {
	z := &c.path.size
	s := &z.search
	if s.size == 0 || !s.end.AtMost(c.snd.una) {
		return
	}
	size := s.size
	c.count(SizeProbesArrived)
	c.resize(size)
	z.proved = max(z.proved, size)
	if s.tries = 0; s.next <= size {
		s.next = 0
	}
	c.settle(now)
}

// tooLarge is asked whether a segment that is lost was the probe. That is no sign of congestion (RFC 4821 7.6.2): it
// goes out again in pieces that the way takes.
func (c *Conn) tooLarge(now time.Duration, e *sentSegment) bool {
	s := &c.path.size.search
	if s.size == 0 || e.seq != s.seq {
		return false
	}
	c.gaveUp(now)
	return true
}

// loseProbe has the probe at place i, which is lost, sent again at once.
func (c *Conn) loseProbe(now time.Duration, i int32) {
	c.sent.lose(i)
	c.recovery.atOnce = true
	c.unblamed()
	c.restartRetransmit(now)
}

// gaveUp notes that the probe which is under way is taken for lost.
func (c *Conn) gaveUp(now time.Duration) {
	s := &c.path.size.search
	c.count(SizeProbesLost)
	size := s.size
	s.size = 0
	if s.tries++; s.tries < searchTries {
		return
	}
	s.high, s.next, s.tries = size-1, 0, 0
	c.settle(now)
}

// settle ends the search when there is little left to find.
func (c *Conn) settle(now time.Duration) {
	if z := &c.path.size; z.search.high-z.mtu < searchStep {
		z.search.rest(now, z.mtu)
	}
}
