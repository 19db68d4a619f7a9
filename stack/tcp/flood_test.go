//go:build !before10

package tcp

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// A door is a listener, and what has come of it.
type door struct {
	t      testing.TB
	g      Config
	l      Listener
	now    time.Duration
	baked  map[cookieOf]time.Duration // cookies sent, and when
	open   []*Conn                    // connections in SYN-RECEIVED
	stand  int
	passed int // connections made from cookies
}

type cookieOf struct {
	remote   netip.AddrPort
	irs, iss header.Seq
}

func (d *door) arrive(remote netip.AddrPort, h *header.TCP) {
	end := func() Endpoints {
		return Endpoints{Local: here, Remote: remote, Send: new(buffer.Queue), Receive: new(buffer.Chain), MTU: 1500}
	}
	c, reset := d.l.Arrive(&d.g, end, d.now, h)
	var s Segment
	if d.l.Next(&s) {
		if c != nil || reset || s.Header.Flags&^header.ECE != fSYNACK || s.Header.Ack != h.Seq+1 || s.Remote != remote || s.Len() > 0 {
			d.t.Fatalf("a cookie %+v in answer to %+v", s.Header, h)
		}
		d.baked[cookieOf{remote, h.Seq, s.Header.Seq}] = d.now
	}
	if old := d.l.Recycled(); old != nil {
		if old != d.open[0] {
			d.t.Fatal("not the oldest makes room")
		}
		old.Recycle()
		d.leave(0, true)
	}
	if c == nil {
		return
	}
	d.open = append(d.open, c)
	if h.Flags.Has(header.ACK) {
		at, ok := d.baked[cookieOf{remote, h.Seq - 1, h.Ack - 1}]
		if !ok || d.now-at >= cookieLife {
			d.t.Fatalf("a connection from %+v, which is no cookie's: %v", h, at)
		}
		d.passed++
		c.Arrive(d.now, h, nil, nil, 0)
		if c.State() != Established {
			d.t.Fatalf("in %v", c.State())
		}
		d.leave(len(d.open)-1, false)
		d.stand++
	}
	if most := d.g.halfOpen(); len(d.open) > most {
		d.t.Fatalf("%d are opening", len(d.open))
	}
}

// leave tells the listener that one of those that are opening is so no longer.
func (d *door) leave(i int, over bool) {
	d.l.Left(d.open[i])
	d.open = append(d.open[:i:i], d.open[i+1:]...)
	if over {
		d.l.Waiting--
	}
}

// step does what five bytes say.
func (d *door) step(b []byte) {
	d.now += time.Duration(b[0]&0x3f) * time.Duration(b[0]&0x3f) * 10 * time.Millisecond // up to 40 seconds
	remote := netip.AddrPortFrom(there.Addr(), 1000+uint16(b[1]&15))
	x := header.Seq(binary.BigEndian.Uint16(b[3:]))
	h := &header.TCP{SrcPort: remote.Port(), DstPort: here.Port(), Seq: x << 8, Window: 1000}
	if b[1]&0x40 != 0 {
		h.Options = header.AppendTimestamps(header.AppendMSS(nil, uint16(x)), header.Timestamps{Value: uint32(x)})
	}
	switch b[2] & 7 {
	case 0, 1, 2:
		h.Flags = fSYN
	case 3: // one cookie back, the right or nearly
		for k := range d.baked {
			if k.remote == remote && (b[2]&8 == 0 || uint8(k.iss) == b[4]) {
				h.Flags, h.Seq, h.Ack = fACK, k.irs+1, k.iss+1
				if b[2]&0x30 == 0x30 {
					h.Ack ^= 1 << (b[4] & 31)
				}
				break
			}
		}
	case 4:
		if len(d.open) > 0 {
			i := int(b[3]) % len(d.open)
			over := b[4]&1 == 0
			if !over {
				d.stand++
			}
			d.leave(i, over)
		}
		return
	case 5: // accepted
		if d.stand > 0 {
			d.stand--
			d.l.Waiting--
		}
		return
	default:
		h.Flags, h.Ack = header.Flags(b[4]), x<<16|header.Seq(b[3])
	}
	d.arrive(remote, h)
	if d.l.Opening != len(d.open) || d.l.Waiting != len(d.open)+d.stand {
		d.t.Fatalf("%d opening, %d waiting; there are %d and %d", d.l.Opening, d.l.Waiting, len(d.open), d.stand)
	}
	n := 0
	for c := d.l.flood.oldest; c != nil; c = c.defence.newer {
		if n >= len(d.open) || c != d.open[n] {
			d.t.Fatalf("the list's %dth is another", n)
		}
		n++
	}
	if n != len(d.open) {
		d.t.Fatalf("%d in the list, of %d", n, len(d.open))
	}
}

func knock(t testing.TB, seed uint64, steps []byte) *door {
	r := rand.New(rand.NewPCG(seed, 4987))
	d := &door{t: t, baked: make(map[cookieOf]time.Duration)}
	d.g.Rand = r.Uint64
	d.g.Cookies = Cookies(seed % 3)
	d.g.HalfOpen = 1 + int(seed/3%4)
	d.l.Backlog = 1 + int(seed/12%4)
	for len(steps) >= 5 {
		d.step(steps[:5])
		steps = steps[5:]
	}
	return d
}

// FuzzListener has anything arrive at a listener. A connection is only ever made from a SYN or from a cookie that was sent
// to that peer, for that SYN, not too long ago; what is opening stays within its bound, and the oldest makes room.
func FuzzListener(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for seed := range uint64(6) {
		f.Add(seed, bytesOf(r, 200))
	}
	f.Fuzz(func(t *testing.T, seed uint64, steps []byte) { knock(t, seed, steps[:min(len(steps), 5000)]) })
}

// TestListener is the same, from seeds.
func TestListener(t *testing.T) {
	passed := 0
	for seed := range uint64(300) {
		passed += knock(t, seed, bytesOf(rand.New(rand.NewPCG(seed, 7)), 1000)).passed
	}
	if passed < 50 {
		t.Errorf("only %d connections from cookies", passed)
	}
}

func bytesOf(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestCookieGuess: a million ACKs made up, none of which is a cookie; and nothing is computed for them when no cookie has
// been sent for long.
func TestCookieGuess(t *testing.T) {
	e := newEnd(t)
	e.g.Cookies = CookiesAlways
	e.g.Rand = rand.New(rand.NewPCG(3, 3)).Uint64
	e.l = &Listener{Backlog: 1}
	asked := 0
	end := func() Endpoints { asked++; return e.endpoints() }
	ack := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Flags: fACK}
	if c, reset := e.l.Arrive(e.g, end, 0, ack); c != nil || !reset || asked > 0 {
		t.Errorf("before the first: %v, %v, %d", c, reset, asked)
	}
	e.l.Arrive(e.g, end, 0, &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Flags: fSYN, Seq: irs})
	r := rand.New(rand.NewPCG(5, 5))
	for range 1_000_000 {
		ack.Seq, ack.Ack = header.Seq(r.Uint32()), header.Seq(r.Uint32())
		if c, _ := e.l.Arrive(e.g, end, time.Second, ack); c != nil {
			t.Fatalf("%+v was taken for a cookie", ack)
		}
	}
	asked = 0
	if c, reset := e.l.Arrive(e.g, end, time.Hour, ack); c != nil || !reset || asked > 0 {
		t.Errorf("long after the last: %v, %v, %d", c, reset, asked)
	}
}

// TestCookieKeys: a cookie outlives the change of its key, and not its own time.
func TestCookieKeys(t *testing.T) {
	for start := range 40 {
		for _, wait := range []time.Duration{0, cookieTick - 1, cookieLife} {
			e := newEnd(t)
			e.g.Cookies = CookiesAlways
			e.g.Rand = rand.New(rand.NewPCG(3, 3)).Uint64
			e.l = &Listener{Backlog: 1}
			e.now = time.Duration(start) * cookieTick
			e.l.Arrive(e.g, e.endpoints, e.now, &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Flags: fSYN, Seq: irs})
			var s Segment
			e.l.Next(&s)
			c, _ := e.l.Arrive(e.g, e.endpoints, e.now+wait, &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Flags: fACK, Seq: irs + 1, Ack: s.Header.Seq + 1})
			if (c != nil) != (wait < cookieLife) {
				t.Errorf("tick %d, %v later: %v", start, wait, c != nil)
			}
		}
	}
}

// BenchmarkCookie is what a SYN costs that is answered by a cookie.
func BenchmarkCookie(b *testing.B) {
	g := &Config{Cookies: CookiesAlways}
	l := &Listener{Backlog: 1}
	e := Endpoints{Local: here, Remote: there, Send: new(buffer.Queue), Receive: new(buffer.Chain), MTU: 1500}
	end := func() Endpoints { return e }
	syn := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Flags: fSYN, Seq: irs, Options: header.AppendMSS(nil, 1460)}
	var s Segment
	b.ReportAllocs()
	for range b.N {
		l.Arrive(g, end, 0, syn)
		if !l.Next(&s) {
			b.Fatal("no cookie")
		}
	}
}
