//go:build !before4

package tcp

import (
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// sentQueue is the queue of segments that take up sequence numbers, have been sent, and are not yet acknowledged. Only
// where each begins and ends is kept: the bytes lie in the send buffer.
//
// The entries lie in a slab and name each other by their places in it. Each stands in a ring in the order of sequence
// numbers, and in one of two more: that of the segments under way, in the order in which they were last sent, or that of
// the lost ones, in the order in which they are to go out again. What has arrived stands in neither. So whatever an ACK
// or a timer has to do begins at an end of a ring, a segment that goes out again moves from one ring to another, and one
// that is cut in two gets a neighbour: none of it costs more when more is under way.
type sentQueue struct {
	slab  []sentSegment  // the first places are the rings' heads
	large *[]sentSegment // when slab is a large one: its place in slabs, where the small one waits meanwhile
	free  int32          // the first place that is free, and by its order.next the others; 0: none
	used  int            // how many places are not

	// How many sequence numbers are marked as …
	lostSpace     int
	sackedSpace   int
	repeatedSpace int // sent more than once, and under way

	sackedPackets int    // how many packets have arrived behind something that has not
	turn          uint32 // how many segments have been sent
	visited       int    // entries looked at in search of others: what the work of an ACK is measured by
}

// The places of the rings' heads. The head of the segments under way is also that of the order of sequence numbers, and
// stands for none.
const (
	none   int32 = 0
	flying int32 = none
	losing int32 = 1

	heads = 2
)

// sentKeep is how many entries an empty queue keeps memory for. One that holds more uses a large slab, and gives it back.
const sentKeep = 30

type sentSegment struct {
	seq, end header.Seq    // the places it takes up: from seq to before end
	at       time.Duration // when it was last sent
	order    link          // its neighbours by sequence number
	ring     link          // … and in its ring
	turn     uint32        // counts what is sent: of two that were sent at the same time it tells which came first
	packets  uint16        // how many packets it was when it arrived
	flags    header.Flags
	mark     mark
}

// link is a place in a ring.
type link struct{ prev, next int32 }

// mark is what is known of a sent segment.
type mark uint8

const (
	markRetransmitted mark = 1 << iota // sent more than once: its ACK says nothing of the round-trip time (Karn)
	markLost                           // to be sent again
	markSacked                         // the peer has it, and lacks something before it
	markDoubted                        // … had it before a timeout: its ACK says nothing of the round-trip time either
)

func (e *sentSegment) len() int { return e.end.Sub(e.seq) }

func (e *sentSegment) is(m mark) bool { return e.mark&m != 0 }

func (q *sentQueue) empty() bool { return q.used == 0 }

// len is how many entries there are.
func (q *sentQueue) len() int { return q.used }

// at returns the segment at place i, which is not none. It lies there until the next one is added.
func (q *sentQueue) at(i int32) *sentSegment { return &q.slab[i] }

// oldest and newest are the places of the first and last segment by sequence number. The queue is not empty.
func (q *sentQueue) oldest() int32 { return q.slab[none].order.next }
func (q *sentQueue) newest() int32 { return q.slab[none].order.prev }

// firstLost is the place of the first segment to be sent again, or none.
func (q *sentQueue) firstLost() int32 {
	if q.lostSpace == 0 {
		return none
	}
	return q.slab[losing].ring.next
}

// firstFlying is the place of the segment under way that was sent longest ago, or none.
func (q *sentQueue) firstFlying() int32 {
	if q.used == 0 {
		return none
	}
	return q.slab[flying].ring.next
}

// push adds a segment that has just been sent for the first time, behind all others.
func (q *sentQueue) push(seq, end header.Seq, flags header.Flags, now time.Duration) {
	i := q.take()
	q.turn++
	head, e := &q.slab[flying], &q.slab[i]
	e.seq, e.end, e.at, e.turn, e.packets, e.flags, e.mark = seq, end, now, q.turn, 0, flags, 0
	e.order, e.ring = link{prev: head.order.prev}, link{prev: head.ring.prev}
	q.slab[head.order.prev].order.next, head.order.prev = i, i
	q.slab[head.ring.prev].ring.next, head.ring.prev = i, i
}

// take returns a free place.
func (q *sentQueue) take() int32 {
	q.used++
	if i := q.free; i != none {
		q.free = q.slab[i].order.next
		return i
	}
	if len(q.slab) == 0 {
		q.slab = make([]sentSegment, heads, heads+2)
		q.slab[losing].ring = link{losing, losing}
	}
	if len(q.slab) >= heads+sentKeep && q.large == nil {
		q.enlarge()
	}
	q.slab = append(q.slab, sentSegment{})
	return int32(len(q.slab) - 1)
}

// enlarge goes on in a large slab. Places stay what they are.
func (q *sentQueue) enlarge() {
	l, ok := slabs.Get().(*[]sentSegment)
	if !ok {
		l = new([]sentSegment)
	}
	large := append((*l)[:0], q.slab...)
	*l = q.slab
	q.slab, q.large = large, l
}

// slabs are large slabs that no connection needs at the moment: who sends much fills one and empties it again and again, and
// to make a new one each time would cost more than what stands in it. What the garbage collector finds here it takes.
var slabs sync.Pool

// drop gives a place back that stands in no ring any more, save that by sequence number.
func (q *sentQueue) drop(i int32) {
	e := &q.slab[i]
	prev, next := e.order.prev, e.order.next
	q.slab[prev].order.next, q.slab[next].order.prev = next, prev
	e.order.next, e.end = q.free, e.seq
	q.free = i
	if q.used--; q.used == 0 {
		q.clear()
	}
}

// clear makes ready for new segments when there are none left.
func (q *sentQueue) clear() {
	q.free = none
	q.slab = q.slab[:heads]
	if l := q.large; l != nil { // the heads of the empty rings are the same in any slab
		copy(*l, q.slab)
		q.slab, *l = (*l)[:heads], q.slab
		q.large = nil
		slabs.Put(l)
	}
}

// putOrder and putRing put i behind another place.
func (q *sentQueue) putOrder(i, behind int32) {
	next := q.slab[behind].order.next
	q.slab[i].order = link{behind, next}
	q.slab[behind].order.next, q.slab[next].order.prev = i, i
}

func (q *sentQueue) putRing(i, behind int32) {
	next := q.slab[behind].ring.next
	q.slab[i].ring = link{behind, next}
	q.slab[behind].ring.next, q.slab[next].ring.prev = i, i
}

// leave takes i out of the ring in which it stands, and its marks with their sums off it.
func (q *sentQueue) leave(i int32) {
	e := &q.slab[i]
	q.sums(e, -e.len())
	if e.is(markSacked) {
		q.sackedPackets -= int(e.packets)
	} else {
		q.slab[e.ring.prev].ring.next, q.slab[e.ring.next].ring.prev = e.ring.next, e.ring.prev
	}
	e.mark &^= markLost | markSacked
}

// sums adds n sequence numbers of e to the sums that they count in.
func (q *sentQueue) sums(e *sentSegment, n int) {
	switch {
	case e.is(markSacked):
		q.sackedSpace += n
	case e.is(markLost):
		q.lostSpace += n
	case e.is(markRetransmitted):
		q.repeatedSpace += n
	}
}

// lose marks a segment as lost. It goes out again after those that are and stand before it; among very many it may find a
// place somewhat too late.
func (q *sentQueue) lose(i int32) {
	if q.slab[i].is(markLost) {
		return
	}
	q.leave(i)
	e := &q.slab[i]
	e.mark |= markLost
	behind := losing
	if first := q.slab[losing].ring.next; first != losing && q.slab[first].seq.Before(e.seq) {
		behind = q.slab[losing].ring.prev
		for range loseWalk {
			if q.slab[behind].seq.Before(e.seq) {
				break
			}
			q.visited++
			behind = q.slab[behind].ring.prev
		}
	}
	q.putRing(i, behind)
	q.sums(e, e.len())
}

// loseWalk is how many lost segments lose passes in search of the place for one more.
const loseWalk = 16

// loseAll marks as lost the oldest segment, what was last sent at or before horizon, and what has arrived: the peer may have
// thrown it away (RFC 2018 8).
func (q *sentQueue) loseAll(horizon time.Duration) {
	if q.used == 0 {
		return
	}
	q.slab[losing].ring = link{losing, losing}
	for i := q.oldest(); i != none; i = q.slab[i].order.next {
		e := &q.slab[i]
		switch {
		case e.is(markSacked):
			q.leave(i)
			e.mark |= markDoubted
		case e.is(markLost):
			e.mark &^= markLost
			q.lostSpace -= e.len()
		case e.at <= horizon || i == q.oldest():
			q.leave(i)
		default:
			continue
		}
		e.mark |= markLost
		q.putRing(i, q.slab[losing].ring.prev)
		q.sums(e, e.len())
	}
}

// loseFlying marks as lost what is under way, and costs no more than that.
func (q *sentQueue) loseFlying() {
	for i := q.firstFlying(); i != none; i = q.firstFlying() {
		q.visited++
		q.lose(i)
	}
}

// regain takes back that anything is lost. All that was stands again among the segments under way, at its time.
func (q *sentQueue) regain() {
	behind := flying
	for i := q.firstLost(); i != none; i = q.firstLost() {
		q.leave(i)
		e := &q.slab[i]
		for behind != flying && e.at < q.slab[behind].at {
			behind = q.slab[behind].ring.prev
		}
		for next := q.slab[behind].ring.next; next != flying && q.slab[next].at <= e.at; next = q.slab[behind].ring.next {
			behind = next
		}
		q.putRing(i, behind)
		q.sums(e, e.len())
		behind = i
	}
}

// again notes that a segment is being sent again.
func (q *sentQueue) again(i int32, now time.Duration) {
	q.leave(i)
	e := &q.slab[i]
	e.mark = e.mark&^markDoubted | markRetransmitted
	q.turn++
	e.at, e.turn = now, q.turn
	q.putRing(i, q.slab[flying].ring.prev)
	q.sums(e, e.len())
}

// split cuts a segment in two, of which the first has n places, and returns where the second lies. Both are what the
// whole was.
func (q *sentQueue) split(i int32, n int) int32 {
	j := q.take()
	front, back := &q.slab[i], &q.slab[j]
	*back = *front
	front.end = front.seq.Add(n)
	front.flags &^= header.FIN | header.PSH
	back.seq = front.end
	back.flags &^= header.SYN
	q.putOrder(j, i)
	if back.is(markSacked) {
		back.packets = 0
	} else {
		q.putRing(j, i)
	}
	return j
}

// gather makes one of the lost segment at place i and those that follow it, are lost too, and make it no longer than n. What
// is gathered is never taken apart for it, so all gathering together costs no more than the sending did.
func (q *sentQueue) gather(i int32, n int) {
	e := q.at(i)
	for j := e.order.next; j != none && !e.flags.Has(header.SYN); j = e.order.next {
		f := q.at(j)
		if !f.is(markLost) || e.len()+f.len() > n {
			return
		}
		if int32(f.turn-e.turn) > 0 {
			e.at, e.turn = f.at, f.turn
		}
		e.end, e.flags, e.mark = f.end, e.flags|f.flags, e.mark|f.mark
		q.slab[f.ring.prev].ring.next, q.slab[f.ring.next].ring.prev = f.ring.next, f.ring.prev
		q.drop(j)
	}
}

// acknowledge takes off what una covers whole and cuts off what it covers in part. It returns when the newest segment
// that was covered whole had been sent: the round-trip time's sample. There is none when any of them was sent more than
// once: its ACK may answer either (Karn), and those behind it have waited for it. What had arrived before says nothing
// either.
func (c *Conn) acknowledge(now time.Duration, una header.Seq) (at time.Duration, sample bool) {
	q := &c.sent
	repeated := false
	for !q.empty() {
		i := q.oldest()
		e := q.at(i)
		if !e.end.AtMost(una) {
			if n := una.Sub(e.seq); n > 0 {
				q.sums(e, -n)
				e.seq = una
				e.flags &^= header.SYN
			}
			break
		}
		if !e.is(markSacked) {
			at, sample = e.at, true
			repeated = repeated || e.is(markRetransmitted|markDoubted)
			c.arrived(now, e)
		}
		if e.mark == 0 { // leave, where there is nothing to add up
			q.slab[e.ring.prev].ring.next, q.slab[e.ring.next].ring.prev = e.ring.next, e.ring.prev
		} else {
			q.leave(i)
		}
		q.drop(i)
	}
	return at, sample && !repeated
}
