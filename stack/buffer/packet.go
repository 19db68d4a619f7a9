//go:build !before3

package buffer

import (
	"sync"
	"sync/atomic"
)

// Headroom is how many bytes [New] and [Pool.Get] leave free in front of a packet for the headers that the parts on
// the way down put there: Ethernet with a VLAN tag (18), IPv4 (at most 60), TCP (at most 60).
const Headroom = 18 + 60 + 60

// Packet is one packet on its way through the stack, and the buffer memory it lies in.
//
// On the way down each part pushes its header in front of what the part above gave it; on the way up each part pulls
// its own off. Nothing is moved: only two offsets change.
//
//	Push(n)  <- n bytes more at the front          Pull(n)  n bytes less at the front ->
//	Put(n)      n bytes more at the end ->         Trim(n)  <- n bytes less at the end
//
// A Packet is owned by one holder at a time. Whoever wants to keep it longer than the call in which it was handed
// over calls [Packet.Retain], and everybody who holds it calls [Packet.Release] once.
type Packet struct {
	memory     []byte
	start, end int

	// Body is payload that lies elsewhere (in a socket's send buffer, in at most two pieces) and follows Bytes on the
	// cable. It is there only on the way down, and only until the driver's Send returns: a driver gathers it, or copies.
	Body [2][]byte

	// Offload says what of the packet's headers is left to the hardware, or was done by it.
	Offload Offload

	holders atomic.Int32
	home    *Pool
}

// Offload is what the stack leaves to an adapter, or an adapter tells the stack, about one packet. The fields are
// those of struct virtio_net_hdr (Virtual I/O Device 1.2, 5.1.6). The zero value asks for nothing and knows nothing.
type Offload struct {
	// NeedsChecksum: the checksum of everything from ChecksumStart to the end still has to be written at
	// ChecksumStart+ChecksumOffset, where the sum of the pseudo header stands now. ChecksumStart counts from the
	// packet's front, and moves along with Push and Pull. A packet that never left this machine may also arrive like
	// this; its data is then good.
	NeedsChecksum                 bool
	ChecksumStart, ChecksumOffset uint16
	// ChecksumValid: somebody trustworthy has verified the transport checksum of this arriving packet.
	ChecksumValid bool
	// SegmentSize, when not zero, says that this is a super-frame: a TCP segment larger than the cable takes, to be
	// cut into pieces with at most this many payload bytes each (on the way down), or put together from such (up).
	SegmentSize uint16
	// HeaderLen is how many bytes at the front are headers (Ethernet + IP + TCP): what each piece is given again. It too
	// moves along.
	HeaderLen uint16
	// FragmentSize, when not zero, says that this is an IP packet that is longer than the way takes, to be cut into
	// fragments of at most this many bytes, IP header included. No adapter is ever given one: the IP part cuts it.
	FragmentSize uint16
}

// move follows the packet's front by n bytes.
func (o *Offload) move(n int) {
	if o.NeedsChecksum {
		o.ChecksumStart = uint16(int(o.ChecksumStart) + n)
	}
	if o.SegmentSize != 0 {
		o.HeaderLen = uint16(int(o.HeaderLen) + n)
	}
}

// New returns an empty packet with room for size bytes behind [Headroom].
func New(size int) *Packet {
	p := &Packet{memory: make([]byte, Headroom+size)}
	p.Reset()
	return p
}

// From returns a packet whose bytes are b, without copying and without headroom.
func From(b []byte) *Packet {
	p := &Packet{memory: b, end: len(b)}
	p.holders.Store(1)
	return p
}

// Reset empties the packet for a new use by one holder.
func (p *Packet) Reset() {
	p.start, p.end = Headroom, Headroom
	p.Body = [2][]byte{}
	p.Offload = Offload{}
	p.holders.Store(1)
}

// Bytes returns what the packet holds now, front to end, without Body. It stays valid until the packet is released.
func (p *Packet) Bytes() []byte { return p.memory[p.start:p.end] }

// Len is the length on the cable: Bytes and Body.
func (p *Packet) Len() int { return p.end - p.start + len(p.Body[0]) + len(p.Body[1]) }

// Cap is how much memory the packet occupies, used or not.
func (p *Packet) Cap() int { return len(p.memory) }

// Push adds n bytes at the front and returns them, to be filled in. It panics when the headroom is used up.
func (p *Packet) Push(n int) []byte {
	if n > p.start {
		panic("buffer: push beyond the headroom")
	}
	p.start -= n
	p.Offload.move(n)
	return p.memory[p.start : p.start+n]
}

// Pull takes n bytes off the front and returns them, or nil when there are fewer.
func (p *Packet) Pull(n int) []byte {
	if n > p.end-p.start {
		return nil
	}
	b := p.memory[p.start : p.start+n]
	p.start += n
	p.Offload.move(-n)
	return b
}

// Put adds n bytes at the end and returns them, to be filled in. It panics when the memory is used up.
func (p *Packet) Put(n int) []byte {
	if n > len(p.memory)-p.end {
		panic("buffer: put beyond the memory")
	}
	p.end += n
	return p.memory[p.end-n : p.end]
}

// Trim takes n bytes off the end, the padding of a short frame for one. It returns false when there are fewer.
func (p *Packet) Trim(n int) bool {
	if n > p.end-p.start {
		return false
	}
	p.end -= n
	return true
}

// Room returns the free memory behind the packet's end, for a reader that does not know yet how much will come; Put
// then takes what came.
func (p *Packet) Room() []byte { return p.memory[p.end:] }

// Clone returns a packet of its own with the same bytes (Body included) and the same Offload.
func (p *Packet) Clone() *Packet {
	c := New(p.Len())
	c.Offload = p.Offload
	b := c.Put(p.Len())
	b = b[copy(b, p.Bytes()):]
	b = b[copy(b, p.Body[0]):]
	copy(b, p.Body[1])
	return c
}

// Swap exchanges what two packets hold, and the memory it lies in. Each must have one holder alone.
func (p *Packet) Swap(q *Packet) {
	p.memory, q.memory = q.memory, p.memory
	p.start, q.start = q.start, p.start
	p.end, q.end = q.end, p.end
	p.Body, q.Body = q.Body, p.Body
	p.Offload, q.Offload = q.Offload, p.Offload
	p.home, q.home = q.home, p.home
}

// Retain adds a holder.
func (p *Packet) Retain() { p.holders.Add(1) }

// Release gives up one holder's claim; after the last one the memory goes back to where it came from.
func (p *Packet) Release() {
	switch n := p.holders.Add(-1); {
	case n == 0 && p.home != nil:
		p.Body = [2][]byte{} // it must not keep another's memory alive
		p.home.pool.Put(p)
	case n < 0:
		panic("buffer: packet released once too often")
	}
}

// Pool hands out packets of one size and takes them back, so that the path every packet takes does not allocate. The
// zero value is ready and hands out packets for a frame of 1500 bytes of payload.
type Pool struct {
	// Size is the room behind the headroom; 0 means 1518.
	Size int
	pool sync.Pool
}

// Get returns an empty packet with one holder.
func (l *Pool) Get() *Packet {
	if p, ok := l.pool.Get().(*Packet); ok {
		p.Reset()
		return p
	}
	size := l.Size
	if size == 0 {
		size = 1518
	}
	p := New(size)
	p.home = l
	return p
}
