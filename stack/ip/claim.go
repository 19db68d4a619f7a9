//go:build !before7

package ip

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// How an address is claimed (RFC 5227 1.1, whose names these are).
const (
	probeWait        = time.Second // how long to wait at most before the first probe
	probeNum         = 3
	probeMin         = time.Second // between probes, at least
	probeMax         = 2 * time.Second
	announceWait     = 2 * time.Second // how long after the last probe somebody may still object
	announceNum      = 2
	announceInterval = 2 * time.Second
	defendInterval   = 10 * time.Second // our address is defended no more often than this
)

// Claim is how it stands with an address that is claimed as our own (RFC 5227).
type Claim uint8

const (
	Unclaimed Claim = iota // nobody has asked: an address that was simply given to an interface is used
	Probing                // all on the cable are being asked whether somebody has it, and it is not used yet
	Held                   // nobody objected
	Taken                  // somebody else has it, or probes for it too: it is not used
)

func (c Claim) String() string {
	return [...]string{"unclaimed", "probing", "held", "taken"}[c]
}

// Conflict is that somebody else uses an address of ours (RFC 5227 2.4).
type Conflict struct {
	Via  *Interface
	Addr netip.Addr
	MAC  header.MAC // whose
}

// claims is what is known of our own addresses.
type claims struct {
	list     []*claim
	open     atomic.Bool                  // some claim is not Held
	defended map[*Interface]time.Duration // when an interface's address was defended last
	told     []Conflict                   // for NextConflict
	between  func() time.Duration         // draws how long to wait until the next probe
}

type claim struct {
	via   *Interface
	addr  netip.Addr
	state Claim
	step  int           // packets sent: probes first, then announcements
	next  time.Duration // when the next step is due, while there are more
}

// conflictsMost bounds what NextConflict has to tell.
const conflictsMost = 16

// Claim begins to claim addr as our own on the cable of interface i: three probes ask whether somebody has it, and when
// nobody objects two announcements tell all that it is ours. That takes between four and nine seconds; Claimed says how it
// stands. addr need not be the interface's address yet. When it is, nothing is sent from it meanwhile, and nobody who asks
// for it is answered. Claiming again what is already being claimed begins anew.
func (p *Part) Claim(now time.Duration, i *Interface, addr netip.Addr) {
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	t.claims.forget(i, addr)
	t.claims.list = append(t.claims.list, &claim{via: i, addr: addr, state: Probing, next: now + p.upTo(probeWait)})
	t.claims.look()
	t.claims.between = func() time.Duration { return probeMin + p.upTo(probeMax-probeMin) }
}

// Unclaim forgets a claim.
func (p *Part) Unclaim(i *Interface, addr netip.Addr) {
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	t.claims.forget(i, addr)
	t.claims.look()
}

// Claimed says how it stands with an address.
func (p *Part) Claimed(i *Interface, addr netip.Addr) Claim {
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.claims.find(i, addr); c != nil {
		return c.state
	}
	return Unclaimed
}

// NextConflict tells that somebody else uses one of our addresses, or returns false when nobody does that was not told of.
func (p *Part) NextConflict() (Conflict, bool) {
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.claims.told) == 0 {
		return Conflict{}, false
	}
	c := t.claims.told[0]
	t.claims.told = t.claims.told[1:]
	return c, true
}

// upTo draws a time before d.
func (p *Part) upTo(d time.Duration) time.Duration {
	if p.Rand == nil {
		return 0
	}
	return time.Duration(p.Rand() % uint64(d))
}

func (c *claims) find(i *Interface, addr netip.Addr) *claim {
	for _, one := range c.list {
		if one.via == i && one.addr == addr {
			return one
		}
	}
	return nil
}

func (c *claims) forget(i *Interface, addr netip.Addr) {
	c.list = slices.DeleteFunc(c.list, func(one *claim) bool { return one.via == i && one.addr == addr })
}

// look finds out whether some claim is not Held.
func (c *claims) look() {
	c.open.Store(slices.ContainsFunc(c.list, func(one *claim) bool { return one.state != Held }))
}

// mayUse is held for who has no lock.
func (t *neighbours) mayUse(i *Interface) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.held(i)
}

// held says whether the interface's own address may be used.
func (t *neighbours) held(i *Interface) bool {
	c := t.claims.find(i, i.Addr())
	return c == nil || c.state == Held
}

// conflict looks whether an ARP packet speaks against an address of ours, and says whether its sender claims to be us.
func (t *neighbours) conflict(now time.Duration, i *Interface, a *header.ARP) bool {
	if a.SenderMAC == i.MAC {
		return a.SenderIP == i.Addr() // our own, come back
	}
	for _, c := range t.claims.list {
		// While we probe, also who probes for the same address speaks against it (RFC 5227 2.1.1).
		probe := a.SenderIP.IsUnspecified() && a.Operation == header.ARPRequest && a.TargetIP == c.addr
		if c.via == i && c.state == Probing && (a.SenderIP == c.addr || probe) {
			c.state = Taken
			t.tell(Conflict{i, c.addr, a.SenderMAC})
		}
	}
	if a.SenderIP != i.Addr() || a.SenderIP.IsUnspecified() {
		return false
	}
	if last, before := t.claims.defended[i]; t.held(i) && (!before || now-last >= defendInterval) {
		// It is ours, and connections stand on it: say so, but don't quarrel (RFC 5227 2.4, (c)).
		if t.claims.defended == nil {
			t.claims.defended = make(map[*Interface]time.Duration)
		}
		t.claims.defended[i] = now
		t.announce(i, i.Addr())
		t.tell(Conflict{i, i.Addr(), a.SenderMAC})
	}
	return true
}

func (t *neighbours) tell(c Conflict) {
	t.news.Store(true)
	if len(t.claims.told) < conflictsMost {
		t.claims.told = append(t.claims.told, c)
	}
}

// announce tells all whose addr is (RFC 5227 2.3).
func (t *neighbours) announce(i *Interface, addr netip.Addr) {
	t.send(i, header.Broadcast, header.ARP{Operation: header.ARPRequest, SenderMAC: i.MAC, SenderIP: addr, TargetIP: addr})
}

// timeout sends the probes and announcements that are due.
func (c *claims) timeout(now time.Duration, t *neighbours) {
	for _, one := range c.list {
		if !one.pending() || now < one.next {
			continue
		}
		one.step++
		switch {
		case one.step <= probeNum:
			// The sender has no address yet: so nobody's table is spoilt should it be another's (RFC 5227 2.1.1).
			t.send(one.via, header.Broadcast, header.ARP{
				Operation: header.ARPRequest, SenderMAC: one.via.MAC, SenderIP: netip.IPv4Unspecified(), TargetIP: one.addr,
			})
			one.next = now + c.between()
			if one.step == probeNum {
				one.next = now + announceWait
			}
		default:
			one.state = Held
			c.look()
			t.news.Store(true)
			t.announce(one.via, one.addr)
			one.next = now + announceInterval
		}
	}
}

// pending says whether there are more steps to take.
func (c *claim) pending() bool { return c.state != Taken && c.step < probeNum+announceNum }

func (c *claims) deadline() (first time.Duration, ok bool) {
	for _, one := range c.list {
		if one.pending() && (!ok || one.next < first) {
			first, ok = one.next, true
		}
	}
	return first, ok
}
