//go:build !before7

package tcp_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// world is hosts that have a TCP part and nothing else, and the lines between them. Package sim has worlds of whole stacks;
// this one has no more than a conversation of TCP needs, and goes through a great many. All that happens in it follows from
// its seed.
type world struct {
	now     time.Duration
	r       *rand.Rand
	events  events
	count   int // events so far
	hosts   map[netip.Addr]*host
	ends    []*end // of connections, in the order in which they were made
	touched []*end // ends that something has happened to at this moment
	free    []*packet
	out     int           // packets that somebody holds
	err     error         // the first thing that was not as it should be
	moved   time.Duration // when something last got on
	record  *recorder
	calm    bool // nothing is lost, late or garbled in it

	attacked bool // somebody makes up segments
	betrayed bool // … and that on the way: what arrives need not be what was sent
}

func newWorld(seed uint64) *world {
	return &world{r: rand.New(rand.NewPCG(seed, 9293)), hosts: make(map[netip.Addr]*host)}
}

// fail notes what is wrong. Only the first counts: the rest may follow from it.
func (w *world) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("at %v: %w", w.now, fmt.Errorf(format, args...))
	}
}

// run lets all happen that happens before until. patience is how long it may be that nothing gets on, and most how many
// events it may take.
func (w *world) run(until, patience time.Duration, most int) {
	w.moved = w.now
	for w.err == nil {
		at, ok := w.events.next()
		if len(w.touched) > 0 && (!ok || at > w.now) {
			w.settle()
			continue
		}
		if !ok || at > until {
			return
		}
		switch v := w.events.pop(); {
		case v.packet != nil:
			w.now = at
			w.arrive(v.packet)
		case v.end.wake != at:
			continue // it has been woken earlier
		default:
			w.now = at
			v.end.wake = 0
			v.end.touch()
		}
		if w.count++; w.count > most {
			w.fail("no end: %d events\n%s", w.count, w)
		}
		if w.now-w.moved > patience {
			w.fail("nothing has got on for %v\n%s", w.now-w.moved, w)
		}
	}
}

// settle lets every end answer that something has happened to, once all is worked off that arrived at this moment.
func (w *world) settle() {
	for i := 0; i < len(w.touched); i++ {
		w.touched[i].touched = false
		w.touched[i].settle()
	}
	w.touched = w.touched[:0]
}

// String tells how it stands with the connections that are not over.
func (w *world) String() (s string) {
	for _, e := range w.ends {
		if e.c != nil && e.c.State() != tcp.Closed {
			s += fmt.Sprintf("\t%v\n", e)
		}
	}
	return s
}

// packet is a segment on its way. It is also the memory its payload lies in.
type packet struct {
	w        *world
	holders  int
	from, to netip.AddrPort
	way      []*line // still before it
	h        header.TCP
	options  [40]byte
	payload  []byte
	wire     []byte // the segment as bytes, when it travels as such
	tos      uint8
	garbled  bool
	tooLarge int    // it is none, but tells the sender of one that it was too large: the largest that is not
	frame    []byte // what it looks like in a trace, when one is kept
}

// Retain, Release and Cap make it a buffer.Holder.
func (p *packet) Retain() { p.holders++ }

func (p *packet) Release() {
	if p.holders--; p.holders == 0 {
		p.w.out--
		p.w.free = append(p.w.free, p)
	} else if p.holders < 0 {
		p.w.fail("a packet is released by somebody who does not hold it")
	}
}

func (p *packet) Cap() int { return cap(p.payload) + cap(p.wire) }

func (w *world) packet() *packet {
	p := &packet{w: w}
	if n := len(w.free); n > 0 {
		p, w.free = w.free[n-1], w.free[:n-1]
	}
	p.holders, p.garbled, p.frame, p.tooLarge = 1, false, nil, 0
	p.payload, p.wire = p.payload[:0], p.wire[:0]
	w.out++
	return p
}

// copy doubles a packet.
func (p *packet) copy() *packet {
	q := p.w.packet()
	q.from, q.to, q.way, q.tos, q.garbled, q.frame, q.tooLarge = p.from, p.to, p.way, p.tos, p.garbled, p.frame, p.tooLarge
	q.h = p.h
	q.h.Options = append(q.options[:0], p.h.Options...)
	q.payload = append(q.payload, p.payload...)
	q.wire = append(q.wire, p.wire...)
	return q
}

func (p *packet) size() int { return header.IPv4Len + p.h.Len() + len(p.payload) }

// forward gives a packet to the next line before it.
func (w *world) forward(p *packet) {
	l := p.way[0]
	p.way = p.way[1:]
	f := l.carry(w.r, w.now, p.size())
	if f.marked && p.tos&3 != 0 {
		p.tos |= 3 // congestion experienced
	}
	p.garbled = p.garbled || f.garbled
	if f.lost != "" {
		w.record.lost(w.now, w.hosts[p.from.Addr()], p, f.lost)
		if f.mtu > 0 && p.tooLarge == 0 {
			w.tell(p, f.mtu)
		}
		p.Release()
		return
	}
	if f.at[1] > 0 {
		w.events.push(f.at[1], p.copy(), nil)
	}
	w.events.push(f.at[0], p, nil)
}

// tell sends a router's word that a packet was larger than its line takes. It is on its way as long as from the other end.
func (w *world) tell(about *packet, mtu int) {
	p := w.packet()
	p.from, p.to, p.tos, p.way = about.to, about.from, 0, w.hosts[about.to.Addr()].ways[about.from.Addr()]
	p.h = header.TCP{Seq: about.h.Seq}
	p.tooLarge = mtu
	w.forward(p)
}

// arrive is a packet at the end of a line.
func (w *world) arrive(p *packet) {
	if len(p.way) > 0 {
		w.forward(p)
		return
	}
	defer p.Release()
	if !w.read(p) {
		return
	}
	h := w.hosts[p.to.Addr()]
	if p.tooLarge > 0 {
		if c := h.table.Find(p.to, p.from); c != nil {
			e := c.Owner().(*end)
			e.watch(func() { e.tooLarge(w.now, p.h.Seq, p.tooLarge) })
			e.touch()
		}
		return
	}
	w.record.arrived(w.now, h, p)
	h.arrive(p)
}

// read takes a packet that travelled as bytes apart again. What was garbled must be found out: turned bits within the
// space of 15 always are (RFC 1071 1).
func (w *world) read(p *packet) bool {
	if len(p.wire) == 0 {
		return !p.garbled
	}
	src, dst := p.from.Addr(), p.to.Addr()
	if p.garbled {
		at, bits := w.r.IntN(len(p.wire)-1), uint16(1+w.r.IntN(1<<8-1))<<w.r.IntN(8)
		p.wire[at] ^= byte(bits >> 8)
		p.wire[at+1] ^= byte(bits)
	}
	good := header.TCPChecksumValid(p.wire, src, dst)
	if good == p.garbled {
		w.fail("the checksum is good: %v; garbled: %v", good, p.garbled)
	}
	if !good {
		return false
	}
	h, payload, err := header.ParseTCP(p.wire)
	if err != nil || !header.OptionsValid(h.Options) {
		w.fail("a header that cannot be read: %v, options %x", err, h.Options)
		return false
	}
	p.h, p.payload = h, append(p.payload[:0], payload...)
	return true
}

// event is a packet that arrives or an end that wants to be woken.
type event struct {
	at     time.Duration
	order  uint64 // of what happens at the same time, what was planned first comes first
	packet *packet
	end    *end
}

func (v *event) before(u *event) bool { return v.at < u.at || v.at == u.at && v.order < u.order }

// events is what is going to happen, as a heap: what comes first stands first.
type events struct {
	heap  []event
	order uint64
}

func (q *events) push(at time.Duration, p *packet, e *end) {
	q.order++
	h := append(q.heap, event{at, q.order, p, e})
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up].before(&h[i]) {
			break
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
	q.heap = h
}

func (q *events) pop() event {
	h := q.heap
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{}
	h = h[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && h[down+1].before(&h[down]) {
			down++
		}
		if h[i].before(&h[down]) {
			break
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
	q.heap = h
	return first
}

// next is when something happens next.
func (q *events) next() (time.Duration, bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].at, true
}
