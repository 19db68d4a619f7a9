//go:build !before7

package ip

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// How the neighbour table behaves (RFC 826; RFC 1122 2.3.2).
const (
	arpRetry     = time.Second      // no more than one request a second for an address (RFC 1122 2.3.2.1)
	arpTries     = 3                // then the address is taken to be nobody's
	arpLifetime  = 60 * time.Second // an entry older than this is asked for again
	arpKeep      = 16               // packets that wait for one address; of more, the newest (RFC 1122 2.3.2.2 asks for one)
	arpKeepBytes = 212992           // and how long they may be together: as on Linux
	arpTableSize = 1024             // entries; the table of a host on a crowded cable, and a bound for a flood
	arpAsking    = 256              // of these, how many may have no answer yet: whoever has us ask for nobody evicts nobody
)

// neighbours is the table that ARP keeps, beside what was written down by hand.
type neighbours struct {
	book neighbourBook

	mu      sync.Mutex
	entries map[netip.Addr]*neighbour
	out     []outgoing       // frames to be handed out by Next
	cutAt   int              // where the next fragment of the first of them begins
	pending atomic.Bool      // there is something in out
	failed  []*buffer.Packet // packets to be told of by Undelivered
	news    atomic.Bool      // there is something to be told of
	asking  int              // entries that are not known

	claims claims // our own addresses: claim.go
}

type neighbour struct {
	via     *Interface
	mac     header.MAC
	known   bool
	ours    bool          // we have asked for it; others are entered since they asked for us
	heard   time.Duration // when mac was told
	asked   time.Duration // when the last request went out
	tries   int           // requests without an answer
	waiting []*buffer.Packet
}

// size is how long all packets together are that wait.
func (n *neighbour) size() (sum int) {
	for _, pkt := range n.waiting {
		sum += pkt.Len()
	}
	return sum
}

// polled says that whoever was known at the address is being asked, alone, whether he still is. Nobody else may answer.
func (n *neighbour) polled() bool { return n.known && n.tries == 1 }

type outgoing struct {
	via *Interface
	pkt *buffer.Packet
}

// resolve returns the MAC address of hop, or keeps a copy of pkt until it is known.
func (p *Part) resolve(now time.Duration, i *Interface, hop netip.Addr, pkt *buffer.Packet) (header.MAC, bool) {
	t := &p.neighbours
	if t.claims.open.Load() && !t.mayUse(i) {
		return header.MAC{}, false // nothing is sent from an address that may be another's (RFC 5227 2.1)
	}
	if mac, ok := p.group(i, hop); ok {
		return mac, true
	}
	if mac, ok := t.book.find(hop); ok {
		return mac, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.entries[hop]
	if n != nil && n.known {
		if (n.tries > 0 || now-n.heard > arpLifetime) && (!n.ours || now-n.asked >= arpRetry) {
			// Old, or doubtful: ask again, and go on using it until nobody answers.
			t.ask(now, n, hop)
			if n.tries > arpTries {
				n.known = false
				t.asking++
			}
		}
		if n.known {
			return n.mac, true
		}
	}
	if n == nil {
		if t.asking >= arpAsking {
			return header.MAC{}, false // no room: as if lost on the cable
		}
		n = t.add(hop, i)
		t.asking++
	}
	for len(n.waiting) == arpKeep || len(n.waiting) > 0 && n.size()+pkt.Len() > arpKeepBytes {
		n.waiting[0].Release()
		n.waiting = append(n.waiting[:0], n.waiting[1:]...)
	}
	n.waiting = append(n.waiting, pkt.Clone())
	if n.tries == 0 || now-n.asked >= arpRetry {
		t.ask(now, n, hop)
	}
	return header.MAC{}, false
}

// Doubt says that the next hop on the way to dst may be no more: what has been sent there does not arrive (RFC 1122 3.3.1.4,
// negative advice). What is known of it counts as old from now on: with the next packet it is asked again.
func (p *Part) Doubt(dst netip.Addr) {
	_, hop, err := p.Lookup(dst)
	if err != nil {
		return
	}
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.entries[hop]; n != nil {
		n.heard -= arpLifetime
	}
	p.routes.redirects.forget(dst)
}

// add makes room for one more entry: of what is known, that goes first which we have never asked for ourselves, and then
// what was heard longest ago. What is being asked for stays; there is little of it.
func (t *neighbours) add(hop netip.Addr, i *Interface) *neighbour {
	if len(t.entries) >= arpTableSize {
		var oldest netip.Addr
		var least *neighbour
		for a, n := range t.entries {
			if n.known && (least == nil || n.before(least) || !least.before(n) && a.Less(oldest)) {
				oldest, least = a, n
			}
		}
		delete(t.entries, oldest)
	}
	if t.entries == nil {
		t.entries = make(map[netip.Addr]*neighbour)
	}
	n := &neighbour{via: i}
	t.entries[hop] = n
	return n
}

// before says whether n is to be forgotten rather than other.
func (n *neighbour) before(other *neighbour) bool {
	if n.ours != other.ours {
		return !n.ours
	}
	return n.heard < other.heard
}

// ask queues a request: who has hop? Who is known is first asked alone (RFC 1122 2.3.2.1, (2) unicast poll): as long as he
// answers, nobody takes his place by shouting.
func (t *neighbours) ask(now time.Duration, n *neighbour, hop netip.Addr) {
	n.asked, n.ours = now, true
	n.tries++
	a := header.ARP{
		Operation: header.ARPRequest,
		SenderMAC: n.via.MAC, SenderIP: n.via.Addr(),
		TargetIP: hop,
	}
	to := header.Broadcast
	if n.polled() {
		to = n.mac
	}
	t.send(n.via, to, a)
}

func (t *neighbours) send(i *Interface, dst header.MAC, a header.ARP) {
	pkt := buffer.New(header.ARPLen)
	a.Put(pkt.Put(header.ARPLen))
	frame(pkt, i, dst, header.EtherTypeARP)
	t.queue(i, pkt)
}

// arriveOther takes what is not IP: ARP (RFC 826, "Packet Reception").
func (p *Part) arriveOther(now time.Duration, i *Interface, e header.Ethernet, payload []byte) error {
	if e.Type != header.EtherTypeARP {
		return ErrNotForUs
	}
	a, err := header.ParseARP(payload)
	if err != nil {
		return err
	}
	if !a.SenderMAC.Unicast() || a.SenderMAC != e.Src {
		return ErrNotForUs // a sender that cannot be one is believed nothing
	}
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conflict(now, i, &a) {
		return ErrNotForUs // what claims our own address is no neighbour
	}
	forUs := a.TargetIP == i.Addr() && a.Operation == header.ARPRequest && t.held(i)
	// Who probes for an address has none yet (RFC 5227 1.1). He is answered, and not entered.
	if probe := a.SenderIP.IsUnspecified(); !probe {
		if !i.Prefix().Contains(a.SenderIP) || i.Broadcast(a.SenderIP) {
			return ErrNotForUs
		}
		t.merge(now, i, &a, forUs)
	}
	if forUs {
		t.send(i, a.SenderMAC, header.ARP{
			Operation: header.ARPReply,
			SenderMAC: i.MAC, SenderIP: i.Addr(),
			TargetMAC: a.SenderMAC, TargetIP: a.SenderIP,
		})
	}
	return nil
}

// merge is the merge of RFC 826, but what nobody asked for changes nothing that is known. Such a packet may come from
// somebody who wants to have what is another's; or from a neighbour that has a new adapter, or has taken over another's
// address, and says so to all. So it only makes us ask: first the one who is known, alone; when he does not answer, all.
func (t *neighbours) merge(now time.Duration, i *Interface, a *header.ARP, forUs bool) {
	n := t.entries[a.SenderIP]
	switch {
	case n == nil && forUs:
		// Who asks for us is about to send to us, and will want an answer.
		t.learn(now, t.add(a.SenderIP, i), a.SenderMAC)
	case n == nil || n.via != i:
	case n.polled() && a.SenderMAC != n.mac:
		// He is still to speak for himself.
	case n.tries > 0:
		if !n.known {
			t.asking--
		}
		t.learn(now, n, a.SenderMAC)
	case a.SenderMAC != n.mac && (!n.ours || now-n.asked >= arpRetry):
		t.ask(now, n, a.SenderIP)
	}
}

// learn writes an answer down, and lets go what has waited for it.
func (t *neighbours) learn(now time.Duration, n *neighbour, mac header.MAC) {
	n.mac, n.known, n.heard, n.tries = mac, true, now, 0
	for _, pkt := range n.waiting {
		frame(pkt, n.via, mac, header.EtherTypeIPv4)
		t.queue(n.via, pkt)
	}
	n.waiting = nil
}

// Next gives a frame that the part itself wants to be sent by interface i, or returns false. The caller releases it.
func (p *Part) Next() (i *Interface, pkt *buffer.Packet, ok bool) {
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.out) == 0 {
		t.out = nil
		return nil, nil, false
	}
	o := t.out[0]
	if o.pkt.Offload.FragmentSize != 0 {
		var piece *buffer.Packet
		if piece, t.cutAt = p.fragments.cut(o.pkt, t.cutAt); t.cutAt != 0 {
			return o.via, piece, true
		}
		o.pkt.Release()
		o.pkt = piece
	}
	t.out = t.out[1:]
	t.pending.Store(len(t.out) > 0)
	return o.via, o.pkt, true
}

// Pending says whether Next has a frame to give. It costs next to nothing.
func (p *Part) Pending() bool { return p.neighbours.pending.Load() }

// queue has a frame handed out by Next.
func (t *neighbours) queue(i *Interface, pkt *buffer.Packet) {
	t.out = append(t.out, outgoing{i, pkt})
	t.pending.Store(true)
}

// Timeout is told the time: it asks again where no answer came, and gives up after some tries; and it gives up packets
// of which fragments are missing.
func (p *Part) Timeout(now time.Duration) {
	p.giveUp(now)
	p.routes.redirects.expire(now)
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	var due []netip.Addr
	for hop, n := range t.entries {
		if len(n.waiting) > 0 && now-n.asked >= arpRetry {
			due = append(due, hop)
		}
	}
	slices.SortFunc(due, netip.Addr.Compare) // always in the same order
	for _, hop := range due {
		n := t.entries[hop]
		if n.tries < arpTries {
			t.ask(now, n, hop)
			continue
		}
		t.failed = append(t.failed, n.waiting...)
		t.news.Store(true)
		delete(t.entries, hop)
		t.asking--
	}
	t.claims.timeout(now, t)
}

// News says, once, that Undelivered, NextConflict or Claimed has something new to say. It costs next to nothing.
func (p *Part) News() bool { return p.neighbours.news.Load() && p.neighbours.news.Swap(false) }

// Undelivered tells of a packet that Timeout has given up, since nobody on the cable has the next hop's address: its IP
// header, and the beginning of its payload, as an ICMP error quotes it. It returns false when there is none.
func (p *Part) Undelivered() (h header.IPv4, start []byte, ok bool) {
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.failed) > 0 {
		pkt := t.failed[0]
		t.failed = t.failed[1:]
		if h, start, err := header.ParseQuote(pkt.Bytes()); err == nil {
			return h, start, true
		}
	}
	t.failed = nil
	return header.IPv4{}, nil, false
}

// Deadline returns when Timeout wants to be called, or false.
func (p *Part) Deadline() (first time.Duration, ok bool) {
	first, ok = p.fragments.assembling.nextGiveUp()
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.entries {
		if at := n.asked + arpRetry; len(n.waiting) > 0 && (!ok || at < first) {
			first, ok = at, true
		}
	}
	if at, set := t.claims.deadline(); set && (!ok || at < first) {
		first, ok = at, true
	}
	return first, ok
}

// discard lets go of all packets.
func (t *neighbours) discard() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range t.out {
		o.pkt.Release()
	}
	for _, n := range t.entries {
		for _, pkt := range n.waiting {
			pkt.Release()
		}
		n.waiting = nil
	}
	for _, pkt := range t.failed {
		pkt.Release()
	}
	t.out, t.failed, t.cutAt = nil, nil, 0
	t.pending.Store(false)
}
