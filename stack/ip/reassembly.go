//go:build !before7

package ip

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// How much is put together at a time (RFC 791 3.2; RFC 1122 3.3.2). All of it is bounded, whoever sends what: one source may
// fill a quarter, and of what there is too much, the oldest goes.
const (
	reassemblyTime    = 60 * time.Second // from a packet's first fragment on, whichever that is; RFC 1122 asks for 60 to 120 s
	assemblyMost      = 1024             // packets
	assemblyBytes     = 4 << 20          // memory that their fragments occupy, what goes with each of them included
	assemblyShare     = assemblyMost / 4 // packets of one source
	assemblyShareSize = assemblyBytes / 4
	piecesMost        = 2048 // fragments of one packet: enough for 65,535 bytes over cables that take 68 at a time
	pieceOverhead     = 64   // what a fragment occupies beside its bytes
)

// assembling is the packets of which fragments have come, but not all.
type assembling struct {
	mu      sync.Mutex
	of      map[flow]*assembly
	sources map[netip.Addr]usage
	total   usage
	oldest  *assembly // and from there to the newest
	newest  *assembly
	waiting atomic.Int32
	counts  Reassembly
}

// usage is what somebody occupies.
type usage struct{ packets, bytes int }

// Reassembly counts what has become of packets that came in fragments.
type Reassembly struct {
	Waiting  int    // of how many some fragments are here
	Bytes    int    // and how much memory those occupy
	Whole    uint64 // were put together
	TimedOut uint64 // were given up, since fragments did not come in time
	Refused  uint64 // were given up, since fragments overlap, or contradict each other
	Evicted  uint64 // were given up, since there was no room
}

// assembly is one packet that is being put together. RFC 815 keeps a list of the holes; here no two pieces overlap, so that
// the packet is whole when the lengths of the pieces add up to where the last one ends.
type assembly struct {
	flow           flow
	before, behind *assembly // older, and newer
	began          time.Duration
	pieces         []piece // by where they begin
	have           int     // bytes of payload that are here
	end            int     // where the payload ends, when the last fragment has come; 0: not yet
	cost           int     // memory it occupies
	first          Datagram
	header         []byte // the IP header of the first fragment, with its options
	ce, notECT     bool   // some fragment is marked so
	refused        bool   // nothing more is taken of this packet
}

// piece is a fragment's payload.
type piece struct {
	from int
	data []byte
}

// reassemble takes a fragment, whose payload is all that pkt holds; its header still lies in front. When it was the last
// that was missing, the whole packet is in pkt from then on, and d says what the first fragment's header says.
//
// Fragments that overlap are no accident, but somebody's attempt to have this host read something else than a filter before
// it did: the whole packet is given up then, with what is still to come of it. RFC 5722 asks for that in IPv6; in IPv4 no
// honest sender makes any either. The very same fragment twice is no harm, and is ignored (RFC 8200 4.5).
func (p *Part) reassemble(now time.Duration, h *header.IPv4, d *Datagram, pkt *buffer.Packet) (whole bool, err error) {
	payload := pkt.Bytes()
	from, end := int(h.Offset), int(h.Offset)+len(payload)
	switch {
	case len(payload) == 0:
		return false, fmt.Errorf("%w: it is empty", ErrFragment)
	case h.MoreFragments && len(payload)%8 != 0:
		return false, fmt.Errorf("%w: %d bytes, and something behind them", ErrFragment, len(payload))
	case h.Len()+end > 0xffff:
		return false, fmt.Errorf("%w: the packet would have %d bytes", ErrFragment, h.Len()+end)
	case h.Protocol == header.ProtocolTCP && (from == 0 && len(payload) < 16 || from == 8):
		return false, fmt.Errorf("%w: its cut goes through a TCP header", ErrFragment) // made to get by a filter: RFC 1858, RFC 3128
	}
	c := &p.fragments.assembling
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.find(now, flow{h.Src, h.Dst, h.Protocol, h.ID})
	if a.refused {
		return false, fmt.Errorf("%w: its packet was given up", ErrFragment)
	}
	at, found := slices.BinarySearchFunc(a.pieces, from, func(p piece, from int) int { return p.from - from })
	if found && bytes.Equal(a.pieces[at].data, payload) && h.MoreFragments == (a.end != end) {
		return false, nil // the same again
	}
	top := 0
	if n := len(a.pieces); n > 0 {
		top = a.pieces[n-1].from + len(a.pieces[n-1].data)
	}
	last := !h.MoreFragments
	switch {
	case found, at > 0 && a.pieces[at-1].from+len(a.pieces[at-1].data) > from, at < len(a.pieces) && a.pieces[at].from < end:
		c.refuse(a)
		return false, fmt.Errorf("%w: it overlaps another", ErrFragment)
	case a.end != 0 && (last || end > a.end), last && end < top:
		c.refuse(a)
		return false, fmt.Errorf("%w: there is more behind the last one", ErrFragment)
	case len(a.pieces) == piecesMost:
		c.refuse(a)
		return false, fmt.Errorf("%w: too many of one packet", ErrFragment)
	}
	a.pieces = slices.Insert(a.pieces, at, piece{from, bytes.Clone(payload)})
	a.have += len(payload)
	c.charge(a, len(payload)+pieceOverhead)
	if last {
		a.end = end
	}
	if from == 0 {
		a.first = *d
		a.header = bytes.Clone(pkt.Push(h.Len()))
		pkt.Pull(h.Len())
		c.charge(a, len(a.header))
	}
	a.ce = a.ce || h.TOS&3 == 3
	a.notECT = a.notECT || h.TOS&3 == 0
	if a.have != a.end {
		c.makeRoom(a)
		return false, nil
	}
	c.forget(a)
	err = c.join(a, d, pkt)
	return err == nil, err
}

// join puts the pieces together, which are all there.
func (c *assembling) join(a *assembly, d *Datagram, pkt *buffer.Packet) error {
	n := len(a.header)
	switch {
	case n+a.end > 0xffff:
		c.counts.Refused++
		return fmt.Errorf("%w: the packet would have %d bytes", ErrFragment, n+a.end)
	case a.ce && a.notECT:
		// A router has marked what does not know of marks: one of them is not what was sent (RFC 3168 5.3).
		c.counts.Refused++
		return fmt.Errorf("%w: it is marked, and others say they cannot be", ErrFragment)
	}
	whole := buffer.New(n + a.end)
	copy(whole.Put(n), a.header)
	for _, p := range a.pieces {
		copy(whole.Put(len(p.data)), p.data)
	}
	whole.Pull(n)
	pkt.Swap(whole)
	whole.Release()
	*d = a.first
	if a.ce {
		d.TOS |= 3 // congestion that one of them met, the packet has met (RFC 3168 5.3)
	}
	c.counts.Whole++
	return nil
}

// find returns the packet that a fragment is of, which may be the first of it.
func (c *assembling) find(now time.Duration, f flow) *assembly {
	if a := c.of[f]; a != nil {
		return a
	}
	a := &assembly{flow: f, began: now, before: c.newest}
	if c.newest == nil {
		c.oldest = a
	} else {
		c.newest.behind = a
	}
	c.newest = a
	if c.of == nil {
		c.of = make(map[flow]*assembly)
		c.sources = make(map[netip.Addr]usage)
	}
	c.of[f] = a
	c.waiting.Add(1)
	c.total.packets++
	u := c.sources[f.src]
	u.packets++
	c.sources[f.src] = u
	c.makeRoom(a)
	return a
}

// charge notes that a packet occupies n bytes more.
func (c *assembling) charge(a *assembly, n int) {
	a.cost += n
	c.total.bytes += n
	u := c.sources[a.flow.src]
	u.bytes += n
	c.sources[a.flow.src] = u
}

// makeRoom gives up packets until none of the bounds is exceeded: the oldest of the same source when that occupies too much,
// or else the oldest of all. The packet that has just grown is the last to go.
func (c *assembling) makeRoom(grown *assembly) {
	for {
		u := c.sources[grown.flow.src]
		own := u.packets > assemblyShare || u.bytes > assemblyShareSize
		if !own && c.total.packets <= assemblyMost && c.total.bytes <= assemblyBytes {
			return
		}
		victim := c.oldest
		for victim == grown || own && victim != nil && victim.flow.src != grown.flow.src {
			victim = victim.behind
		}
		if victim == nil {
			victim = grown
		}
		c.counts.Evicted++
		c.forget(victim)
		if victim == grown {
			return
		}
	}
}

// refuse gives a packet up, but remembers it, until its time is over: what else comes of it is refused too.
func (c *assembling) refuse(a *assembly) {
	a.refused = true
	a.pieces, a.have, a.header = nil, 0, nil
	c.charge(a, -a.cost)
	c.counts.Refused++
}

// forget takes a packet off the lists.
func (c *assembling) forget(a *assembly) {
	c.charge(a, -a.cost)
	c.total.packets--
	u := c.sources[a.flow.src]
	if u.packets--; u.packets == 0 {
		delete(c.sources, a.flow.src)
	} else {
		c.sources[a.flow.src] = u
	}
	if a.before == nil {
		c.oldest = a.behind
	} else {
		a.before.behind = a.behind
	}
	if a.behind == nil {
		c.newest = a.before
	} else {
		a.behind.before = a.before
	}
	delete(c.of, a.flow)
	c.waiting.Add(-1)
}

// giveUp forgets the packets that were not whole in time, and tells the senders of those whose first fragment is here: that
// is what an error quotes (RFC 792, "Time Exceeded", code 1; RFC 1122 3.3.2).
func (p *Part) giveUp(now time.Duration) {
	c := &p.fragments.assembling
	if c.waiting.Load() == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for a := c.oldest; a != nil && now-a.began >= reassemblyTime; a = c.oldest {
		c.forget(a)
		if a.refused {
			continue
		}
		c.counts.TimedOut++
		if a.header != nil {
			p.tellTimeExceeded(now, a)
		}
	}
}

// tellTimeExceeded tells the sender of a packet that some of it has not come in time.
func (p *Part) tellTimeExceeded(now time.Duration, a *assembly) {
	pkt := buffer.New(len(a.header) + len(a.pieces[0].data))
	copy(pkt.Put(len(a.header)), a.header)
	copy(pkt.Put(len(a.pieces[0].data)), a.pieces[0].data)
	pkt.Pull(len(a.header))
	p.complain(now, a.first, pkt, header.ICMP{Type: header.ICMPTimeExceeded, Code: header.TimeExceededReassembly})
}

// nextGiveUp returns when giveUp has something to do.
func (c *assembling) nextGiveUp() (time.Duration, bool) {
	if c.waiting.Load() == 0 {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.oldest == nil {
		return 0, false
	}
	return c.oldest.began + reassemblyTime, true
}

// Waiting says whether there are packets of which not all fragments have come: Deadline then says when that ends. It costs
// next to nothing.
func (p *Part) Waiting() bool { return p.fragments.assembling.waiting.Load() > 0 }

// Reassembly counts what has become of packets that came in fragments.
func (p *Part) Reassembly() Reassembly {
	c := &p.fragments.assembling
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.counts
	n.Waiting, n.Bytes = c.total.packets, c.total.bytes
	return n
}

// discard lets go of all fragments.
func (c *assembling) discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.oldest != nil {
		c.forget(c.oldest)
	}
}
