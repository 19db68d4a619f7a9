//go:build !before4

package tcp

import (
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Acceptable is the test of RFC 9293 3.4, in the order of its table: of the length places that begin at seq, does the first or
// the last lie in the window of wnd places that begin at nxt? An empty segment has its own place only. When the window is
// closed, only an empty segment at its edge is acceptable.
func Acceptable(nxt header.Seq, wnd int, seq header.Seq, length int) bool {
	switch {
	case length == 0 && wnd == 0:
		return seq == nxt
	case length == 0:
		return seq.In(nxt, wnd)
	case wnd == 0:
		return false
	}
	return seq.In(nxt, wnd) || seq.Add(length-1).In(nxt, wnd)
}

// Arrive is handed a segment of this connection whose checksum is good (RFC 9293 3.10.7, SEGMENT ARRIVES). The payload
// lies in the memory of of, which the connection retains when it keeps the payload. tos is the type-of-service byte of the
// packet it came in: DSCP, and ECN in the two lowest bits.
func (c *Conn) Arrive(now time.Duration, h *header.TCP, payload []byte, of buffer.Holder, tos uint8) {
	now = c.notBefore(now)
	c.count(SegmentsIn)
	switch c.state {
	case Closed: // 3.10.7.1 is for segments without a connection: see Reset
		c.count(AfterTheEnd)
	case SynSent:
		c.arriveSynSent(now, h, payload, of)
	default:
		c.arriveOtherwise(now, h, payload, of, tos)
	}
}

// arriveSynSent is RFC 9293 3.10.7.3: we have sent a SYN, and an answer to it is all we expect.
func (c *Conn) arriveSynSent(now time.Duration, h *header.TCP, payload []byte, of buffer.Holder) {
	// First, the ACK: it must acknowledge our SYN, and no more than that.
	acks := h.Flags.Has(header.ACK)
	if acks && (h.Ack.AtMost(c.snd.iss) || c.snd.nxt.Before(h.Ack)) {
		c.count(ForeignAnswers)
		if !h.Flags.Has(header.RST) {
			c.refuse(h.Ack)
		}
		return
	}
	// Second, the RST: only one that acknowledges our SYN comes from somebody who saw it.
	if h.Flags.Has(header.RST) {
		if !acks {
			c.count(ResetsIgnored)
			return
		}
		c.count(ResetsIn)
		c.fail(syscall.ECONNREFUSED)
		return
	}
	// Third, security and precedence: no longer (RFC 9293 A.1).
	// Fourth, the SYN.
	if !h.Flags.Has(header.SYN) {
		c.count(NotASYN)
		return
	}
	c.heardSYN(now, h)
	if !acks {
		// Both sides open at once (RFC 9293 3.5, figure 7; MUST-10): the SYN goes out again, now with an ACK. What came with the
		// peer's is not kept: our ACK does not cover it, and it will come again.
		c.sent.loseAll(now)
		c.become(SynReceived)
		return
	}
	c.heard = now
	c.acknowledged(now, h.Ack)
	c.established(h)
	c.ackNow = true
	// Fifth: with what else there is it goes on at the sixth check of 3.10.7.4. The SYN's own place comes before the payload.
	c.heardUrgent(h)
	c.text(now, h.Seq.Add(1), payload, of)
	c.fin(now, h, h.Seq.Add(1), len(payload))
}

// arriveOtherwise is RFC 9293 3.10.7.4: the peer's numbering is known. The checks bear the RFC's numbers, and what a check does
// in which state is in a function of its own where that is more than a line. The RFC assumes that what lies outside the window
// has been cut off before; here the seventh check does that to the payload, and the others look at what they need.
func (c *Conn) arriveOtherwise(now time.Duration, h *header.TCP, payload []byte, of buffer.Holder, tos uint8) {
	// Before all, the timestamp: what is too old to be true is no part of this connection any more (RFC 7323 5.3, R1).
	length := space(h.Flags, len(payload))
	if !c.timestamp(now, h, length) {
		return
	}

	// First, the sequence number: something of the segment must lie in the window. What does not is answered by an ACK
	// that says where the window is, or the two sides would never find each other again. To a closed window nothing can
	// come, but what begins at its edge may still bring an ACK or a RST (MUST-66).
	if c.state == SynReceived && h.Flags&(header.SYN|header.ACK) == header.SYN && h.Seq == c.rcv.irs {
		c.noteTimestamp(now, h)
		c.repeatSYN(h)
		return
	}
	if c.crosses(h) {
		c.arriveACK(now, h, length)
		c.ackNow = true // the peer may hold to the check, and wait for an ACK that is acceptable
		return
	}
	if !c.config.acceptable(c.rcv.nxt, c.rcv.wnd, h.Seq, length) && !(c.rcv.wnd == 0 && h.Seq == c.rcv.nxt) {
		c.unacceptable(now, h, length)
		return
	}

	// Second, the RST: it counts only at the very place that comes next. Elsewhere in the window anybody may have guessed
	// it, and a challenge ACK makes a true peer repeat it at the right place (RFC 5961 3.2).
	if h.Flags.Has(header.RST) {
		if h.Seq != c.rcv.nxt {
			c.count(ResetsDoubted)
			c.challenge(now)
			return
		}
		if c.assassination() {
			return
		}
		c.arriveReset()
		return
	}

	// Third, security: no longer (RFC 9293 A.1).
	// Fourth, the SYN: in a connection that has begun it means nothing good. A challenge ACK lets a peer that has lost its
	// memory reset us (RFC 5961 4.2).
	if h.Flags.Has(header.SYN) {
		if c.state == SynReceived && c.passive {
			c.become(Closed) // back to LISTEN: the listener is still there
			return
		}
		c.count(SYNsDoubted)
		c.challenge(now)
		return
	}

	// Fifth, the ACK.
	if !h.Flags.Has(header.ACK) {
		c.count(WithoutACK)
		return
	}
	if !c.arriveACK(now, h, length) {
		return
	}
	c.noteTimestamp(now, h)
	c.heardTOS(now, h, len(payload), tos)
	c.measureSegment(h.Flags, len(payload))

	// Sixth, the urgent pointer; seventh, the payload; eighth, the FIN.
	c.heardUrgent(h)
	c.text(now, h.Seq, payload, of)
	c.fin(now, h, h.Seq, len(payload))
}

// repeatSYN answers the SYN that has begun the connection, when it comes again: the peer has not heard ours, which goes out once
// more, and in it the ACK that an old segment asks for. What the peer's brings besides may lie in the window; the SYN does not.
func (c *Conn) repeatSYN(h *header.TCP) {
	c.count(OutOfWindow)
	c.agreeECN(h)
	if !c.sent.empty() { // else it is about to go out
		c.sent.lose(c.sent.oldest())
	}
}

// crosses says whether a segment is the peer's SYN,ACK when both have opened at once. It begins where the peer's SYN did, left of
// the window, and is not acceptable; and yet its ACK is the one that both wait for (RFC 9293 3.5, figure 7, line 6; MUST-10).
func (c *Conn) crosses(h *header.TCP) bool {
	return c.state == SynReceived && !c.passive && h.Seq == c.rcv.irs &&
		h.Flags&(header.SYN|header.ACK|header.RST) == header.SYN|header.ACK &&
		c.snd.una.Before(h.Ack) && h.Ack.AtMost(c.snd.nxt)
}

// unacceptable answers a segment of which nothing lies in the window.
func (c *Conn) unacceptable(now time.Duration, h *header.TCP, length int) {
	if h.Flags.Has(header.RST) {
		c.count(ResetsIgnored)
		return
	}
	c.count(OutOfWindow)
	if c.probes(h, length) && !c.arriveACK(now, h, length) {
		return
	}
	if c.state == TimeWait && h.Flags.Has(header.FIN) {
		c.finAgain(now) // our last ACK was lost: RFC 9293 3.10.7.4, eighth check
	}
	if length == 0 || h.Flags.Has(header.SYN) {
		// Two sides that have lost each other's numbers would answer each other's answers for ever (RFC 5961 7); and a SYN is
		// as doubtful here as in the window (RFC 5961 4.2).
		c.challenge(now)
		return
	}
	c.heardTwice(h.Seq, length)
	c.ackNow = true
}

// probes says whether a segment is, or may be, a probe of our window that has arrived before: the byte just before the next
// one, or the one before that with the FIN behind it. Its ACK counts although it is not acceptable. When both sides have
// probed each other's window at once, and both probes were taken and both ACKs lost, all that either side sends from then
// on begins where its probe did: if neither heeded the other's ACK they would not find each other again
// (draft-gont-tcpm-tcp-seq-validation 3.3, to which RFC 9293 3.10.7.4 refers).
func (c *Conn) probes(h *header.TCP, length int) bool {
	old := c.rcv.nxt.Sub(h.Seq)
	return c.state > SynReceived && h.Flags&(header.ACK|header.SYN) == header.ACK && 0 < old && length <= old && old <= 2
}

// arriveReset is the second check's list of states.
func (c *Conn) arriveReset() {
	c.count(ResetsIn)
	switch c.state {
	case SynReceived:
		if c.passive {
			c.become(Closed) // back to LISTEN, without a word to the application
			return
		}
		c.fail(syscall.ECONNREFUSED)
	case Established, FinWait1, FinWait2, CloseWait:
		c.count(ConnectionsReset)
		c.fail(syscall.ECONNRESET)
	default: // CLOSING, LAST-ACK, TIME-WAIT: all has been said
		c.become(Closed)
	}
}

// arriveACK is the fifth check. It returns false when the rest of the segment is to be dropped.
func (c *Conn) arriveACK(now time.Duration, h *header.TCP, length int) bool {
	if c.state == SynReceived {
		if !(c.snd.una.Before(h.Ack) && h.Ack.AtMost(c.snd.nxt)) {
			c.count(ForeignAnswers)
			c.refuse(h.Ack)
			return false
		}
		c.heard = now
		c.acknowledged(now, h.Ack)
		c.established(h)
		return true
	}
	if c.snd.nxt.Before(h.Ack) || c.tooOld(h.Ack) { // acknowledges what was never sent, or what nobody remembers
		c.count(ACKsDoubted)
		c.challenge(now)
		return false
	}
	c.heard = now
	if h.Ack != c.snd.una || !c.sent.empty() || c.tells(h) { // else the peer only sends, and its ACKs are no news
		c.heardBlocks(now, h)
		if h.Ack.Before(c.snd.una) {
			c.count(OldACKs)
		}
		if c.snd.una.Before(h.Ack) {
			c.acknowledged(now, h.Ack)
		} else {
			c.duplicate(now, h, length) // RFC 5681 2: before the window is updated
		}
		c.judge(now)
	}
	// The window, but only from a segment that is not older than the one that told it last: SND.WL1 and SND.WL2.
	if c.snd.una.AtMost(h.Ack) && (c.snd.wl1.Before(h.Seq) || c.snd.wl1 == h.Seq && c.snd.wl2.AtMost(h.Ack)) {
		c.snd.wl1, c.snd.wl2 = h.Seq, h.Ack
		if wnd := c.windowOf(h); wnd != c.snd.wnd {
			c.windowUpdate(now, wnd)
		}
	}
	return c.finAcknowledged(now)
}

// acknowledged moves snd.una on to ack.
func (c *Conn) acknowledged(now time.Duration, ack header.Seq) {
	c.forget(ack)
	acked := ack.Sub(c.snd.una)
	c.snd.una = ack
	at, sample := c.acknowledge(now, ack)
	rtt := now - at
	if !sample { // something was sent twice, and the ACK answers either (Karn): the peer may say which
		rtt, sample = c.echoed(now)
	}
	if sample {
		c.count(RTTSamples)
		c.measured(rtt)
		c.retry.backoff = 0
		c.retry.syn = false
	}
	c.retry.times = 0
	c.retry.since = now
	c.advanced(now, acked, rtt, sample)
	if !c.impatient() {
		c.restartRetransmit(now)
	}
}
