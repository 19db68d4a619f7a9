//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// size is how large a packet the way to the peer takes (RFC 1191): at first as large as its first cable does, or as is
// known of it from others; less when a router says so, or when nothing that large arrives. All are lengths of IP
// packets, in bytes.
type size struct {
	mtu   int // the largest that is sent
	cable int // the largest that the first cable takes
	mss   int // the largest payload that both sides can receive, whatever the way takes
	top   int // the largest that may ever be sent: cable and mss leave it room

	// proved is the largest that is known to have arrived, and proving one that is larger and under way: it is proved
	// when all before proof is acknowledged.
	proved, proving int
	proof           header.Seq

	// doubtful is what a router has said although larger packets have arrived, about what began at about; 0: none has.
	// It is believed when what it is about does not arrive (RFC 5927 7.2).
	doubtful int
	about    header.Seq

	search search
}

const (
	headersLen = header.IPv4Len + header.TCPLen

	// MinPathMTU is the least that a router's word, or a black hole, brings the size of packets down to, in bytes. RFC
	// 1191 3 asks for 68 at least. But every packet has the same price in headers and work, and whoever could make them
	// that small could make us send twenty times as many. It is what Linux takes: 512 bytes of payload. A way that
	// takes less is not used.
	MinPathMTU = 552
)

// setUpSize begins with what is known of the way.
func (c *Conn) setUpSize(e Endpoints) {
	z := &c.path.size
	z.cable, z.mtu = e.MTU, e.MTU
	if e.PathMTU > 0 {
		z.mtu = min(e.PathMTU, e.MTU)
	}
}

// agreeMSS takes the MSS that both sides can receive.
func (c *Conn) agreeMSS() {
	z := &c.path.size
	z.mss = c.mss
	z.top = min(z.cable, z.mss+headersLen)
	z.mtu = min(z.mtu, z.mss+headersLen)
	z.search.high = z.mtu
	c.mss = c.mssFor(z.mtu)
}

// mssFor is the largest payload of a segment whose packet has mtu bytes: the smaller of what the peer can receive and
// the way takes, less the options that every segment bears (RFC 9293 3.7.1, MUST-16).
func (c *Conn) mssFor(mtu int) int {
	return max(1, min(c.path.size.mss, mtu-headersLen)-c.fixedOptions())
}

// PathMTU returns the largest packet that the connection sends, in bytes, headers and all.
func (c *Conn) PathMTU() int { return c.path.size.mtu }

// TooBig tells the connection what a router has said of its packet that began at the sequence number seq: that it is
// longer than the router's cable takes, which is mtu bytes (RFC 1191 4). Anybody can say so; it is believed as far as
// RFC 5927 7 goes. Then what is under way and too long goes out again in smaller pieces: that is no sign of congestion
// (RFC 1191 6.5).
func (c *Conn) TooBig(now time.Duration, seq header.Seq, mtu int) {
	z := &c.path.size
	mtu = max(mtu, MinPathMTU)
	switch {
	case c.sent.empty() || seq.Before(c.snd.una) || !seq.Before(c.snd.nxt): // empty: or over, and the numbers are what they were
		c.count(TooBigIgnored) // about nothing that is under way: old, or a guess
	case c.opening() || mtu >= c.PathMTU():
		c.count(TooBigIgnored) // about what is not that long, or not any more
	case mtu < z.proved:
		// Longer packets have arrived. The way may have changed; or somebody who guesses well wants us to send many
		// small ones. If it is true, what the news is about does not arrive.
		c.count(TooBigDoubted)
		if z.doubtful == 0 {
			z.doubtful, z.about = mtu, seq
		}
		z.doubtful = min(z.doubtful, mtu)
	default:
		c.count(TooBigBelieved)
		c.narrow(now, mtu)
	}
}

// narrow brings the size of packets down because a router has said so, and lets the owner know. What is too long goes
// out again.
func (c *Conn) narrow(now time.Duration, mtu int) {
	c.resize(mtu)
	c.path.size.search.rest(now, mtu)
	if c.config.PathMTU != nil {
		c.config.PathMTU(c, mtu)
	}
	q := &c.sent
	for i := q.oldest(); i != none; i = q.at(i).order.next {
		if e := q.at(i); e.len() > c.mss && !e.is(markLost|markSacked) {
			q.lose(i)
		}
	}
	c.unblamed()
	c.restartRetransmit(now)
}

// resize changes the size of packets.
func (c *Conn) resize(mtu int) {
	z := &c.path.size
	z.mtu, z.doubtful, z.proving = mtu, 0, 0
	z.proved = min(z.proved, mtu)
	z.search.abandon()
	c.mss = c.mssFor(mtu)
	w := &c.congestion.window
	w.MSS = c.mss
	w.Cwnd, w.Ssthresh = max(w.Cwnd, c.mss), max(w.Ssthresh, 2*c.mss) // what a window has room for at least
}

// sizeKnown says whether there is nothing to learn from the size of what goes out: it is known that the largest arrives.
func (c *Conn) sizeKnown() bool {
	z := &c.path.size
	return z.mtu <= z.proved && z.search.size == 0
}

// sized notes that data goes out, in a packet or several.
func (c *Conn) sized(now time.Duration, s *Segment, fresh bool) {
	z := &c.path.size
	if p := &z.search; p.size > 0 && s.Header.Seq == p.seq {
		if fresh {
			s.MSS = s.Len() // a probe is one packet
		} else {
			c.gaveUp(now)
		}
	}
	if !fresh {
		return
	}
	n := min(s.Len(), s.MSS) + s.Header.Len() + header.IPv4Len
	if z.proving == 0 && n > z.proved {
		z.proving, z.proof = n, s.Header.Seq.Add(min(s.Len(), s.MSS))
	}
}

// sizes takes what an ACK says of sizes.
func (c *Conn) sizes(now time.Duration) {
	z := &c.path.size
	if z.proving > 0 && z.proof.AtMost(c.snd.una) {
		z.proved, z.proving = max(z.proved, z.proving), 0
	}
	if z.doubtful > 0 && z.about.Before(c.snd.una) {
		z.doubtful = 0 // it has arrived: the news was false
	}
	c.searched(now)
}

// tooLong is asked when the retransmission timer goes off whether it was the size of the packets, and not congestion.
// It returns whether the size has come down.
func (c *Conn) tooLong(now time.Duration) bool {
	z := &c.path.size
	if q := &c.sent; !c.tooLarge(now, q.at(q.oldest())) {
		z.search.abandon()
	}
	if z.doubtful > 0 {
		c.count(TooBigBelieved)
		c.narrow(now, z.doubtful)
		return true
	}
	return c.blackHole(now)
}

// unblamed keeps what is marked as lost now from being taken for a sign of congestion: duplicate ACKs of what is under
// way are no news.
func (c *Conn) unblamed() { c.recovery.recover = c.snd.nxt }
