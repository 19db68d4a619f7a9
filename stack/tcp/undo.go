//go:build !before9

package tcp

import "time"

// undo is what it takes to take a reduction back that was made for nothing: what was taken for lost was only late.
type undo struct {
	possible bool
	timeout  bool          // it was the retransmission timer that reduced
	judged   bool          // the first ACK of something new since has been looked at
	window   Window        // before
	first    time.Duration // when something was first sent again since; 0: nothing has been
	space    int           // how many sequence numbers have been sent again since that D-SACK has not told to have been in vain

	repeats, told uint64 // segments that were sent again in all, and D-SACK blocks that were believed
}

// undoer is a Controller that can take back what Lost or Timeout told it last.
type undoer interface{ Undo() }

// mayUndo remembers how things were before a reduction. One that is made while something is still being repaired can't be
// undone.
func (c *Conn) mayUndo(timeout bool) {
	u := &c.recovery.undo
	*u = undo{possible: c.recovery.phase == calm, timeout: timeout, window: c.congestion.window, repeats: u.repeats, told: u.told}
}

// repeated notes that n sequence numbers go out again.
func (u *undo) repeated(now time.Duration, n int) {
	u.repeats++
	if u.first == 0 {
		u.first = now
	}
	u.space += n
}

// unneeded notes that D-SACK has told of n sequence numbers that they were sent again in vain.
func (u *undo) unneeded(n int) {
	if u.space > 0 {
		if u.space -= n; u.space <= 0 {
			u.space = -1 // all of it
		}
	}
}

// tryUndo takes back a reduction that has turned out to be unfounded: because D-SACK has told of all that was sent again
// that it arrived twice (RFC 3708), or because the first ACK of something new answers what was sent before anything was sent
// again, as its timestamp shows (Eifel: RFC 3522 for the detection, 4015 for the response). F-RTO is not needed beside
// those.
func (c *Conn) tryUndo() {
	r, u, n := &c.recovery, &c.recovery.undo, &c.recovery.news
	if !u.possible || u.first == 0 {
		return
	}
	all := u.space < 0
	if n.acked > 0 && !all {
		if r.phase >= repairing && !u.judged {
			all = c.echoesOlder(u.first)
		}
		u.judged = true // only the first such ACK counts
	}
	if !all {
		return
	}
	u.possible = false
	if u.timeout {
		c.count(SpuriousTimeouts)
	} else {
		c.count(SpuriousRecoveries)
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
