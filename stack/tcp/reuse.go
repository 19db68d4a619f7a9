//go:build !before10

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// TIME-WAIT keeps the two ends of a connection from being used again while segments of the old one may be under way. When it
// is sure that a segment does not come from there, the wait is of no use (RFC 9293 3.6.1, MAY-2).

// successorGap is how far above all that the old connection has sent the new one's numbering begins at least: a whole window
// without scaling, and two (RFC 1122 4.2.2.13 asks for "larger").
const successorGap = 65535 + 2

// Reopens says that a segment which arrives in TIME-WAIT begins a new connection between the same two ends (RFC 6191 2): a SYN
// that nothing of the old one can be. With timestamps it is newer; without, it lies beyond all that the old one has received,
// as RFC 1122 4.2.2.13 has it.
func (c *Conn) Reopens(h *header.TCP) bool {
	const which = header.SYN | header.ACK | header.RST | header.FIN
	if c.state != TimeWait || h.Flags&which != header.SYN {
		return false
	}
	t := &c.options.stamps
	if v, ok := header.ParseTimestamps(h.Options); ok && !c.config.NoTimestamps {
		if !t.agreed || earlier(t.recent, v.Value) {
			return true // none of the old one's segments has such a timestamp, and those that come late are found out
		}
		if v.Value != t.recent {
			return false
		}
	}
	return c.rcv.nxt.Before(h.Seq)
}

// Follow tells a connection from which nothing has been sent yet that it takes the place of old: its numbering begins
// above all that old has used, or one end could take what comes late from the old one for the new one's (RFC 9293 3.6.1,
// MAY-2, condition 1).
func (c *Conn) Follow(old *Conn) {
	if floor := old.snd.nxt.Add(successorGap); c.snd.iss.Before(floor) {
		c.snd.iss, c.snd.una, c.snd.nxt = floor, floor, floor
	}
}

// Reopen makes the connection that takes the place of old, which is in TIME-WAIT and whose Reopens has said so of h. It
// returns nil when the application has not accepted what stands already. There is no cookie here, and none is needed: there
// is a true connection in TIME-WAIT for each.
func (l *Listener) Reopen(g *Config, e Endpoints, now time.Duration, h *header.TCP, old *Conn) *Conn {
	if l.crowded() {
		l.count(SYNsDropped)
		return nil
	}
	l.count(TimeWaitsReopened)
	c := l.begin(g, e, now, h)
	c.Follow(old)
	return c
}

// Replace puts c into the table in the place of old, which is between the same ends, and says whether old was there. What has
// happened to old is counted now.
func (t *Table) Replace(old, c *Conn) bool {
	key := pairOf(c.local, c.remote)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conns[key] != old {
		return false
	}
	t.conns[key] = c
	t.ended.Add(&old.counts)
	old.counts = Counts{} // it may come back, or not
	return true
}

// Outlived says that a connection in TIME-WAIT may make room for one that this side opens: both send timestamps, and the wait
// began a second ago at least, so that whatever the new one sends is newer than all that the old one has sent (RFC 6191
// has the same reason for the other side's SYN).
func (c *Conn) Outlived(now time.Duration) bool {
	return c.state == TimeWait && c.options.stamps.agreed && now-(c.timers[timerTimeWait]-2*c.config.msl()) >= time.Second
}
