//go:build !before9

package tcp

// prr is Proportional Rate Reduction (RFC 9937): while the window is on its way down to ssthresh, what goes out is in
// proportion to what the peer says has arrived, so that there is neither a pause nor a burst. The names are the RFC's.
type prr struct {
	delivered int // how many sequence numbers have arrived since it began: prr_delivered
	out       int // … and have gone out: prr_out
	recoverFS int // how many were under way when it began
}

// outstanding is how many sequence numbers were under way before the ACK that is being worked off: sent, and not known to
// have arrived. What limited transmit has sent stands for what has arrived meanwhile.
func (c *Conn) outstanding() int {
	return c.unknown() - c.recovery.dupSpace + c.recovery.news.delivered
}

// pace sets the congestion window for what an ACK says (RFC 9937 6.2).
func (c *Conn) pace() {
	p, n, w := &c.recovery.prr, &c.recovery.news, &c.congestion.window
	delivered := n.delivered
	if !c.options.report.agreed {
		// Without SACK it is guessed from duplicate ACKs, which anybody can send too many of: no more than RecoverFS, and as
		// much again with each partial ACK, for then a round trip has gone by. RFC 9937 6.2 has it once, and a recovery of
		// several round trips run dry.
		delivered = min(delivered, max(0, p.recoverFS*(1+c.recovery.partial)-p.delivered))
	}
	if delivered == 0 && p.out > 0 {
		return
	}
	p.delivered += delivered
	pipe := c.pipe()
	var sndcnt int
	if pipe > w.Ssthresh {
		sndcnt = (p.delivered*w.Ssthresh+p.recoverFS-1)/p.recoverFS - p.out
	} else {
		sndcnt = max(p.delivered-p.out, delivered) // the conservative bound: a packet for a packet
		if n.acked > 0 && !n.lost {
			sndcnt += w.MSS // the slow-start bound: the recovery makes progress (safeACK)
		}
		sndcnt = min(w.Ssthresh-pipe, sndcnt)
	}
	if p.out == 0 && c.sent.lostSpace > 0 {
		sndcnt = max(sndcnt, w.MSS) // the first retransmission does not wait
	}
	w.Cwnd = max(pipe+max(sndcnt, 0), w.MSS)
}
