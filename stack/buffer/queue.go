//go:build !before2

// Package buffer is buffer memory: the place where data waits on its way out and in. A [Queue] holds the bytes of a
// stream until they are acknowledged; a Packet, from chapter 3 on, is one packet and the room for its headers.
package buffer

import (
	"math/bits"
	"sync"
)

// DefaultSize is how many bytes a queue may hold when it is not told otherwise.
const DefaultSize = 256 << 10

const (
	initial = 4 << 10  // how much memory a queue reserves first; it doubles as the queue fills, up to its limit
	keep    = 64 << 10 // a ring larger than this is given back when it runs empty
)

// Queue is a queue of bytes: a ring that grows with use up to its limit, and gives its memory back when it runs empty
// after having grown large. The zero value is empty and holds up to [DefaultSize].
type Queue struct {
	ring  []byte  // len is 0 or a power of two
	box   *[]byte // the ring as it lies in rings
	head  int     // where the first byte is
	size  int
	limit int
	grown int // the limit when none is set, if more than DefaultSize: chapter 9
}

// SetLimit says how many bytes the queue may hold from now on; bytes it holds already stay. 0 means [DefaultSize].
func (q *Queue) SetLimit(n int) { q.limit = n }

// Limit is how many bytes the queue may hold.
func (q *Queue) Limit() int {
	if q.limit == 0 {
		return max(DefaultSize, q.grown)
	}
	return q.limit
}

// Len is how many bytes wait in the queue.
func (q *Queue) Len() int { return q.size }

// Space is how many more bytes it may hold.
func (q *Queue) Space() int { return max(0, q.Limit()-q.size) }

// Reserved is how many bytes of memory the queue occupies now.
func (q *Queue) Reserved() int { return len(q.ring) }

// Reserve takes the first piece of memory before there is anything to put into it.
func (q *Queue) Reserve() { q.grow(min(initial, q.Limit())) }

// Release gives all memory back, and drops what waits.
func (q *Queue) Release() {
	q.giveBack()
	q.head, q.size, q.grown = 0, 0, 0
}

// Write appends what fits of p, and returns how many bytes that was.
func (q *Queue) Write(p []byte) int {
	n := min(len(p), q.Space())
	q.grow(q.size + n)
	tail := q.head + q.size
	for done := 0; done < n; {
		at := (tail + done) & (len(q.ring) - 1)
		done += copy(q.ring[at:], p[done:n])
	}
	q.size += n
	return n
}

// Peek returns the n bytes that stand offset bytes behind the first, without taking them: in two pieces when they lie
// round the ring's end. They stay valid until the next call that changes the queue. It panics when there are fewer.
func (q *Queue) Peek(offset, n int) (a, b []byte) {
	if n == 0 {
		return nil, nil
	}
	if offset < 0 || n < 0 || offset+n > q.size {
		panic("buffer: peek beyond the end")
	}
	at := (q.head + offset) & (len(q.ring) - 1)
	a = q.ring[at:min(at+n, len(q.ring))]
	return a, q.ring[:n-len(a)]
}

// Discard takes the first n bytes away. It panics when there are fewer.
func (q *Queue) Discard(n int) {
	if n < 0 || n > q.size {
		panic("buffer: discard beyond the end")
	}
	q.size -= n
	if q.size > 0 {
		q.head = (q.head + n) & (len(q.ring) - 1)
		return
	}
	q.head = 0
	if len(q.ring) > keep {
		q.giveBack()
	}
}

// Read takes up to len(p) of the first bytes into p, and returns how many.
func (q *Queue) Read(p []byte) int {
	n := min(len(p), q.size)
	a, b := q.Peek(0, n)
	copy(p[copy(p, a):], b)
	q.Discard(n)
	return n
}

// grow makes room for need bytes.
func (q *Queue) grow(need int) {
	if need <= len(q.ring) {
		return
	}
	size := max(len(q.ring), 1)
	for size < need || size < min(initial, q.Limit()) {
		size *= 2
	}
	box, ok := rings[bits.Len(uint(size))].Get().(*[]byte)
	if !ok {
		ring := make([]byte, size)
		box = &ring
	}
	a, b := q.Peek(0, q.size)
	copy((*box)[copy(*box, a):], b)
	q.giveBack()
	q.ring, q.box, q.head = *box, box, 0
}

// rings are rings that nobody needs at the moment, by the logarithm of their size: a queue that sends much runs empty again and
// again, and to make a new ring each time would cost more than to send what is in it. What the garbage collector finds
// here it takes. What lies in a ring is what somebody has left there.
var rings [bits.UintSize]sync.Pool

// giveBack lets go of the ring.
func (q *Queue) giveBack() {
	if q.box != nil {
		rings[bits.Len(uint(len(q.ring)))].Put(q.box)
	}
	q.ring, q.box = nil, nil
}
