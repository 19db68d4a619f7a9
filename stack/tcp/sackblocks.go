//go:build !before9

package tcp

import "github.com/tsunagu/tsunagu/stack/header"

// reporting is what we tell the peer besides the ACK number: what has arrived behind a gap (SACK, RFC 2018), and what has
// arrived twice (D-SACK, RFC 2883). What is reported is never thrown away again: the RFC would allow that.
type reporting struct {
	agreed bool // both SYNs permitted it
	n      int  // how many of blocks there are
	// blocks are runs of held data without a gap, the one that has grown last first (RFC 2018 4).
	blocks    [header.SACKBlocks]header.Block
	forgotten bool         // there are more runs
	twice     header.Block // what has arrived twice, and the peer has not heard of; empty: nothing
}

// optionsTop is how many bytes of options a header has room for.
const optionsTop = 40

// offerSACK puts the option into a SYN.
func (c *Conn) offerSACK(s *Segment) {
	if c.offers(c.config.NoSACK, c.options.report.agreed) {
		s.Header.Options = header.AppendSACKPermitted(s.Header.Options)
	}
}

// agreeOnSACK looks for the option in the peer's SYN.
func (c *Conn) agreeOnSACK(h *header.TCP) {
	c.options.report.agreed = !c.config.NoSACK && header.SACKPermitted(h.Options)
}

// heldFrom is the place of the first held piece that ends behind seq.
func (c *Conn) heldFrom(seq header.Seq) int {
	held := c.stream.held
	low, high := 0, len(held)
	for low < high {
		if mid := (low + high) / 2; seq.Before(held[mid].end()) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// heardTwice looks whether something of the length places that begin at seq has arrived before. The first such piece is
// what the next ACK begins with (RFC 2883 4): the peer has sent it again without need, and may learn why. It stands before
// the segment is held.
func (c *Conn) heardTwice(seq header.Seq, length int) {
	if seq != c.rcv.nxt || len(c.stream.held) > 0 {
		c.compare(seq, length)
	}
}

func (c *Conn) compare(seq header.Seq, length int) {
	r, held := &c.options.report, c.stream.held
	if !r.agreed || length == 0 {
		return
	}
	end := seq.Add(length)
	if seq.Before(c.rcv.nxt) { // acknowledged already
		if c.rcv.nxt.Before(end) {
			end = c.rcv.nxt
		}
		r.twice = header.Block{Left: seq, Right: end}
		c.count(DuplicatesReported)
		return
	}
	i := c.heldFrom(seq)
	if i == len(held) || !held[i].seq.Before(end) {
		return
	}
	if seq.Before(held[i].seq) {
		seq = held[i].seq
	}
	right := seq
	for ; i < len(held) && held[i].seq.AtMost(right) && right.Before(end); i++ {
		right = held[i].end()
	}
	if end.Before(right) {
		right = end
	}
	r.twice = header.Block{Left: seq, Right: right}
	c.count(DuplicatesReported)
}

// heardEarly puts the run of held data in which seq lies in front of all others: the first block is the one with the latest
// segment in it (RFC 2018 4). It stands behind the holding.
func (c *Conn) heardEarly(seq header.Seq) {
	r := &c.options.report
	if !r.agreed {
		return
	}
	if i := c.heldFrom(seq); i == len(c.stream.held) || seq.Before(c.stream.held[i].seq) {
		return // there were too many pieces to hold one more
	}
	c.prune()
	run := header.Block{Left: c.runLeft(seq), Right: c.runRight(seq)}
	blocks := [header.SACKBlocks]header.Block{run}
	n := 1
	for _, b := range r.blocks[:r.n] {
		switch {
		case run.Left.AtMost(b.Left) && b.Right.AtMost(run.Right): // has become a part of it
		case n == len(blocks):
			r.forgotten = true
		default:
			blocks[n] = b
			n++
		}
	}
	r.blocks, r.n = blocks, n
}

// runLeft and runRight are where the run in which seq lies begins and ends. What stands in a block is passed in one step,
// what does not, piece by piece.
func (c *Conn) runLeft(seq header.Seq) header.Seq {
	held := c.stream.held
	seq = held[c.heldFrom(seq)].seq
next:
	for _, b := range c.options.report.blocks[:c.options.report.n] {
		if b.Left.Before(seq) && seq.AtMost(b.Right) {
			seq = b.Left
			goto next
		}
	}
	if i := c.heldFrom(seq); i > 0 && held[i-1].end() == seq {
		seq = held[i-1].seq
		goto next
	}
	return seq
}

func (c *Conn) runRight(seq header.Seq) header.Seq {
	held := c.stream.held
next:
	for _, b := range c.options.report.blocks[:c.options.report.n] {
		if b.Left.AtMost(seq) && seq.Before(b.Right) {
			seq = b.Right
			goto next
		}
	}
	if i := c.heldFrom(seq); i < len(held) && held[i].seq.AtMost(seq) {
		seq = held[i].end()
		goto next
	}
	return seq
}

// prune takes out the blocks that the ACK number covers by now, and remembers runs for which there was no room.
func (c *Conn) prune() {
	r, held := &c.options.report, c.stream.held
	n := 0
	for _, b := range r.blocks[:r.n] {
		if c.rcv.nxt.Before(b.Right) {
			r.blocks[n] = b
			n++
		}
	}
	r.n = n
	if !r.forgotten || n == len(r.blocks) {
		return
	}
	r.forgotten = false
	for i := 0; i < len(held); {
		run := header.Block{Left: held[i].seq, Right: held[i].end()}
		for i++; i < len(held) && held[i].seq == run.Right; i++ {
			run.Right = held[i].end()
		}
		if r.has(run) {
			continue
		}
		if r.n == len(r.blocks) {
			r.forgotten = true
			return
		}
		r.blocks[r.n] = run
		r.n++
	}
}

func (r *reporting) has(run header.Block) bool {
	for _, b := range r.blocks[:r.n] {
		if b == run {
			return true
		}
	}
	return false
}

// reports says whether there may be anything to report. Mostly there is not, and nothing of what follows costs anything.
func (c *Conn) reports() bool {
	twice := &c.options.report.twice
	return len(c.stream.held) > 0 || twice.Left != twice.Right
}

// reportLen is how many bytes of options the report takes up, of the given number that are free.
func (c *Conn) reportLen(free int) int {
	r := &c.options.report
	if !r.agreed {
		return 0
	}
	c.prune()
	n := r.n
	if r.twice != (header.Block{}) {
		n++
	}
	n = min(n, header.SACKBlocks, (min(free, optionsTop-c.fixedOptions())-4)/8)
	if n <= 0 {
		return 0
	}
	return 4 + 8*n
}

// payload is the largest payload of the next packet with new data, in bytes: the MSS less what the report takes, so that the
// packet is never larger than it may be (RFC 9293 3.7.1, MUST-16; RFC 6691). At least half is left for the data.
func (c *Conn) payload() int {
	if !c.reports() {
		return c.mss
	}
	return c.mss - c.reportLen(c.mss/2)
}

// addReport puts the report into a segment: as many blocks as there is room for in the header and the packet.
func (c *Conn) addReport(s *Segment) {
	length := c.reportLen(c.mss - min(s.Len(), s.MSS))
	if length == 0 {
		return
	}
	r := &c.options.report
	var blocks [header.SACKBlocks]header.Block
	n := 0
	if r.twice != (header.Block{}) {
		blocks[0], n = r.twice, 1
		r.twice = header.Block{} // told once (RFC 2883 4)
	}
	copy(blocks[n:], r.blocks[:r.n])
	s.Header.Options = header.AppendSACK(s.Header.Options, blocks[:(length-4)/8])
}
