//go:build !before7

package tcp

import (
	"fmt"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Watch looks at a connection after everything that happens to it, and knows what must be so whatever that was.
type Watch struct {
	before    State
	una, nxt  header.Seq // the numbers when it last looked
	rcvNxt    header.Seq
	edge      header.Seq // the right edge of the window offered, furthest on
	confirmed bool       // there were numbers
}

// Check returns what is wrong with c, and whether it has got on since the last time: whether its state or its numbers have
// moved. rested says that it has nothing more to send now.
func (w *Watch) Check(c *Conn, now time.Duration, rested bool) (moved bool, err error) {
	moved = c.state != w.before || c.snd.una != w.una || c.rcv.nxt != w.rcvNxt
	if c.state != Closed {
		err = w.check(c, now, rested)
	} else if c.timers != (timers{}) || !c.sent.empty() || len(c.stream.held) > 0 {
		err = fmt.Errorf("closed, and still it keeps timers, sent or held segments")
	}
	w.before, w.una, w.nxt, w.rcvNxt = c.state, c.snd.una, c.snd.nxt, c.rcv.nxt
	return moved, err
}

func (w *Watch) check(c *Conn, now time.Duration, rested bool) error {
	for _, err := range []error{
		checkSent(c), w.checkOrder(c), w.checkWindow(c), checkHeld(c), checkClosing(c), checkTimers(c, now, rested), checkWeather(c),
	} {
		if err != nil {
			return err
		}
	}
	if rested && (c.ackNow || c.rst.due || c.stream.override && c.sent.empty() && c.send.Len() > 0) {
		return fmt.Errorf("has something to send, and does not: ackNow %v, rst %v, override %v", c.ackNow, c.rst.due, c.stream.override)
	}
	return nil
}

// checkSent: the queue of sent segments covers una to nxt without a hole, and its sums and rings are right.
func checkSent(c *Conn) error {
	q := &c.sent
	at := c.snd.una
	var n, fly, lost, lostSpace, sackedSpace, repeatedSpace, packets int
	if !q.empty() {
		for i := q.oldest(); i != none; i = q.slab[i].order.next {
			e := q.at(i)
			if e.seq != at || !at.Before(e.end) {
				return fmt.Errorf("a sent segment is %d to %d, and should begin at %d", e.seq, e.end, at)
			}
			at = e.end
			switch n++; {
			case e.is(markSacked):
				sackedSpace += e.len()
				packets += int(e.packets)
			case e.is(markLost):
				lost++
				lostSpace += e.len()
			default:
				fly++
				if e.is(markRetransmitted) {
					repeatedSpace += e.len()
				}
			}
		}
		for _, ring := range []struct {
			head int32
			want int
		}{{flying, fly}, {losing, lost}} {
			got := 0
			for i := q.slab[ring.head].ring.next; i != ring.head && got <= n; i = q.slab[i].ring.next {
				if e := q.at(i); e.is(markSacked) || e.is(markLost) != (ring.head == losing) {
					return fmt.Errorf("a segment of marks %b stands in ring %d", e.mark, ring.head)
				}
				got++
			}
			if got != ring.want {
				return fmt.Errorf("ring %d has %d segments, not %d", ring.head, got, ring.want)
			}
		}
	}
	if at != c.snd.nxt || n != q.len() {
		return fmt.Errorf("%d sent segments end at %d; there are %d, and nxt is %d", n, at, q.len(), c.snd.nxt)
	}
	if lostSpace != q.lostSpace || sackedSpace != q.sackedSpace || repeatedSpace != q.repeatedSpace || packets != q.sackedPackets {
		return fmt.Errorf("places lost, arrived, repeated, packets arrived: %d, %d, %d, %d, and counted are %d, %d, %d, %d",
			lostSpace, sackedSpace, repeatedSpace, packets, q.lostSpace, q.sackedSpace, q.repeatedSpace, q.sackedPackets)
	}
	if n := c.inFlight(); !c.opening() && c.snd.una != c.snd.nxt && (n < 0 || n > c.send.Len()) {
		return fmt.Errorf("%d bytes are under way, %d are kept", n, c.send.Len())
	}
	return nil
}

// checkOrder: the numbers only ever rise, and nothing new goes beyond the peer's window but a probe or a FIN.
func (w *Watch) checkOrder(c *Conn) error {
	if !w.confirmed {
		w.confirmed = true
		return nil
	}
	if c.snd.una.Before(w.una) || c.snd.nxt.Before(w.nxt) || w.before > SynSent && c.rcv.nxt.Before(w.rcvNxt) {
		return fmt.Errorf("a number moved back: una %d, nxt %d, rcv.nxt %d were %d, %d, %d", c.snd.una, c.snd.nxt, c.rcv.nxt, w.una, w.nxt, w.rcvNxt)
	}
	if beyond := c.snd.nxt.Sub(c.snd.una.Add(c.snd.wnd)); w.before >= Established && w.nxt.Before(c.snd.nxt) && c.snd.una == w.una && beyond > 1+c.finSent() {
		return fmt.Errorf("what was sent last goes %d beyond the peer's window", beyond)
	}
	return nil
}

// checkWindow: the right edge of the window offered never moves back (RFC 9293 3.8.6, SHLD-14), and what is offered
// there is room for.
func (w *Watch) checkWindow(c *Conn) error {
	if c.state < SynReceived || c.state == TimeWait {
		return nil
	}
	// A scaled window is told in whole units, rounded up while the buffer is not an eighth over its limit by that.
	unit, limit := windowUnit(c)
	if c.rcv.wnd < 0 || c.receive.Len()+c.rcv.wnd > max(limit+limit/8, c.receive.Len()+unit-1, limit+unit-1) {
		return fmt.Errorf("%d bytes are offered, %d wait, of %d", c.rcv.wnd, c.receive.Len(), c.receive.Limit())
	}
	told := c.stream.told
	if back := w.edge.Sub(told); w.before >= SynReceived && w.edge != 0 && (back >= unit || back > 0 && c.receive.Len()+c.rcv.wnd <= limit) {
		return fmt.Errorf("the window's edge moves back from %d to %d", w.edge, told)
	}
	w.edge = told
	if c.state > SynReceived && told != 0 && c.rcv.nxt.Add(c.rcv.wnd).Before(told) {
		return fmt.Errorf("the window ends at %d, and the peer was told %d", c.rcv.nxt.Add(c.rcv.wnd), told)
	}
	return nil
}

// checkHeld: pieces that came too early stand in order, do not overlap, and lie in the window.
func checkHeld(c *Conn) error {
	at := c.rcv.nxt
	for i := range c.stream.held {
		h := &c.stream.held[i]
		if len(h.b) == 0 || h.seq.Before(at) || i == 0 && h.seq == at {
			return fmt.Errorf("piece %d, from %d on, %d bytes, does not stand behind %d", i, h.seq, len(h.b), at)
		}
		at = h.end()
	}
	if c.rcv.nxt.Add(c.rcv.wnd).Before(at) && len(c.stream.held) > 0 {
		return fmt.Errorf("pieces are held up to %d, the window ends at %d", at, c.rcv.nxt.Add(c.rcv.wnd))
	}
	if len(c.stream.held) > c.maxHeld() {
		return fmt.Errorf("%d pieces are held", len(c.stream.held))
	}
	return nil
}

// checkClosing: the state says what has become of the two FINs.
func checkClosing(c *Conn) error {
	g := &c.closing
	var wanted, acked, heard bool
	switch c.state {
	case FinWait1:
		wanted = true
	case FinWait2:
		wanted, acked = true, true
	case CloseWait:
		heard = true
	case Closing, LastAck:
		wanted, heard = true, true
	case TimeWait:
		wanted, acked, heard = true, true, true
	case SynReceived:
		wanted = g.wanted
	}
	if g.wanted != wanted || heard && !g.heard || g.sent && !g.wanted {
		return fmt.Errorf("in %v: closing %+v", c.state, *g)
	}
	if acked != (g.sent && c.snd.una == c.snd.nxt) && c.state != SynReceived {
		return fmt.Errorf("in %v: the FIN's ACK has come: %v", c.state, !acked)
	}
	if heard && c.rcv.nxt != g.seq.Add(1) || !heard && g.heard && g.seq.Before(c.rcv.nxt) {
		return fmt.Errorf("in %v: the peer's FIN is at %d, rcv.nxt %d", c.state, g.seq, c.rcv.nxt)
	}
	return nil
}

// checkTimers: what waits for something is woken should it not come.
func checkTimers(c *Conn, now time.Duration, rested bool) error {
	if (c.state == TimeWait) != c.timers.running(timerTimeWait) && c.state != FinWait2 {
		return fmt.Errorf("in %v, and TIME-WAIT's timer is on: %v", c.state, c.state != TimeWait)
	}
	if c.state == TimeWait || !rested {
		return nil
	}
	for k, at := range c.timers {
		if at != 0 && at <= now {
			return fmt.Errorf("timer %d was due at %v", k, at)
		}
	}
	if !c.sent.empty() && !c.underWatch() {
		return fmt.Errorf("something is under way, and no timer runs: %v", c.timers)
	}
	if c.sent.empty() && c.timers.running(timerRetransmit) {
		return fmt.Errorf("nothing is under way, and the retransmission timer runs")
	}
	if waiting := c.send.Len() - c.inFlight(); !c.opening() && c.state != FinWait2 && waiting > 0 && c.sent.empty() && !c.timers.running(timerPersist) {
		return fmt.Errorf("%d bytes wait, nothing is under way, and nobody will ask", waiting)
	}
	if c.stream.unacked > 0 && !c.timers.running(timerDelayedACK) {
		return fmt.Errorf("%d bytes wait for their ACK, and no timer runs", c.stream.unacked)
	}
	return nil
}

// String tells how it stands.
func (w *Watch) String(c *Conn) string {
	return fmt.Sprintf("una %d nxt %d wnd %d, rcv %d wnd %d, %d in %d wait to go, timers %v, retry %+v%s",
		c.snd.una.Sub(c.snd.iss), c.snd.nxt.Sub(c.snd.iss), c.snd.wnd, c.rcv.nxt.Sub(c.rcv.irs), c.rcv.wnd, c.sent.len(), c.send.Len(), c.timers, c.retry, weatherString(c))
}
