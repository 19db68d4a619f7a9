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
	arpTableSize = 1024             // entries; the table of a host on a crowded cable, and a bound for a flood
)

// neighbours is the table that ARP keeps, beside what was written down by hand.
type neighbours struct {
	book neighbourBook

	mu      sync.Mutex
	entries map[netip.Addr]*neighbour
	out     []outgoing       // frames to be handed out by Next
	pending atomic.Bool      // there is something in out
	failed  []*buffer.Packet // packets to be told of by Undelivered
}

type neighbour struct {
	via     *Interface
	mac     header.MAC
	known   bool
	heard   time.Duration // when mac was told
	asked   time.Duration // when the last request went out
	tries   int           // requests without an answer
	waiting []*buffer.Packet
}

type outgoing struct {
	via *Interface
	pkt *buffer.Packet
}

// resolve returns the MAC address of hop, or keeps a copy of pkt until it is known.
func (p *Part) resolve(now time.Duration, i *Interface, hop netip.Addr, pkt *buffer.Packet) (header.MAC, bool) {
	if mac, ok := p.neighbours.book.find(hop); ok {
		return mac, true
	}
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.entries[hop]
	if n != nil && n.known {
		if now-n.heard > arpLifetime && now-n.asked >= arpRetry {
			// Old: ask again, and go on using it until nobody answers.
			t.ask(now, n, hop)
			if n.tries > arpTries {
				n.known = false
			}
		}
		if n.known {
			return n.mac, true
		}
	}
	if n == nil {
		if n = t.add(hop, i); n == nil {
			return header.MAC{}, false // no room: as if lost on the cable
		}
	}
	if len(n.waiting) == arpKeep {
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
}

// add makes room for one more entry: what is known and old goes first.
func (t *neighbours) add(hop netip.Addr, i *Interface) *neighbour {
	if len(t.entries) >= arpTableSize {
		var oldest netip.Addr
		for a, n := range t.entries {
			if !n.known {
				continue
			}
			if !oldest.IsValid() || n.heard < t.entries[oldest].heard || n.heard == t.entries[oldest].heard && a.Less(oldest) {
				oldest = a
			}
		}
		if !oldest.IsValid() {
			return nil
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

// ask queues a request: who has hop?
func (t *neighbours) ask(now time.Duration, n *neighbour, hop netip.Addr) {
	n.asked = now
	n.tries++
	t.send(n.via, header.Broadcast, header.ARP{
		Operation: header.ARPRequest,
		SenderMAC: n.via.MAC, SenderIP: n.via.Addr(),
		TargetIP: hop,
	})
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
	// A sender that cannot be one, or that claims our own address, is believed nothing.
	if !a.SenderMAC.Unicast() || a.SenderMAC != e.Src || a.SenderIP == i.Addr() || !i.Prefix.Contains(a.SenderIP) {
		return ErrNotForUs
	}
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	forUs := a.TargetIP == i.Addr()
	n := t.entries[a.SenderIP]
	// The merge of RFC 826, but only for what we have asked for: a reply that nobody asked for changes nothing.
	switch {
	case n != nil && n.via == i && n.tries > 0:
		t.learn(now, n, a.SenderMAC)
	case n == nil && forUs && a.Operation == header.ARPRequest:
		// Who asks for us is about to send to us, and will want an answer.
		if n = t.add(a.SenderIP, i); n != nil {
			t.learn(now, n, a.SenderMAC)
		}
	}
	if forUs && a.Operation == header.ARPRequest {
		t.send(i, a.SenderMAC, header.ARP{
			Operation: header.ARPReply,
			SenderMAC: i.MAC, SenderIP: i.Addr(),
			TargetMAC: a.SenderMAC, TargetIP: a.SenderIP,
		})
	}
	return nil
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

// Timeout is told the time: it asks again where no answer came, and gives up after some tries.
func (p *Part) Timeout(now time.Duration) {
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
		delete(t.entries, hop)
	}
}

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
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.entries {
		if at := n.asked + arpRetry; len(n.waiting) > 0 && (!ok || at < first) {
			first, ok = at, true
		}
	}
	return first, ok
}
