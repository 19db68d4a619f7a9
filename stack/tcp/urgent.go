//go:build !before5

package tcp

import "github.com/tsunagu/tsunagu/stack/header"

// urgent is what a connection knows of urgent data, in both directions (RFC 9293 3.8.5). It is a mark in the stream and
// nothing else: up to here, please, read without delay. The bytes themselves stay where they are among the others (RFC 6093
// 3.1). New programs should not use it (SHLD-13): boxes on the way clear it, and systems disagree what it means.
type urgent struct {
	// Sending.
	up      header.Seq // SND.UP: the place just behind the urgent data (MUST-62)
	sending bool       // … and it has not been acknowledged

	// Receiving.
	left int // how many bytes the application has to read to the end of the urgent data; 0: there is none
}

// WriteUrgent is Write of data that the peer is to look at soon: what it takes of p ends the urgent data, and what was
// written before and has not arrived is urgent too. It may be of any length (MUST-31). The peer is told at once, even when
// its window is closed.
func (c *Conn) WriteUrgent(p []byte) (int, error) {
	n, err := c.Write(p)
	if n == 0 {
		return n, err
	}
	end := c.snd.una.Add(c.send.Len())
	if c.opening() {
		end = end.Add(1) // the SYN's place comes first
	}
	c.urgent.up, c.urgent.sending = end, true
	c.ackNow = !c.opening() // an empty segment tells it, if no data may go out now
	return n, err
}

// Urgent returns how many bytes the application still has to read to the end of the urgent data that the peer has told of,
// or 0 when none is pending (MUST-33). They may not all have arrived yet. Config.Urgent is called when it begins and whenever
// its end moves on.
func (c *Conn) Urgent() int { return c.urgent.left }

// heardUrgent is the sixth check of RFC 9293 3.10.7.4: RCV.UP moves on, and the application is told (MUST-32). It stands
// before the payload, and counts when there is no room for any payload (MUST-66).
func (c *Conn) heardUrgent(h *header.TCP) {
	if h.Flags.Has(header.URG) {
		c.pointed(h)
	}
}

func (c *Conn) pointed(h *header.TCP) {
	switch c.state {
	case Established, FinWait1, FinWait2:
	default:
		return // the peer has sent its FIN: there can be nothing more
	}
	left := h.Seq.Add(int(h.Urgent)).Sub(c.rcv.nxt) + c.receive.Len()
	if left <= c.urgent.left {
		return // told before, or read already
	}
	c.urgent.left = left
	c.count(UrgentHeard)
	if c.config.Urgent != nil {
		c.config.Urgent(c)
	}
}

// readOn notes that the application has read n bytes more.
func (u *urgent) readOn(n int) { u.left = max(0, u.left-n) }

// urging says whether the peer has not acknowledged all of our urgent data.
func (c *Conn) urging() bool {
	u := &c.urgent
	if u.sending && !c.snd.una.Before(u.up) {
		u.sending = false
	}
	return u.sending
}

// urge puts the urgent pointer into a segment that begins before the end of urgent data. The field counts from the segment's
// own place. An end that is too far away for it is pointed to as far as it goes: the segments that follow move it on.
func (c *Conn) urge(s *Segment) {
	if c.urgent.sending {
		c.pointUrgent(&s.Header)
	}
}

func (c *Conn) pointUrgent(h *header.TCP) {
	if !c.urging() || !h.Seq.Before(c.urgent.up) || h.Flags&(header.SYN|header.RST) != 0 {
		return
	}
	h.Flags |= header.URG
	h.Urgent = uint16(min(c.urgent.up.Sub(h.Seq), maxUrgent))
	c.count(UrgentTold)
}

const maxUrgent = 65535 // what the urgent pointer's field holds

// cutUrgent cuts the i-th segment to a packet's size, if it is to bear an urgent pointer: below us the same header would be
// put in front of each piece.
func (c *Conn) cutUrgent(i int32) {
	if c.urging() && c.sent.at(i).len() > c.payload() {
		c.sent.split(i, c.payload())
	}
}
