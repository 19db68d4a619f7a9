//go:build !before4

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Open makes a connection and begins its active open (RFC 9293 3.10.1): the first Next gives the SYN.
func Open(g *Config, e Endpoints, now time.Duration) *Conn {
	c := newConn(g, e)
	c.number(now)
	c.become(SynSent)
	return c
}

// number chooses the initial sequence number.
func (c *Conn) number(now time.Duration) {
	if choose := c.config.InitialSequence; choose != nil {
		c.snd.iss = choose(c.local, c.remote, now)
	} else {
		c.snd.iss = c.config.initialSequence(c.local, c.remote, now)
	}
	c.snd.una, c.snd.nxt = c.snd.iss, c.snd.iss
}

// syn gives the segment that opens: SYN alone in SYN-SENT, SYN and ACK in SYN-RECEIVED. The SYN takes up one sequence
// number, so that it can be acknowledged and sent again like any byte.
func (c *Conn) syn(s *Segment) bool {
	switch c.state {
	case SynSent:
		c.fill(s, header.SYN, c.snd.iss)
	case SynReceived:
		c.fill(s, header.SYN|header.ACK, c.snd.iss)
		c.acked()
	default:
		return false
	}
	// Each side says how large a segment it can receive (RFC 9293 3.7.1, MUST-14), and only here (MUST-65).
	s.Header.Options = header.AppendMSS(s.options[:0], uint16(c.rcvMSS))
	return true
}

// heardSYN records what the peer's SYN says: where its numbering begins, and how large a segment it can receive.
func (c *Conn) heardSYN(now time.Duration, h *header.TCP) {
	c.rcv.irs = h.Seq
	c.rcv.nxt = h.Seq.Add(1)
	if mss, ok := header.MSS(h.Options); ok && mss > 0 {
		c.mss = min(max(int(mss), leastMSS), c.rcvMSS) // RFC 9293 3.7.1, MUST-16
	}
	c.agreeMSS()
	c.heardOptions(now, h)
	c.agreeECN(h)
}

// leastMSS is the smallest MSS of a peer that is believed, in bytes. One that asks for a few bytes a packet has us send, and answer
// for, thousands of packets where one would do (CVE-2019-11479). It is the number that Linux takes.
const leastMSS = 48

// established is called when both sides know that their SYN arrived.
func (c *Conn) established(h *header.TCP) {
	c.snd.wl1, c.snd.wl2 = h.Seq, h.Ack
	c.retry.backoff = 0 // of the SYN: RFC 6298 5.7 begins anew, from slowRTO
	c.windowUpdate(c.heard, c.windowOf(h))
	c.beginCongestion()
	c.become(Established)
	c.closeQueued()
}
