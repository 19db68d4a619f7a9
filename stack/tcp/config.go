//go:build !before4

package tcp

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Config holds what all connections of a stack share, and the parts of the protocol that a reader may replace. The zero
// value works.
type Config struct {
	// MSL is the maximum segment lifetime: how long a segment may linger in the network. A connection stays in TIME-WAIT
	// for twice as long (RFC 9293 3.6.1, MUST-13). 0 means 30 seconds, what Linux takes; the RFC's guess was two minutes.
	MSL time.Duration

	// Rand is the source of what must not be guessed. nil means a fixed sequence, good for tests alone.
	Rand func() uint64

	// InitialSequence chooses where a connection's numbering begins. nil means as the chapter's RFC says.
	InitialSequence func(local, remote netip.AddrPort, now time.Duration) header.Seq
	// Acceptable is the acceptability test of RFC 9293 3.4: whether the first or the last of the length places that begin at
	// seq lies in the window of size wnd that begins at nxt. nil means [Acceptable].
	Acceptable func(nxt header.Seq, wnd int, seq header.Seq, length int) bool
	// NewEstimator makes the retransmission timeout's estimator of a new connection. nil means RFC 6298.
	NewEstimator func() Estimator
	// NewController makes the congestion control of a new connection, from chapter 9 on. nil means CUBIC.
	NewController func() Controller

	// ECN says whether congestion may be marked instead of told by loss (RFC 3168), from chapter 9 on.
	ECN ECNMode

	// A SYN offers window scale, selective acknowledgment and timestamps, from chapter 9 on, and each is used when the peer
	// offers it too. Each of these leaves one out.
	NoWindowScale, NoSACK, NoTimestamps bool

	// Urgent is told when urgent data becomes pending at a connection, from chapter 5 on, and whenever its end moves on.
	Urgent func(c *Conn)

	// Packets become smaller when large ones vanish without a word, and larger when a larger one is found to get through
	// (RFC 4821), from chapter 9 on. Each of these leaves one out: with NoBlackHole the size stays until a router
	// says so, with NoPathSearch it becomes after ten minutes what it was at first.
	NoBlackHole, NoPathSearch bool

	// PathMTU is told when a router's word has been believed that the way to the peer takes packets of mtu bytes and no
	// larger.
	PathMTU func(c *Conn, mtu int)

	// ReceiveMax and SendMax are how far the buffers of a connection grow, in bytes, from chapter 9 on, when it turns out to
	// need that. 0 means 4 MiB; less than [buffer.DefaultSize]: they do not grow. One whose size is set does not either.
	ReceiveMax, SendMax int
	// NoQuickACK has the ACKs of a connection's first data be delayed as all others are, from chapter 9 on.
	NoQuickACK bool

	// Doubt is told, from chapter 6 on, when a connection has sent something again R1 times in vain, a SYN as well as data: the
	// way to its peer, and first of all the next hop, may be no more (RFC 9293 3.8.3, MUST-20, MUST-22).
	Doubt func(c *Conn)
	// Transition is told when a connection goes from one state to another.
	Transition func(c *Conn, from, to State)

	// ChallengeACKs is how many challenge ACKs a connection sends in a second, from chapter 10 on (RFC 5961 7). 0 means 10.
	ChallengeACKs int
	// HalfOpen is how many connections of one listener may be in SYN-RECEIVED, from chapter 10 on. 0 means 256.
	HalfOpen int
	// Cookies says when a listener answers a SYN without keeping anything of it, from chapter 10 on (RFC 4987 3.6).
	Cookies Cookies

	secret secret // of the initial sequence numbers: chapter 10
}

// ECNMode is when a connection uses Explicit Congestion Notification.
type ECNMode uint8

const (
	// ECNAnswer uses it when the peer's SYN asks for it, and does not ask. So a client never waits longer for its connection
	// because a box on the way drops a SYN that it does not know; it is what Linux does.
	ECNAnswer ECNMode = iota
	// ECNRequest asks for it in our SYN too. A SYN that is lost goes out again without.
	ECNRequest
	// ECNOff never uses it.
	ECNOff
)

// Cookies says when a listener answers by SYN cookies.
type Cookies uint8

const (
	CookiesUnderPressure Cookies = iota // when HalfOpen connections are opening already
	CookiesAlways                       // at every SYN: to try them out
	CookiesNever                        // the connection that has been opening longest makes room for the newest (RFC 4987 3.3)
)

// Estimator turns measured round-trip times into the retransmission timeout.
type Estimator interface {
	// Sample is told one measured round-trip time.
	Sample(rtt time.Duration)
	// RTO returns the timeout, without backoff.
	RTO() time.Duration
}

// Window is how much of the network one direction of a connection may use, in bytes.
type Window struct {
	MSS      int // the largest payload of a packet
	Cwnd     int // the congestion window: how much may be under way
	Ssthresh int // below it the window grows by slow start
}

// Progress is what an ACK of something new tells a Controller.
type Progress struct {
	Now     time.Duration
	Bytes   int           // how many are known to have arrived more than before
	RTT     time.Duration // smoothed; 0: not measured yet
	Sample  time.Duration // the round trip that this ACK measured; 0: none
	Limited bool          // the window was in use: it kept something back, or nearly
	Round   bool          // the first ACK of a round trip
}

// Controller is the congestion control of one connection: it decides how the congestion window grows, and how far a loss
// takes it back. Which segments are lost, and what goes out while that is repaired, is not its business.
type Controller interface {
	// Acked is told of an ACK of something new, except while a loss is being repaired, and may open w.
	Acked(w *Window, p Progress)
	// Lost is told that a segment was lost when flight bytes were under way, and returns the new Ssthresh.
	Lost(w Window, now time.Duration, flight int) int
	// Timeout is Lost when it was the retransmission timer that told: nothing comes through any more.
	Timeout(w Window, now time.Duration, flight int) int
}

func (g *Config) msl() time.Duration {
	if g.MSL == 0 {
		return 30 * time.Second
	}
	return g.MSL
}

func (g *Config) acceptable(nxt header.Seq, wnd int, seq header.Seq, length int) bool {
	switch {
	case g.Acceptable != nil:
		return g.Acceptable(nxt, wnd, seq, length)
	case seq == nxt && length <= wnd: // what comes next, and fits: nearly all that comes
		return true
	}
	return Acceptable(nxt, wnd, seq, length)
}
