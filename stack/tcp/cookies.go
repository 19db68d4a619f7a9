//go:build !before10

package tcp

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// A SYN cookie is an initial sequence number that says by itself what the listener would otherwise have to keep (RFC 4987
// 3.6 and appendix A). The peer acknowledges it, plus one, and so brings it back:
//
//	 31   27 26 24 23                        0
//	+-------+-----+--------------------------+
//	| time  | MSS | hash + k × peer's number |
//	+-------+-----+--------------------------+
//
// The time counts in steps of cookieTick and goes round after 32. The MSS is one of cookieMSS. The rest is a hash with a
// secret key over the two ends, the time and the MSS, and added to it the peer's own initial sequence number, k times. k is
// odd and comes of the hash. Nobody who does not see our SYN,ACK can make one up but by luck, once in 2^28 tries.
//
// A true segment that is not the first, because that one was lost or overtaken, shows by the sum how many places it lies too
// far behind. Were it taken for the first by mistake, the stream would begin in its middle.
//
// Linux has no k. There an ACK that comes late, when the connection is over, begins it again if both sides have said equally
// much: both numbers have moved on by the same, and their difference is still right. Answers that echo do that.
const (
	cookieTick = 64 * time.Second
	cookieLife = 2 * cookieTick // a cookie is good for one to two ticks
	cookieTurn = 16             // so many ticks a key is used
	cookieSum  = 1<<24 - 1      // the bits of the sum
)

// cookieMSS are the sizes that a cookie knows: the largest that is not above the peer's is taken.
var cookieMSS = [8]uint16{28, 216, 536, 1220, 1400, 1440, 1460, 8960}

// cookieKeys are the secrets of one listener: the one in use, and the one before, in which a cookie may still come back.
type cookieKeys [2]struct {
	drawn bool
	turn  int64
	key   [16]byte
}

// at returns the key of a tick, or false when it is gone.
func (k *cookieKeys) at(g *Config, tick, now int64) (key [16]byte, ok bool) {
	turn := tick / cookieTurn
	e := &k[turn&1]
	if !e.drawn || e.turn != turn {
		if turn != now/cookieTurn {
			return key, false
		}
		e.drawn, e.turn = true, turn
		if g.Rand != nil {
			binary.BigEndian.PutUint64(e.key[:8], g.Rand())
			binary.BigEndian.PutUint64(e.key[8:], g.Rand())
		}
	}
	return e.key, true
}

// cookie computes the cookie of a tick, and k.
func (k *cookieKeys) cookie(g *Config, local, remote netip.AddrPort, irs header.Seq, size uint32, tick, now int64) (c header.Seq, factor uint32, ok bool) {
	key, ok := k.at(g, tick, now)
	if !ok {
		return 0, 0, false
	}
	var in [64]byte
	b := append(in[:0], key[:]...)
	b = appendEnd(b, local)
	b = appendEnd(b, remote)
	b = binary.BigEndian.AppendUint64(b, uint64(tick))
	b = append(b, byte(size))
	hash := sha256.Sum256(b)
	factor = binary.BigEndian.Uint32(hash[4:]) | 1
	return header.Seq(uint32(tick)<<27 | size<<24 | (binary.BigEndian.Uint32(hash[:])+factor*uint32(irs))&cookieSum), factor, true
}

// open returns the size that a cookie says, and how many places the segment that brings it back lies behind where the peer's
// stream begins, if its initial number were irs: 0 when it is the first. It returns false when the cookie is too old, or the
// places are more than can have been sent to the window in a SYN,ACK: then it is none of ours.
func (k *cookieKeys) open(g *Config, local, remote netip.AddrPort, irs, cookie header.Seq, now time.Duration) (size uint32, behind int, ok bool) {
	current := int64(now / cookieTick)
	size = uint32(cookie) >> 24 & 7
	tick := current - (current-int64(uint32(cookie)>>27))&31
	if tick < 0 || current-tick >= int64(cookieLife/cookieTick) {
		return 0, 0, false
	}
	want, factor, ok := k.cookie(g, local, remote, irs, size, tick, current)
	behind = int(uint32(want-cookie) * inverse(factor) & cookieSum)
	return size, behind, ok && behind <= maxWindow
}

// inverse returns the number that makes 1 of an odd n, multiplied by it modulo 2^32: each of Newton's steps makes twice as
// many of its bits right, and n itself has three.
func inverse(n uint32) uint32 {
	x := n
	for range 4 {
		x *= 2 - n*x
	}
	return x
}

// bake answers a SYN by a cookie: Next gives the SYN,ACK. It is sent once. When it is lost the peer repeats its SYN.
func (l *Listener) bake(g *Config, e Endpoints, now time.Duration, h *header.TCP) {
	peers, told := header.MSS(h.Options)
	if !told {
		peers = defaultMSS
	}
	if peers < cookieMSS[0] {
		return // no packet is so small (RFC 791 3.2)
	}
	size := uint32(len(cookieMSS) - 1)
	for cookieMSS[size] > peers {
		size--
	}
	tick := int64(now / cookieTick)
	iss, _, _ := l.flood.cookies.cookie(g, e.Local, e.Remote, h.Seq, size, tick, tick)
	f := &l.flood
	bits, stamped := crumbs(h)
	for {
		// The connection that answers lives for this one segment, and has heard only what comes back with the cookie.
		c := newConn(g, e)
		c.passive, c.state = true, SynReceived
		c.heardSYN(now, cookieSYN(h.Seq, size, h, bits, stamped))
		c.snd.iss, c.snd.una, c.snd.nxt = iss, iss, iss
		c.Next(now, &f.answer)
		if !stamped || stamp(f.answer.Header.Options, bits) {
			break
		}
		stamped = false // we send no timestamps ourselves
	}
	f.due, f.baked = true, now
	l.count(CookiesSent)
}

// Next gives the segment with which the listener answers what arrived last, without a connection. It returns false when
// there is none.
func (l *Listener) Next(s *Segment) bool {
	if !l.flood.due {
		return false
	}
	l.flood.due = false
	options := s.options[:copy(s.options[:], l.flood.answer.Header.Options)]
	from := &l.flood.answer
	s.Local, s.Remote, s.Header, s.TOS, s.TTL, s.MSS = from.Local, from.Remote, from.Header, from.TOS, from.TTL, from.MSS
	s.Body = [2][]byte{}
	s.Header.Options = options
	return true
}

// recall makes the connection that a cookie stands for, in SYN-RECEIVED, when h brings one back. The owner then hands h to
// it like any segment, and with it all that h brings: data, and a FIN. What brings no cookie is answered by a RST, as RFC 9293
// 3.10.7.2 has it; and when no cookie has been sent for so long that none can be good, nothing is computed to find that out.
func (l *Listener) recall(g *Config, e func() Endpoints, now time.Duration, h *header.TCP) (*Conn, bool) {
	f := &l.flood
	if f.baked == 0 && l.counts[CookiesSent] == 0 || now-f.baked >= cookieLife || h.Flags.Has(header.SYN) {
		return nil, true
	}
	end := e()
	irs, iss := h.Seq.Add(-1), h.Ack.Add(-1)
	size, behind, ok := f.cookies.open(g, end.Local, end.Remote, irs, iss, now)
	switch {
	case !ok:
		l.count(CookiesRefused)
		return nil, true
	case behind > 0:
		l.count(CookiesLate)
		return nil, false // the peer sends the first segment again, and then it is good
	case l.crowded():
		l.count(SYNsDropped)
		return nil, false // it is true; and when it comes again there may be room
	}
	l.count(CookiesTaken)
	c := newConn(g, end)
	c.passive, c.state = true, Listen
	bits, stamped := broughtBack(h)
	c.heardSYN(now, cookieSYN(irs, size, h, bits, stamped))
	c.snd.iss, c.snd.una, c.snd.nxt = iss, iss, iss.Add(1)
	c.acked()
	l.enter(c)
	return c, false
}
