//go:build !before5

package tcp

import (
	"io"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// stream is what a connection knows of the data it carries, in both directions.
type stream struct {
	// Sending.
	estimator  Estimator
	minRTT     time.Duration // the shortest round trip measured; 0: none
	segmentMax int           // the largest payload handed down in one segment, in bytes
	largestWnd int           // the largest window the peer has ever offered
	noDelay    bool          // no Nagle: small segments go out at once
	override   bool          // the persist timer has gone off: send what there is, one byte at least

	// Receiving.
	lastData time.Duration // when data last arrived in order; 0: never
	unacked  int           // bytes that arrived in order since our last ACK
	told     header.Seq    // the right edge of the window, as the peer was last told
	held     []heldSegment
	early    int // segments that came too early since our last ACK: a peer that counts ACKs wants one for each (RFC 5681 4.2)
}

// segmentTop is the largest payload handed down in one segment: the most that an IP packet holds, in round numbers.
const segmentTop = 64240

func (c *Conn) setUpStream(e Endpoints) {
	c.stream.segmentMax = min(e.SegmentMax, segmentTop)
	if c.config.NewEstimator != nil {
		c.stream.estimator = c.config.NewEstimator()
	} else {
		c.stream.estimator = new(rtoEstimator)
	}
}

// Write queues what there is room for of p, and returns how many bytes that was (RFC 9293 3.10.2, SEND). An error says
// that nothing can be sent any more: EPIPE after Close, or what ended the connection.
func (c *Conn) Write(p []byte) (int, error) {
	switch c.state {
	case SynSent, SynReceived, Established, CloseWait:
		c.growSend()
		return c.send.Write(p), nil
	case Closed:
		if c.err != nil {
			return 0, c.err
		}
	}
	return 0, syscall.EPIPE
}

// Read takes up to len(p) bytes of what has arrived in order (RFC 9293 3.10.3, RECEIVE). io.EOF says that the peer has
// closed and all it sent has been read; another error, that the connection has ended in another way. 0, nil means that
// there is nothing yet.
func (c *Conn) Read(p []byte) (int, error) {
	if n := c.receive.Read(p); n > 0 {
		c.urgent.readOn(n)
		c.offer()
		return n, nil
	}
	if c.readEnds() {
		return 0, io.EOF
	}
	switch c.state {
	case SynSent, SynReceived, Established, FinWait1, FinWait2:
		return 0, nil
	case Closed:
		if c.err != nil {
			return 0, c.err
		}
	}
	return 0, io.EOF
}

// SetNoDelay turns Nagle's algorithm off, or on again (RFC 9293 3.7.4, MUST-17).
func (c *Conn) SetNoDelay(off bool) { c.stream.noDelay = off }

// nextText gives the next segment of new data, as far as the peer's window and good manners allow, and the FIN behind
// the last.
func (c *Conn) nextText(now time.Duration, s *Segment) bool {
	switch c.state {
	case Established, CloseWait, FinWait1, Closing, LastAck:
	default:
		return false
	}
	c.restartIdle(now)
	offset := c.inFlight()
	pending := c.send.Len() - offset
	usable := c.snd.una.Add(c.snd.wnd).Sub(c.snd.nxt) // negative when the peer has shrunk its window (RFC 9293 3.8.6, MUST-34)
	n := max(0, min(pending, usable))
	n = c.throttle(n)
	if pending == 0 && !c.finWaits() {
		return false
	}
	full := c.payload()
	if probe := c.larger(now, n, pending); probe > 0 {
		n = probe
	} else {
		limit := c.largest(full)
		if c.urging() {
			limit = full // each packet points for itself
		}
		n = min(n, limit)
		if n > full && n < pending {
			n -= n % full // whole packets, as long as there is more to come
		}
	}
	// The FIN needs a place in the window too, except where it asks, like a probe, whether that is open.
	fin := c.finDue(n == pending && (n < usable || n == 0 && c.sent.empty()))
	if !fin && n < full && !c.worthSending(now, n, pending, full) {
		return false
	}
	if n == 0 && pending > 0 {
		n = 1 // a probe of a closed window (RFC 9293 3.8.6.1)
		c.count(WindowProbes)
	}
	c.stream.override = false
	c.timers.stop(timerPersist)

	c.fill(s, header.ACK, c.snd.nxt)
	s.MSS = full
	s.Body[0], s.Body[1] = c.send.Peek(offset, n)
	if n > 0 && n == pending {
		s.Header.Flags |= header.PSH // it empties the buffer (RFC 9293 3.9.1.2, MUST-61)
	}
	if fin {
		s.Header.Flags |= header.FIN
	}
	c.acked()
	c.track(now, s)
	return true
}

// largest is the largest payload of a segment, of packets that hold full bytes each: more than one where the parts below
// cut it.
func (c *Conn) largest(full int) int {
	if c.stream.segmentMax <= full {
		return full // a division less for every segment
	}
	return c.stream.segmentMax - c.stream.segmentMax%full
}

// inFlight is how many bytes of the send buffer are on their way: sent and not acknowledged, SYN and FIN not counted.
func (c *Conn) inFlight() int { return c.snd.nxt.Sub(c.snd.una) - c.finSent() }

// worthSending is Nagle's algorithm (RFC 9293 3.7.4) and the sender's side of silly-window avoidance (3.8.6.2.1,
// MUST-38): n bytes may go out of pending that wait, and a packet would hold more, full.
func (c *Conn) worthSending(now time.Duration, n, pending, full int) bool {
	idle := c.sent.empty()
	switch {
	case pending == 0:
		return false
	case n == pending && (idle || c.stream.noDelay || c.urging()):
		return true
	case n > 0 && n >= c.stream.largestWnd/2 && (idle || c.stream.noDelay):
		return true
	case idle && c.stream.override:
		return true
	}
	// The window is too small for anything sensible, and nothing is under way whose ACK could open it: ask, after one RTO
	// (RFC 9293 3.8.6.1, SHLD-29). From then on the retransmission timer repeats the question.
	if idle && !c.timers.running(timerPersist) {
		c.timers.start(timerPersist, now+c.rto())
	}
	return false
}

// persistTimeout lets the next segment go out, however small.
func (c *Conn) persistTimeout(time.Duration) { c.stream.override = true }

// refill builds a segment that was sent before.
func (c *Conn) refill(s *Segment, e *sentSegment) {
	c.fill(s, header.ACK|e.flags&(header.FIN|header.PSH), e.seq)
	n := e.end.Sub(e.seq)
	if e.flags.Has(header.FIN) {
		n--
	}
	if c.snd.wnd == 0 && n > 0 {
		c.count(WindowProbes)
		if n > 1 { // no more than a probe: when the window opens all of it goes out again
			n = 1
			s.Header.Flags = header.ACK
		}
	}
	s.Body[0], s.Body[1] = c.send.Peek(e.seq.Sub(c.snd.una), n)
	c.acked()
}

// forget lets go of the bytes that ack says have arrived.
func (c *Conn) forget(ack header.Seq) {
	n := ack.Sub(c.snd.una)
	if c.opening() {
		n-- // the SYN
	}
	n = min(n, c.send.Len()) // one more than there are: the FIN
	c.send.Discard(n)
	c.tally(BytesAcked, n)
}

// windowUpdate records how much the peer can receive.
func (c *Conn) windowUpdate(now time.Duration, wnd int) {
	opened := c.snd.wnd == 0 && wnd > 0
	if c.snd.wnd > 0 && wnd == 0 {
		c.count(ZeroWindowsHeard)
	}
	c.snd.wnd = wnd
	c.stream.largestWnd = max(c.stream.largestWnd, wnd)
	if opened && !c.sent.empty() {
		// What was sent while the window was closed was thrown away there. Now it will not be.
		c.sent.loseFlying()
		c.retry.times, c.retry.backoff = 0, 0 // it was not the network that kept us waiting
		c.restartRetransmit(now)
	}
}
