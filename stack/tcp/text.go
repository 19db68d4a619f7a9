//go:build !before5

package tcp

import (
	"slices"
	"sort"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// delayACK is how long data waits for its ACK, in the hope that the answer to it or more data comes along (RFC 9293
// 3.8.6.3, MUST-40: less than half a second).
const delayACK = 40 * time.Millisecond

// maxHeld bounds how many pieces wait for what is missing before them: each has a price besides its bytes. It is enough for a
// whole buffer of full segments, also when that has grown.
func (c *Conn) maxHeld() int { return 512 + max(0, c.receive.Limit()-buffer.DefaultSize)/1024 }

// heldSegment is data that arrived before what precedes it.
type heldSegment struct {
	seq    header.Seq
	b      []byte
	holder buffer.Holder // nil: b is a copy
}

// text is the seventh check of RFC 9293 3.10.7.4: the payload, whose first byte stands at seq.
func (c *Conn) text(now time.Duration, seq header.Seq, payload []byte, of buffer.Holder) {
	switch c.state {
	case Established, FinWait1, FinWait2:
	default:
		if len(payload) > 0 {
			c.count(AfterFIN)
		}
		return // the peer has sent its FIN: there can be nothing more
	}
	c.heardTwice(seq, len(payload))
	// Cut off what arrived before, and what does not fit the window.
	if old := c.rcv.nxt.Sub(seq); old > 0 {
		if old >= len(payload) {
			if len(payload) > 0 {
				c.ackNow = true // all of it a duplicate: our ACK was lost
				c.count(OldData)
			}
			return
		}
		seq, payload = c.rcv.nxt, payload[old:]
	}
	if room := c.rcv.nxt.Add(c.rcv.wnd).Sub(seq); room < len(payload) {
		payload = payload[:max(0, room)]
		c.ackNow = true
		c.count(BeyondWindow)
	}
	if len(payload) == 0 {
		return
	}
	if c.deaf() {
		c.count(Unread)
		return
	}
	if seq != c.rcv.nxt {
		c.hold(seq, payload, of)
		c.heardEarly(seq)
		c.ackNow = true // the sender should know soon (RFC 9293 3.10.7.4, MAY-13; RFC 5681 4.2)
		if c.countsACKs() {
			c.stream.early++
		}
		return
	}
	c.accept(payload, of)
	c.heardText(now, len(payload))
	c.stream.lastData = now
	if len(c.stream.held) > 0 {
		c.unhold()
		c.ackNow = true
	}
	c.reopen()
	// An ACK for every second full segment, and for less after a while (RFC 9293 3.8.6.3, SHLD-18, SHLD-19).
	if c.stream.unacked >= 2*c.fullSegment() {
		c.ackNow = true
	} else if !c.timers.running(timerDelayedACK) {
		c.timers.start(timerDelayedACK, now+delayACK)
	}
}

// accept takes bytes that are next in order. The window's right edge stays where it was: the bytes have used up their
// part of it.
func (c *Conn) accept(b []byte, of buffer.Holder) {
	c.stream.early = 0
	c.receive.Append(b, of)
	c.rcv.nxt = c.rcv.nxt.Add(len(b))
	c.rcv.wnd -= len(b)
	c.stream.unacked += len(b)
	c.tally(BytesIn, len(b))
}

func (h *heldSegment) end() header.Seq { return h.seq.Add(len(h.b)) }

func (h *heldSegment) release() {
	if h.holder != nil {
		h.holder.Release()
	}
}

// hold keeps bytes that came too early, in the order of their numbers (SHLD-31). Every byte is held once: what is held
// never is more than the window, however often it is sent.
func (c *Conn) hold(seq header.Seq, b []byte, of buffer.Holder) {
	held := c.stream.held
	i := len(held)
	if i > 0 && seq.Before(held[i-1].seq) {
		i = sort.Search(i, func(i int) bool { return seq.Before(held[i].seq) })
	}
	if i > 0 {
		if known := held[i-1].end().Sub(seq); known >= len(b) {
			c.count(OutOfOrderKnown)
			return
		} else if known > 0 {
			seq, b = seq.Add(known), b[known:]
		}
	}
	end := seq.Add(len(b))
	j := i // pieces from i to before j lie within the new one
	for j < len(held) && held[j].end().AtMost(end) {
		j++
	}
	if j < len(held) && held[j].seq.Before(end) {
		b = b[:held[j].seq.Sub(seq)]
	}
	if len(b) == 0 {
		c.count(OutOfOrderKnown)
		return
	}
	if i == j && len(held) >= c.maxHeld() {
		c.count(OutOfOrderDropped)
		return
	}
	c.count(OutOfOrder)
	for k := i; k < j; k++ {
		held[k].release()
	}
	h := heldSegment{seq: seq, b: b, holder: of}
	if of != nil && 4*len(b) >= of.Cap() {
		of.Retain()
	} else {
		h.b, h.holder = slices.Clone(b), nil
	}
	c.stream.held = slices.Replace(held, i, j, h)
}

// unhold accepts what the gap's filling has put in order.
func (c *Conn) unhold() {
	held := c.stream.held
	n := 0
	for ; n < len(held) && held[n].seq.AtMost(c.rcv.nxt); n++ {
		h := held[n]
		if old := c.rcv.nxt.Sub(h.seq); old < len(h.b) {
			c.accept(h.b[old:], h.holder)
		}
		h.release()
	}
	c.stream.held = slices.Delete(held, 0, n)
	if len(c.stream.held) == 0 {
		c.stream.held = nil
	}
}

// reopen opens the receive window as far as there is room, but not by a crumb (RFC 9293 3.8.6.2.2, MUST-39).
func (c *Conn) reopen() {
	space := min(c.receive.Space(), c.windowLimit())
	if space-c.rcv.wnd >= min(c.receive.Limit()/2, c.rcvMSS) {
		c.rcv.wnd = space
	}
}

// offer is reopen after the application has read. The peer is told at once when that is news worth a segment: when it
// believes the window half closed or more, and finds it at least twice as wide.
func (c *Conn) offer() {
	c.reopen()
	left := c.stream.told.Sub(c.rcv.nxt)
	if c.rcv.wnd > left && 2*left <= min(c.receive.Limit(), c.windowLimit()) && c.rcv.wnd >= 2*left {
		c.ackNow = true
	}
}

// ackSent notes that the peer is being told all that we have received, and how much more we can.
func (c *Conn) ackSent() {
	if c.rcv.wnd == 0 && c.stream.unacked > 0 {
		c.count(ZeroWindowsTold)
	}
	c.stream.unacked = 0
	c.stream.told = c.rcv.nxt.Add(c.windowTold())
	if c.stream.early > 0 {
		c.stream.early--
		c.ackNow = c.stream.early > 0
	}
}

// letGo gives back what waits for something that will not come any more.
func (c *Conn) letGo() {
	for i := range c.stream.held {
		c.stream.held[i].release()
	}
	c.stream.held = nil
}
