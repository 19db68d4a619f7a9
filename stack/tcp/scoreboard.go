//go:build !before9

package tcp

import (
	"slices"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// The scoreboard (RFC 6675 3) is the queue of sent segments itself, with the marks that the peer's SACK blocks have left in
// it (RFC 2018). scoreboard is what it takes besides to find the place of a block.
type scoreboard struct {
	// fingers are places in the queue where blocks began or ended of late. Most blocks are near one of them, or near the
	// newest segment: a search begins at the nearest.
	fingers [4]int32
	moved   uint8 // the finger that was put down last
}

const (
	// sackWalk is how many segments are passed at most in search of the blocks of one ACK. A block that is further away is
	// put off: true ones are told at least three times (RFC 2018 4), and the search goes on where it ended.
	sackWalk = 1024
	// Blocks that end within a segment cut it. Those of a true peer end between packets; one that means harm could have
	// the queue cut into crumbs. So there are no more pieces than sackPieces, and sackCuts for each packet under way.
	sackPieces = 256
	sackCuts   = 4
)

// ackNews is what the ACK that is being worked off has told.
type ackNews struct {
	number    header.Seq   // its ACK number
	acked     int          // how far it has moved snd.una
	unknown   int          // how many sequence numbers were not known to have arrived before
	delivered int          // how many sequence numbers are known to have arrived that were not before
	fack      header.Seq   // behind the highest of those
	duplicate bool         // it is a duplicate ACK
	blocks    bool         // it bears a SACK option
	dsack     header.Block // what it says has arrived twice (RFC 2883); empty: nothing
	lost      bool         // something has turned out to be lost

	rtt     time.Duration // the round trip that it measures; 0: none
	limited bool          // the congestion window was in use
	round   bool          // it is the first ACK of a round trip
}

// hear begins the news of an ACK.
func (c *Conn) hear(number header.Seq) {
	n := &c.recovery.news
	*n = ackNews{}
	n.number, n.fack, n.unknown = number, c.recovery.rack.fack, c.unknown()
}

// unknown is how many sequence numbers have been sent and are not known to have arrived.
func (c *Conn) unknown() int { return c.snd.nxt.Sub(c.snd.una) - c.sent.sackedSpace }

// tells says whether an ACK may have something to say even when its number is old and nothing is under way: what has arrived
// twice, or that a router is congested.
func (c *Conn) tells(h *header.TCP) bool {
	return len(h.Options) > c.fixedOptions() || h.Flags.Has(header.ECE)
}

// heardBlocks takes the SACK blocks of an ACK: what the peer has received of what lies ahead (RFC 2018 5). It stands before
// what the ACK number itself says.
func (c *Conn) heardBlocks(now time.Duration, h *header.TCP) {
	c.hear(h.Ack)
	n := &c.recovery.news
	if !c.options.report.agreed || len(h.Options) <= c.fixedOptions() {
		return
	}
	var room [header.SACKBlocks]header.Block
	list := room[:header.ParseSACK(h.Options, &room)]
	if n.blocks = len(list) > 0; !n.blocks {
		return
	}
	if d := list[0]; isDSACK(h.Ack, list) {
		list = list[1:]
		c.inVainTwice(d)
	}
	// From the lowest up, so that what an ACK tells at once does not look like reordering.
	slices.SortFunc(list, func(a, b header.Block) int { return a.Left.Sub(b.Left) })
	enough := c.sent.visited + sackWalk
	for _, b := range list {
		if b.Right.AtMost(c.snd.una) {
			continue // an old ACK, overtaken by others
		}
		if b.Left.Before(c.snd.una) && h.Ack.AtMost(c.snd.una) {
			b.Left = c.snd.una
		}
		// What the ACK itself covers, or stops at, is not ahead of it; and nobody has what was never sent.
		if b.Left.AtMost(h.Ack) && !h.Ack.Before(c.snd.una) || b.Left.Before(c.snd.una) || !b.Left.Before(b.Right) || c.snd.nxt.Before(b.Right) {
			c.count(SACKInvalid)
			continue
		}
		c.sacked(now, b, enough)
	}
}

// isDSACK says whether the first block reports something that has arrived twice (RFC 2883 4): it lies before the ACK number,
// or within the second block.
func isDSACK(ack header.Seq, list []header.Block) bool {
	d := list[0]
	switch {
	case !d.Left.Before(d.Right):
		return false
	case d.Right.AtMost(ack):
		return true
	}
	return len(list) > 1 && list[1].Left.AtMost(d.Left) && d.Right.AtMost(list[1].Right)
}

// inVainTwice takes a D-SACK block.
func (c *Conn) inVainTwice(d header.Block) {
	if c.snd.nxt.Before(d.Right) {
		c.count(SACKInvalid)
		return
	}
	if c.recovery.undo.unneeded(d) {
		c.count(DSACKs)
		c.recovery.news.dsack = d
	}
}

// sacked marks what lies in b. Neighbours that have both arrived become one entry, so that they are passed in one step.
func (c *Conn) sacked(now time.Duration, b header.Block, enough int) {
	q := &c.sent
	i := c.find(b.Left, enough)
	if i == none {
		return
	}
	for i != none && q.at(i).seq.Before(b.Right) {
		e := q.at(i)
		next := e.order.next
		switch {
		case e.is(markSacked):
		case e.seq.Before(b.Left):
			if !c.mayCut() {
				break
			}
			next = q.split(i, b.Left.Sub(e.seq))
		case b.Right.Before(e.end) && !c.mayCut():
		default:
			if b.Right.Before(e.end) {
				next = q.split(i, b.Right.Sub(e.seq))
				e = q.at(i)
			}
			c.arrived(now, e)
			q.sack(i, c.mss)
			i = q.join(i)
			q.visited++
		}
		c.point(i)
		i = next
	}
	if i != none {
		q.join(i)
	}
}

// mayCut says whether one segment more may be cut in two because of a block.
func (c *Conn) mayCut() bool {
	return c.sent.used < sackPieces+sackCuts*(c.snd.nxt.Sub(c.snd.una)/c.mss)
}

// find returns the entry in which seq lies, which lies between snd.una and snd.nxt, or none when too much lies between.
func (c *Conn) find(seq header.Seq, enough int) int32 {
	q, s := &c.sent, &c.recovery.board
	if q.empty() {
		return none
	}
	i := q.oldest()
	best := seq.Sub(q.at(i).seq)
	try := func(j int32) {
		if far := seq.Sub(q.at(j).seq); max(far, -far) < best {
			i, best = j, max(far, -far)
		}
	}
	try(q.newest())
	for _, j := range s.fingers {
		if q.holds(j) {
			try(j)
		}
	}
	for {
		e := q.at(i)
		switch {
		case seq.Before(e.seq):
			i = e.order.prev
		case !seq.Before(e.end):
			i = e.order.next
		default:
			return i
		}
		if q.visited++; q.visited >= enough {
			c.point(i)
			return none
		}
	}
}

// point puts a finger on place i.
func (c *Conn) point(i int32) {
	s := &c.recovery.board
	if s.fingers[s.moved] != i {
		s.moved = (s.moved + 1) % uint8(len(s.fingers))
		s.fingers[s.moved] = i
	}
}

// holds says whether there is a segment at place i.
func (q *sentQueue) holds(i int32) bool {
	return i >= heads && int(i) < len(q.slab) && q.slab[i].seq != q.slab[i].end
}

// sack marks a segment as arrived. It was as many packets as it has MSS.
func (q *sentQueue) sack(i int32, mss int) {
	q.leave(i)
	e := &q.slab[i]
	e.mark |= markSacked
	e.packets = uint16((e.len() + mss - 1) / mss)
	q.sackedPackets += int(e.packets)
	q.sums(e, e.len())
}

// join makes one of i and the one before it, if both have arrived, and returns where that lies: i otherwise.
func (q *sentQueue) join(i int32) int32 {
	j := q.slab[i].order.prev
	if j == none || !q.slab[i].is(markSacked) || !q.slab[j].is(markSacked) {
		return i
	}
	e, f := &q.slab[j], &q.slab[i]
	q.sackedPackets -= int(e.packets) + int(f.packets)
	e.packets = uint16(min(int(e.packets)+int(f.packets), 1<<16-1))
	q.sackedPackets += int(e.packets)
	e.end, e.flags = f.end, e.flags|f.flags
	e.mark |= f.mark
	q.drop(i)
	return j
}
