//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// growth is how the buffers find the size that a connection needs. Too small, they and not the network say how fast it is:
// no more can be under way than the receive buffer takes in, or the send buffer keeps. So large for every connection that it
// is enough for any would be too much memory. A buffer whose size the application has chosen stays as it is.
type growth struct {
	since time.Duration // when this measurement began
	place header.Seq    // up to where the application had read then
	rtt   time.Duration // a round trip, as data measures it that answers our ACKs; 0: not measured
	echo  uint32        // the timestamp it was last measured by
}

const (
	// bufferTop is how far a buffer grows unless the configuration says otherwise. It fills a gigabit a second over 33
	// milliseconds, or 335 megabits a second over a tenth of a second: more is rare, and has to be asked for.
	bufferTop = 4 << 20
	// growthKept is how long after the last data a grown receive buffer keeps its size.
	growthKept = 10 * time.Second
)

// top is how far a buffer may grow, when the configuration says limit.
func top(limit int) int {
	if limit == 0 {
		limit = bufferTop
	}
	return max(limit, buffer.DefaultSize)
}

// receiveTop is the largest receive buffer that the connection may ever have, in bytes.
func (c *Conn) receiveTop() int {
	if c.receive.Fixed() {
		return c.receive.Limit()
	}
	return top(c.config.ReceiveMax)
}

// measures says whether there is anything for growReceive to do: no round trip is shorter than a tick, and each is measured once.
// Of data that arrives in a burst it is so for the first segment alone.
func (c *Conn) measures(now time.Duration) bool {
	g := &c.options.growth
	return now-g.since >= tick || c.options.stamps.heard.Echo != g.echo
}

// growReceive measures how much the application reads in a round trip, and makes the receive buffer four times as large
// (dynamic right-sizing, Fisk and Feng 2001): the sender doubles what is under way with each round trip of slow start, and
// what has been measured is a round trip old. It is called when data has arrived in order. The buffer only becomes smaller when nothing
// has come for long, and the offered window does not even then: it is used up first.
func (c *Conn) growReceive(now time.Duration) {
	g := &c.options.growth
	if c.receive.Fixed() || !c.options.scale.agreed {
		return
	}
	if now-c.stream.lastData > growthKept {
		c.receive.Grow(0)
		g.since, g.place = now, c.rcv.nxt.Add(-c.receive.Len())
		return
	}
	rtt := max(c.arrivalRTT(now), tick)
	elapsed := now - g.since
	if elapsed < rtt {
		return
	}
	place := c.rcv.nxt.Add(-c.receive.Len())
	read := int64(place.Sub(g.place)) * int64(rtt) / int64(elapsed)
	g.since, g.place = now, place
	if want := min(4*int(read), c.receiveTop()); want > c.receive.Limit() {
		c.receive.Grow(want)
		c.count(BufferGrowths)
	}
}

// arrivalRTT is the round-trip time as one sees it who only receives: by the timestamps of data that answers an ACK of
// ours, or else what our own segments have measured.
func (c *Conn) arrivalRTT(now time.Duration) time.Duration {
	g, t := &c.options.growth, &c.options.stamps
	if t.agreed && t.heard.Echo != g.echo {
		g.echo = t.heard.Echo
		if rtt, ok := c.echoed(now); ok && (g.rtt == 0 || rtt < g.rtt) {
			g.rtt = rtt
		} else if ok { // longer: perhaps the sender had nothing to send
			g.rtt += (rtt - g.rtt) / 8
		}
	}
	if g.rtt != 0 {
		return g.rtt
	}
	return c.congestion.srtt
}

// growSend has the send buffer hold two congestion windows: what is under way, and what follows when that is acknowledged.
func (c *Conn) growSend() {
	if !c.send.Fixed() {
		c.send.Grow(min(2*c.congestion.window.Cwnd, top(c.config.SendMax)))
	}
}
