//go:build !before4

package tcp

import (
	"net/netip"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Conn is one end of one connection: the record that RFC 9293 3.3.1 calls the transmission control block. It is made by
// [Open] or by a [Listener], and is over when its state is Closed.
//
// Whoever owns it hands it what happens (Arrive, Write, Read, Close, Abort, Timeout), then asks it for segments to send
// with Next until there are none, then looks at Deadline to know when to call Timeout. It is not safe for concurrent
// use: the owner has the lock.
type Conn struct {
	config *Config
	owner  any

	state         State
	passive       bool // opened from LISTEN (RFC 9293 3.10.7.4, second check; MUST-11)
	local, remote netip.AddrPort
	err           error // why it ended, when not by an orderly close

	// The names are the RFC's.
	snd struct {
		una header.Seq // sent and not acknowledged: the oldest
		nxt header.Seq // the next to be sent
		wnd int        // how much the peer can receive, in bytes, counted from una
		wl1 header.Seq // sequence number of the segment that last updated wnd
		wl2 header.Seq // … and its ACK number
		iss header.Seq // initial sequence number
	}
	rcv struct {
		nxt header.Seq // the next expected
		wnd int        // how much we have offered to receive, in bytes, counted from nxt
		irs header.Seq // the peer's initial sequence number
	}
	mss    int // the largest payload of a segment to the peer, in bytes
	rcvMSS int // the largest that we said we can receive

	sent   sentQueue
	timers timers
	retry  retrying
	now    time.Duration // the latest time that it has been told
	heard  time.Duration // when the last acceptable ACK arrived
	ackNow bool          // an ACK has to go out even if nothing else does
	rst    struct {
		due bool // a RST has to go out before anything else
		seq header.Seq
	}

	send    *buffer.Queue // what the application wrote and the peer has not acknowledged
	receive *buffer.Chain // what arrived in order and the application has not read

	counts     Counts     // what has happened to it
	stream     stream     // data: chapter 5
	urgent     urgent     // … that should be looked at first: chapter 5
	closing    closing    // FIN: chapter 6
	vigil      vigil      // is the peer still there: chapter 6
	news       news       // what the network has told: chapter 7
	options    options    // what both sides have agreed on: chapter 9
	path       path       // how large a packet the network takes, and its congestion marks: chapter 9
	congestion congestion // how much the network takes: chapter 9
	recovery   recovery   // what it has lost: chapter 9
	defence    defence    // against those who are no part of it: chapter 10
}

// Endpoints is who a connection is between, and the memory it may use.
type Endpoints struct {
	Local, Remote netip.AddrPort
	Send          *buffer.Queue
	Receive       *buffer.Chain
	// MTU is the largest IP packet that the way to the peer takes, in bytes.
	MTU int
	// SegmentMax is the largest payload of one segment that the parts below cut to size, in bytes; 0: they cut none.
	SegmentMax int
	// PathMTU is MTU when more is known of the way than its first cable, in bytes; 0: it is not.
	PathMTU int
	// TOS and TTL are what Conn.SetTOS and Conn.SetTTL set, from chapter 9 on.
	TOS, TTL uint8
	// Owner is whatever the caller wants to find again when it is handed the connection.
	Owner any
}

func newConn(g *Config, e Endpoints) *Conn {
	c := &Conn{config: g, owner: e.Owner, local: e.Local, remote: e.Remote, send: e.Send, receive: e.Receive}
	// The MSS counts neither the IP header nor the TCP header, both without options (RFC 9293 3.7.1, MUST-67; RFC 6691).
	c.rcvMSS = e.MTU - header.IPv4Len - header.TCPLen
	c.mss = min(defaultMSS, c.rcvMSS)
	c.rcv.wnd = min(c.receive.Space(), maxWindow) // a SYN is never scaled
	c.setUpStream(e)
	c.setUpPath(e)
	c.setUpOptions()
	return c
}

const (
	defaultMSS = 536   // what a peer that says nothing can receive (RFC 9293 3.7.1, MUST-15)
	maxWindow  = 65535 // what the window field holds, unscaled
)

// State returns how far the connection has got.
func (c *Conn) State() State { return c.state }

// Local and Remote return the two ends.
func (c *Conn) Local() netip.AddrPort  { return c.local }
func (c *Conn) Remote() netip.AddrPort { return c.remote }

// Owner returns what the connection was made with.
func (c *Conn) Owner() any { return c.owner }

// SetOwner changes it.
func (c *Conn) SetOwner(owner any) { c.owner = owner }

// Err returns why the connection ended or could not be opened, a syscall.Errno, or nil after an orderly close.
func (c *Conn) Err() error { return c.err }

// become is the one place where the state changes.
func (c *Conn) become(next State) {
	from := c.state
	if from == next {
		return
	}
	c.state = next
	c.countState(from, next)
	if next == Closed {
		c.timers = timers{}
		c.sent = sentQueue{}
		c.letGo()
	}
	if c.config.Transition != nil {
		c.config.Transition(c, from, next)
	}
}

// countState counts what a change of state means.
func (c *Conn) countState(from, next State) {
	switch {
	case next == SynSent:
		c.count(ActiveOpens)
	case next == SynReceived && from == Listen:
		c.count(PassiveOpens)
	case next == SynReceived:
		c.count(SimultaneousOpens)
	case next == Closed && (from == SynSent || from == SynReceived):
		c.count(AttemptsFailed)
	case next == TimeWait:
		c.count(TimeWaits)
	}
}

// fail ends the connection, for the reason given.
func (c *Conn) fail(err error) {
	c.err = err
	c.become(Closed)
}

// Abort ends the connection at once: what is queued is thrown away, and the peer is told by a RST (RFC 9293 3.10.5). Whoever
// still reads or writes learns that by ECONNRESET.
func (c *Conn) Abort() {
	switch c.state {
	case Closed:
	case SynSent:
		c.fail(syscall.ECONNRESET) // nobody to tell
	case Closing, LastAck, TimeWait:
		// All has been said, and nobody is told: so the RFC, in which these states begin when our FIN goes out. Here it may
		// still wait, behind data that is thrown away now.
		if c.state != TimeWait && c.finSent() == 0 {
			c.reset()
		}
		c.become(Closed)
	default:
		c.reset()
	}
}

// reset ends the connection and tells the peer. The RST stands where an ACK would: snd.nxt, says the RFC, but a probe may have
// gone out behind the peer's window, and there the peer would not heed it.
func (c *Conn) reset() {
	c.refuse(c.ackPlace())
	c.count(Aborts)
	if !c.opening() {
		c.count(ConnectionsReset)
	}
	c.fail(syscall.ECONNRESET)
}

// refuse has a RST sent with the given sequence number.
func (c *Conn) refuse(seq header.Seq) { c.rst.due, c.rst.seq = true, seq }

// notBefore is the time, for a connection that may have been told of a later one already: of two who look at the clock and then
// wait for the lock, the second may get it first. If time went back with them, so would the timestamps, and the peer would
// take the segments for old ones (PAWS: RFC 7323 5.3); and what was sent would arrive before it was.
func (c *Conn) notBefore(now time.Duration) time.Duration {
	c.now = max(c.now, now)
	return c.now
}

// Timeout is told the time, and does what is due.
func (c *Conn) Timeout(now time.Duration) {
	now = c.notBefore(now)
	for {
		kind, due := c.timers.due(now)
		if !due {
			return
		}
		c.timers.stop(kind)
		switch kind {
		case timerReorder:
			c.reorderTimeout(now)
		case timerProbe:
			c.probeTimeout(now)
		case timerRetransmit:
			c.retransmitTimeout(now)
		case timerPersist:
			c.persistTimeout(now)
		case timerDelayedACK:
			c.ackNow = true
			c.count(DelayedACKs)
		case timerKeepAlive:
			c.keepAliveTimeout(now)
		case timerTimeWait:
			c.become(Closed) // RFC 9293 3.10.8
		}
	}
}

// Deadline returns when Timeout wants to be called, or false if nothing is waited for.
func (c *Conn) Deadline() (time.Duration, bool) { return c.timers.next() }
