//go:build !before9

package tcp

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack/header"
)

// scaled has a connection whose window fields are shifted by 7 to the peer and by what the receive buffer needs from it.
func scaled(t *testing.T, buffer int) *end {
	e := newEnd(t)
	e.recv.SetLimit(buffer)
	e.open().take()
	e.c.Arrive(0, &header.TCP{
		Flags: fSYNACK, Seq: irs, Ack: iss + 1, Window: 60000,
		Options: header.AppendWindowScale(header.AppendMSS(nil, mss), 7),
	}, nil, nil, 0)
	e.take()
	return e.in(Established)
}

// TestShift: the smallest that can tell the whole receive buffer, and never more than 14 (RFC 7323 2.3).
func TestShift(t *testing.T) {
	for limit, want := range map[int]uint8{
		1: 0, 65535: 0, 65536: 1, 131070: 1, 131071: 2, 4 << 20: 7, 65535 << 14: 14, 65535<<14 + 1: 14, 1 << 31: 14,
	} {
		if e := scaled(t, limit); e.c.options.scale.rcv != want || e.c.windowLimit() != maxWindow<<want {
			t.Errorf("%d bytes: shift %d, not %d", limit, e.c.options.scale.rcv, want)
		}
	}
}

// TestShiftTooLarge is counted and taken for 14.
func TestShiftTooLarge(t *testing.T) {
	e := newEnd(t).open()
	e.take()
	e.c.Arrive(0, &header.TCP{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Options: header.AppendWindowScale(nil, 15)}, nil, nil, 0)
	e.in(Established)
	e.take()
	e.c.Arrive(0, &header.TCP{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Window: 65535}, nil, nil, 0)
	// The widest window there is: an unsigned field, in more than 16 bits (MUST-1, REC-1).
	if e.c.snd.wnd != 65535<<14 || e.c.counts[ShiftsTooLarge] != 1 {
		t.Errorf("window %d, counted %d", e.c.snd.wnd, e.c.counts[ShiftsTooLarge])
	}
}

// TestRightEdge: whatever arrives and is read, the right edge that the peer has been told never moves back, and what the
// peer sends up to it is taken (SHLD-14, RFC 7323 2.4).
func TestRightEdge(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		limit := rapid.IntRange(64<<10, 8<<20).Draw(r, "limit")
		e := scaled(t, limit)
		c := e.c
		edge := c.stream.told
		full := data(mss)
		for range rapid.IntRange(1, 100).Draw(r, "steps") {
			for range rapid.IntRange(0, 20).Draw(r, "segments") {
				n := min(edge.Sub(c.rcv.nxt), mss)
				if n == mss { // a peer that does not send crumbs: see TestCrumbs
					n -= rapid.IntRange(0, 1).Draw(r, "less")
				}
				before := c.rcv.nxt
				c.Arrive(e.now, &header.TCP{Flags: fACK, Seq: before, Ack: iss + 1, Window: 1000}, []byte(full[:n]), nil, 0)
				if c.rcv.nxt != before.Add(n) {
					r.Fatalf("%d bytes within the edge, %d taken", n, c.rcv.nxt.Sub(before))
				}
			}
			c.Read(make([]byte, rapid.IntRange(1, 30000).Draw(r, "read")))
			e.now += delayACK
			c.Timeout(e.now)
			for _, s := range e.take() {
				told := s.Ack.Add(s.Wnd << c.options.scale.rcv)
				if told.Before(edge) {
					r.Fatalf("the edge moves back from %d to %d", edge, told)
				}
				if told != c.stream.told {
					r.Fatalf("told %d, noted %d", told, c.stream.told)
				}
				edge = told
			}
		}
	})
}

// TestCrumbs: a peer that sends byte by byte, so that each is rounded up to a unit, does not get more memory than an eighth
// above the limit.
func TestCrumbs(t *testing.T) {
	const limit = 1 << 20 // units of 32 bytes
	e := scaled(t, limit)
	c := e.c
	for e.recv.Len() < 2*limit && c.rcv.wnd > 0 {
		n := 1
		if c.rcv.wnd > 2000 {
			n = mss
		}
		c.Arrive(e.now, &header.TCP{Flags: fACK, Seq: c.rcv.nxt, Ack: iss + 1, Window: 1000}, []byte(data(mss)[:n]), nil, 0)
		c.ackNow = true
		e.take()
	}
	if n := e.recv.Len(); n < limit || n > limit+limit/8 {
		t.Errorf("%d bytes received of a limit of %d", n, limit)
	}
}
