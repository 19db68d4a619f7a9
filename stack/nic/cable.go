//go:build !before3

package nic

import (
	"container/heap"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Cable is a simulated cable with an adapter at either end. It has no clock of its own: it is told the time with Now,
// and somebody, a world of package sim or a goroutine, calls Deliver when Due says so.
type Cable struct {
	// Now is the clock.
	Now func() time.Duration
	// Delay is how long a frame is on its way, without the time it takes to put it on the cable.
	Delay time.Duration
	// Rate is how many bits a second the cable takes in each direction; 0 means as many as come.
	Rate int64
	// Queue is how many bytes may wait at either end while the cable is busy, which Rate makes it; a frame that finds no
	// room is dropped. 0 means any number.
	Queue int
	// Frames is how many frames may wait at either end, the one that is being put on the cable not counted; 0 means any number.
	Frames int
	// MTU is the largest IP packet that the cable takes, in bytes; a longer one is dropped. 0 means what the adapters say.
	MTU int
	// Minimum is how long a frame is at least, in bytes and without the FCS, which no simulated frame has: a shorter one
	// is padded with zeros. Ethernet's minimum is 60. 0 means that frames stay as they were built.
	Minimum int
	// Fate decides what becomes of a frame. nil means that all arrive.
	Fate func(Passing) Fate
	// Lost is told of each frame that does not arrive, and why.
	Lost func(p Passing, cause string)

	mu      sync.Mutex
	ends    [2]*Adapter
	free    [2]time.Duration // when the direction from this end has room for the next frame
	line    [2]queue         // when each frame that waits at this end begins to move
	flight  flight
	carried int
}

// Passing is a frame on its way.
type Passing struct {
	At       time.Duration // when it was put on the cable
	From, To *Adapter
	Number   int    // how many frames this cable was given before, both directions counted, from 0
	Frame    []byte // not to be kept or changed
}

// Fate is what becomes of a frame. The zero value: it arrives.
type Fate struct {
	Lost  bool
	Delay time.Duration // this much later than others, so that those may overtake it
	Again bool          // it arrives twice
	// Marked: a router on the way is congested. It marks the packet if that says that it may, and drops it otherwise
	// (RFC 3168 5).
	Marked bool
	// Answer is a frame that comes back to the sender, as of a router on the way that has something to say of this one; nil:
	// none does. It is not changed.
	Answer []byte
}

// NewCable makes a cable and its two adapters.
func NewCable(now func() time.Duration, a, b Info) *Cable {
	c := &Cable{Now: now}
	for i, info := range [...]Info{a, b} {
		c.ends[i] = &Adapter{info: info, cable: c, end: i}
	}
	return c
}

// Ends returns the two adapters.
func (c *Cable) Ends() (a, b *Adapter) { return c.ends[0], c.ends[1] }

// Due returns when the next frame arrives, or false when none is on its way.
func (c *Cable) Due() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.flight) == 0 {
		return 0, false
	}
	return c.flight[0].due, true
}

// Deliver hands the next frame to the adapter for which it is due, and returns that adapter; nil when none is due.
func (c *Cable) Deliver() *Adapter {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.flight) == 0 || c.flight[0].due > now {
		return nil
	}
	f := heap.Pop(&c.flight).(flying)
	c.ends[f.to].arrived(f.pkt)
	return c.ends[f.to]
}

// carry puts a frame on the cable.
func (c *Cable) carry(from int, pkt *buffer.Packet) {
	now := c.Now()
	pkt = padded(pkt, c.Minimum)
	c.mu.Lock()
	defer c.mu.Unlock()
	p := Passing{At: now, From: c.ends[from], To: c.ends[1-from], Number: c.carried, Frame: pkt.Bytes()}
	c.carried++
	if pkt.Len() > c.takes(from)+header.EthernetLen+tagLen(p.Frame) {
		c.lose(p, "longer than the MTU")
		return
	}
	var fate Fate
	if c.Fate != nil {
		fate = c.Fate(p)
	}
	if fate.Answer != nil {
		heap.Push(&c.flight, flying{now + 2*c.Delay, p.Number, from, buffer.From(slices.Clone(fate.Answer))})
	}
	if fate.Lost {
		c.lose(p, "lost")
		return
	}
	if fate.Marked && !mark(p.Frame) {
		c.lose(p, "congestion")
		return
	}
	start := max(now, c.free[from])
	if c.Rate > 0 {
		if waiting := (start - now).Seconds() * float64(c.Rate) / 8; c.Queue > 0 && waiting+float64(pkt.Len()) > float64(c.Queue) {
			c.lose(p, "queue full")
			return
		}
		if !c.line[from].join(now, start, c.Frames) {
			c.lose(p, "queue full")
			return
		}
		start += time.Duration(int64(pkt.Len()) * 8 * int64(time.Second) / c.Rate)
		c.free[from] = start
	}
	due := start + c.Delay + fate.Delay
	heap.Push(&c.flight, flying{due, p.Number, 1 - from, pkt})
	if fate.Again {
		heap.Push(&c.flight, flying{due, p.Number, 1 - from, pkt.Clone()})
	}
}

// takes returns the largest IP packet that can be sent from an end.
func (c *Cable) takes(from int) int {
	if n := c.ends[from].info.MTU; c.MTU == 0 || n < c.MTU {
		return n
	}
	return c.MTU
}

// queue is the frames that wait at one end of a cable: when each has its turn, in order.
type queue []time.Duration

// join adds a frame whose turn comes at start, and says whether there is room: most is how many may wait, 0 any number.
func (q *queue) join(now, start time.Duration, most int) bool {
	if most == 0 || start <= now {
		return true
	}
	old := *q
	for len(old) > 0 && old[0] <= now {
		old = old[1:]
	}
	*q = append((*q)[:0], old...)
	if len(old) >= most {
		return false
	}
	*q = append(*q, start)
	return true
}

// mark sets a packet's congestion mark to CE, unless that says that its sender would not understand.
func mark(frame []byte) bool {
	e, packet, err := header.ParseEthernet(frame)
	if err != nil || e.Type != header.EtherTypeIPv4 {
		return false
	}
	h, _, err := header.ParseIPv4(packet)
	if err != nil || h.TOS&3 == 0 {
		return false
	}
	h.TOS |= 3
	h.Put(packet)
	return true
}

// padded copies a frame, and makes it least bytes long if it is shorter.
func padded(pkt *buffer.Packet, least int) *buffer.Packet {
	if pkt.Len() >= least {
		return pkt.Clone()
	}
	p := buffer.New(least)
	p.Offload = pkt.Offload
	b := p.Put(least)
	b = b[copy(b, pkt.Bytes()):]
	b = b[copy(b, pkt.Body[0]):]
	copy(b, pkt.Body[1])
	return p
}

// tagLen is how much longer than others a frame may be: one with a VLAN tag by its four bytes (IEEE 802.3 3.2.7).
func tagLen(frame []byte) int {
	if len(frame) > header.EthernetLen && frame[12] == 0x81 && frame[13] == 0 {
		return 4
	}
	return 0
}

func (c *Cable) lose(p Passing, cause string) {
	if c.Lost != nil {
		c.Lost(p, cause)
	}
}

// Adapter is a simulated LAN adapter at one end of a cable.
type Adapter struct {
	info   Info
	cable  *Cable
	end    int
	mu     sync.Mutex
	ring   []*buffer.Packet // what has arrived and was not received yet
	closed bool
	filter bool // not promiscuous
}

// Promiscuous has the adapter let in every frame that passes, or only those for its own address, for everybody, and for
// groups: which of these its host belongs to, an adapter need not know. A simulated adapter begins promiscuous, so that a
// trace shows all that passes, and a switch has use for it; the IP part looks at the address in any case.
func (a *Adapter) Promiscuous(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.filter = !on
}

// accepts is the filter: it says whether a frame is let in.
func (a *Adapter) accepts(frame []byte) bool {
	if !a.filter || len(frame) < 6 || frame[0]&1 != 0 {
		return true
	}
	return string(frame[:6]) == string(a.info.Address)
}

// ringSize is how many frames an adapter holds for the stack; one more is dropped.
const ringSize = 1024

// Info is part of Driver.
func (a *Adapter) Info() Info { return a.info }

// Takes returns the largest IP packet that can be sent from here, in bytes: the adapter's MTU, or the cable's if that is smaller.
func (a *Adapter) Takes() int { return a.cable.takes(a.end) }

// Send is part of Driver.
func (a *Adapter) Send(frames []*buffer.Packet) (int, error) {
	a.mu.Lock()
	closed := a.closed
	a.mu.Unlock()
	if closed {
		return 0, net.ErrClosed
	}
	for _, pkt := range frames {
		a.cable.carry(a.end, pkt)
	}
	return len(frames), nil
}

// Receive is part of Driver. It never waits.
func (a *Adapter) Receive(frames []*buffer.Packet) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return 0, net.ErrClosed
	}
	n := copy(frames, a.ring)
	a.ring = append(a.ring[:0], a.ring[n:]...)
	return n, nil
}

// Close is part of Driver.
func (a *Adapter) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.ring = nil
	return nil
}

func (a *Adapter) arrived(pkt *buffer.Packet) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || len(a.ring) == ringSize || !a.accepts(pkt.Bytes()) {
		pkt.Release()
		return
	}
	a.ring = append(a.ring, pkt)
}

// flight is the frames on their way, by when they arrive; of two at the same time, the one first sent.
type flight []flying

type flying struct {
	due    time.Duration
	number int
	to     int
	pkt    *buffer.Packet
}

func (f flight) Len() int { return len(f) }
func (f flight) Less(i, j int) bool {
	return f[i].due < f[j].due || f[i].due == f[j].due && f[i].number < f[j].number
}
func (f flight) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *flight) Push(x any)   { *f = append(*f, x.(flying)) }
func (f *flight) Pop() any {
	old := *f
	last := old[len(old)-1]
	old[len(old)-1] = flying{}
	*f = old[:len(old)-1]
	return last
}
