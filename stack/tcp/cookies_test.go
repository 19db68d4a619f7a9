//go:build !before10

package tcp

import (
	"testing"

	"github.com/tsunagu/tsunagu/stack/header"
)

// TestCookieBehind: a segment that brings the cookie back and is not the first never begins the connection, wherever in the
// first window it stands. By a hash that now and then is the same for two of them, a stream began in its middle once in 4096
// times.
func TestCookieBehind(t *testing.T) {
	e := newEnd(t)
	e.g.Cookies = CookiesAlways
	e.l = &Listener{Backlog: 1}
	arrive := func(h header.TCP) (*Conn, bool) {
		h.SrcPort, h.DstPort = there.Port(), here.Port()
		return e.l.Arrive(e.g, e.endpoints, e.now, &h)
	}
	for start := range header.Seq(3) {
		first := irs + start<<30
		arrive(header.TCP{Flags: fSYN, Seq: first, Window: wnd})
		var s Segment
		if !e.l.Next(&s) {
			t.Fatal("no cookie")
		}
		ack := s.Header.Seq + 1
		for n := 1; n <= maxWindow; n += 1 + n/1000 {
			if c, reset := arrive(header.TCP{Flags: fACK, Seq: first.Add(1 + n), Ack: ack, Window: wnd}); c != nil || reset {
				t.Fatalf("%d places behind: a connection %v, reset %v", n, c != nil, reset)
			}
		}
		if _, reset := arrive(header.TCP{Flags: fACK, Seq: first.Add(1 + 2*maxWindow), Ack: ack, Window: wnd}); !reset {
			t.Error("far behind, and not refused")
		}
	}
	if n := e.l.Counts()[CookiesTaken]; n > 0 {
		t.Errorf("%d cookies taken", n)
	}
}

// TestCookieOver: an ACK that comes when the connection which came of a cookie is over does not begin it again, however much
// the two have said to each other. When both had said equally much it did: with the Linux kernel, a dozen times in a thousand
// short conversations with an echo.
func TestCookieOver(t *testing.T) {
	e := newEnd(t)
	e.g.Cookies = CookiesAlways
	e.l = &Listener{Backlog: 1}
	arrive := func(h header.TCP) *Conn {
		h.SrcPort, h.DstPort = there.Port(), here.Port()
		c, _ := e.l.Arrive(e.g, e.endpoints, e.now, &h)
		return c
	}
	arrive(header.TCP{Flags: fSYN, Seq: irs, Window: wnd})
	var s Segment
	if !e.l.Next(&s) {
		t.Fatal("no cookie")
	}
	for heard := range 300 {
		for said := range 300 {
			if heard == 0 && said == 0 {
				continue
			}
			if c := arrive(header.TCP{Flags: fACK, Seq: irs.Add(1 + heard), Ack: s.Header.Seq.Add(1 + said), Window: wnd}); c != nil {
				t.Fatalf("%d bytes heard and %d said, and the connection begins again", heard, said)
			}
		}
	}
	if c := arrive(header.TCP{Flags: fACK, Seq: irs + 1, Ack: s.Header.Seq + 1, Window: wnd}); c == nil {
		t.Error("the cookie itself is not taken")
	}
}

func TestInverse(t *testing.T) {
	for n := uint32(1); n < 1<<31; n += 2 + n/7&^1 {
		if n*inverse(n) != 1 {
			t.Fatalf("%d × %d = %d", n, inverse(n), n*inverse(n))
		}
	}
}
