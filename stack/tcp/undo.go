//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// undo is what it takes to take a reduction back that was made for nothing: what was taken for lost was only late.
type undo struct {
	possible bool
	timeout  bool          // it was the retransmission timer that reduced
	judged   bool          // the first ACK of something new since has been looked at
	window   Window        // before
	first    time.Duration // when something was first sent again since; 0: nothing has been
	place    header.Seq    // … and where that begins
	space    int           // how many sequence numbers have been sent again since that D-SACK has not told to have been in vain

	// repeats are the last runs that were sent again and that no D-SACK has told of; nil: nothing ever was. Most connections
	// lose nothing, and should not have to keep room for it.
	repeats *[32]header.Block
	last    uint8 // the newest of them
}

// undoer is a Controller that can take back what Lost or Timeout told it last.
type undoer interface{ Undo() }

// mayUndo remembers how things were before a reduction. One that is made while something is still being repaired can't be
// undone.
func (c *Conn) mayUndo(timeout bool) {
	u := &c.recovery.undo
	u.possible, u.timeout, u.judged = c.recovery.phase == calm, timeout, false
	u.window, u.first, u.space = c.congestion.window, 0, 0
}

// repeated notes that what stands from seq to before end goes out again.
func (u *undo) repeated(now time.Duration, seq, end header.Seq) {
	if u.first == 0 {
		u.first, u.place = now, seq
	}
	u.space += end.Sub(seq)
	if u.repeats == nil {
		u.repeats = new([32]header.Block)
	}
	if b := &u.repeats[u.last]; b.Right == seq {
		b.Right = end
		return
	}
	u.last = (u.last + 1) % uint8(len(u.repeats))
	u.repeats[u.last] = header.Block{Left: seq, Right: end}
}

// unneeded takes a D-SACK block, and says whether we have ourselves sent twice what it tells of: the network may double packets
// too, and such a block is no news of ours. Of what has been told the next block is not believed.
func (u *undo) unneeded(d header.Block) bool {
	if u.repeats == nil {
		return false
	}
	for i := range u.repeats {
		b := &u.repeats[i]
		if !b.Left.Before(b.Right) || d.Left.Before(b.Left) || b.Right.Before(d.Right) {
			continue
		}
		if b.Left == d.Left {
			b.Left = d.Right
		} else {
			b.Right = d.Left
		}
		if u.space > 0 {
			if u.space -= d.Right.Sub(d.Left); u.space <= 0 {
				u.space = -1 // all of it
			}
		}
		return true
	}
	return false
}

// tryUndo takes back a reduction that has turned out to be unfounded: because D-SACK has told of all that was sent again
// that it arrived twice (RFC 3708), or because the first ACK of what was sent again first answers what was sent before that, as
// its timestamp shows (Eifel: RFC 3522 for the detection, 4015 for the response). F-RTO is not needed beside
// those.
func (c *Conn) tryUndo() {
	r, u, n := &c.recovery, &c.recovery.undo, &c.recovery.news
	if !u.possible || u.first == 0 {
		return
	}
	all := u.space < 0
	// Eifel: only the first ACK counts that covers what was sent again first, and only if that is where it begins. One that begins
	// before tells when what is missing there was sent.
	if n.acked > 0 && !all && !u.judged && u.place.Before(c.snd.una) {
		all = r.phase >= repairing && !c.snd.una.Add(-n.acked).Before(u.place) && c.echoesOlder(u.first)
		u.judged = true
	}
	if !all {
		return
	}
	u.possible = false
	if u.timeout {
		c.count(SpuriousTimeouts)
	} else {
		c.count(SpuriousRecoveries)
		// As a D-SACK would tell, a round trip later. There may be none: what was late for longer may be too old by then for a peer
		// that has taken something sent again (PAWS), and comes only once.
		c.needless()
	}
	w := &c.congestion.window
	w.Cwnd, w.Ssthresh = max(w.Cwnd, u.window.Cwnd), max(w.Ssthresh, u.window.Ssthresh)
	if control, ok := c.congestion.control.(undoer); ok {
		control.Undo()
	}
	if r.phase >= repairing {
		c.sent.regain()
		c.retry.backoff = 0
		r.phase, r.atOnce = calm, false
	}
}

// echoesOlder says whether the ACK at hand, which acknowledges something new, answers what was sent before at, as its timestamp
// shows.
func (c *Conn) echoesOlder(at time.Duration) bool {
	t := &c.options.stamps
	return t.agreed && t.echo && t.heard.Echo != 0 && earlier(t.heard.Echo, c.clock(at))
}
