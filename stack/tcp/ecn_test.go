//go:build !before9

package tcp

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/header"
)

const (
	fECE = header.ECE
	fCWR = header.CWR
)

// newECN has an open connection under Reno whose peer offers a wide window and has agreed to ECN; passive: we have.
func newECN(t *testing.T, passive bool) *end {
	t.Helper()
	e := newEnd(t)
	e.g.NewController = Reno
	e.send.SetLimit(1 << 20)
	if passive {
		e.listen().arrive(seg{Flags: fSYN | fECE | fCWR, Seq: irs, Wnd: wide, MSS: mss}).
			want(seg{Flags: fSYNACK | fECE, Seq: iss, Ack: irs + 1, MSS: mss})
		e.now = 100 * time.Millisecond
		return e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wide}).in(Established)
	}
	e.g.ECN = ECNRequest
	e.open().want(seg{Flags: fSYN | fECE | fCWR, Seq: iss, MSS: mss})
	e.now = 100 * time.Millisecond
	return e.arrive(seg{Flags: fSYNACK | fECE, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1})
}

// comes hands over a segment in a packet with this type-of-service byte.
func (e *end) comes(s seg, tos uint8) *end {
	h := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Seq: s.Seq, Ack: s.Ack, Flags: s.Flags, Window: uint16(s.Wnd)}
	e.c.Arrive(e.now, h, []byte(s.Data), nil, tos)
	return e
}

// sentAs is what matters here of a segment that goes out.
type sentAs struct {
	Flags header.Flags
	Seq   header.Seq
	Len   int
	TOS   uint8
	TTL   uint8
}

func (e *end) takeAs() (list []sentAs) {
	var s Segment
	for e.c.Next(e.now, &s) {
		list = append(list, sentAs{s.Header.Flags, s.Header.Seq, s.Len(), s.TOS, s.TTL})
	}
	return list
}

func (e *end) wantAs(wanted ...sentAs) *end {
	e.t.Helper()
	if diff := cmp.Diff(wanted, e.takeAs()); diff != "" {
		e.t.Fatalf("at %v, wanted - and got +:\n%s", e.now, diff)
	}
	return e
}

// ect is the i-th full packet as it goes out for the first time.
func ect(i int) sentAs { return sentAs{Flags: fACK, Seq: place(i), Len: mss, TOS: markECT0} }

func ects(from, to int) (list []sentAs) {
	for i := from; i < to; i++ {
		list = append(list, ect(i))
	}
	return list
}

// TestECNAgreed: who asks, who answers, and what comes of it (RFC 3168 6.1.1).
func TestECNAgreed(t *testing.T) {
	for _, c := range []struct {
		what          string
		mode          ECNMode
		passive       bool
		offer, answer header.Flags // what the SYN that comes, or goes, has; and the SYN,ACK
		marks, echoes bool
	}{
		{"asks, agreed", ECNRequest, false, fECE | fCWR, fECE, true, true},
		{"asks, refused", ECNRequest, false, fECE | fCWR, 0, false, false},
		{"asks, reflected", ECNRequest, false, fECE | fCWR, fECE | fCWR, false, false}, // a broken peer that copies the bits
		{"does not ask", ECNAnswer, false, 0, 0, false, false},
		{"does not ask, answered", ECNAnswer, false, 0, fECE, false, false},
		{"is asked", ECNAnswer, true, fECE | fCWR, fECE, true, true},
		{"is asked, requests itself", ECNRequest, true, fECE | fCWR, fECE, true, true},
		{"is not asked", ECNRequest, true, 0, 0, false, false},
		{"is half asked", ECNAnswer, true, fECE, 0, false, false},
		{"is asked and off", ECNOff, true, fECE | fCWR, 0, false, false},
		{"off", ECNOff, false, 0, fECE, false, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			e := newEnd(t)
			e.g.ECN = c.mode
			if c.passive {
				e.listen().arrive(seg{Flags: fSYN | c.offer, Seq: irs, Wnd: wide, MSS: mss}).
					want(seg{Flags: fSYNACK | c.answer, Seq: iss, Ack: irs + 1, MSS: mss}).
					arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wide})
			} else {
				e.open().want(seg{Flags: fSYN | c.offer, Seq: iss, MSS: mss}).
					arrive(seg{Flags: fSYNACK | c.answer, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).
					want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1})
			}
			want := sentAs{Flags: fPSHACK, Seq: iss + 1, Len: 3}
			if c.marks {
				want.TOS = markECT0
			}
			e.in(Established).write("abc").wantAs(want)
			want = sentAs{Flags: fACK, Seq: iss + 4}
			if c.echoes {
				want.Flags |= fECE
			}
			e.comes(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 4, Wnd: wide, Data: "x"}, markCE).pass(delayACK).wantAs(want)
		})
	}
}

// TestECNFallback: a SYN that is lost goes out again without asking, and then our data is not marked, even if the
// answer to the first comes late. The peer's may be, and what happened to it is told (RFC 3168 6.1.1, 6.1.1.1).
func TestECNFallback(t *testing.T) {
	e := newEnd(t)
	e.g.ECN = ECNRequest
	e.open().want(seg{Flags: fSYN | fECE | fCWR, Seq: iss, MSS: mss}).
		pass(time.Second).want(seg{Flags: fSYN, Seq: iss, MSS: mss}).
		arrive(seg{Flags: fSYNACK | fECE, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}).
		write("abc").wantAs(sentAs{Flags: fPSHACK, Seq: iss + 1, Len: 3}).
		comes(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 4, Wnd: wide, Data: "x"}, markCE).
		wantAs(sentAs{Flags: fACK | fECE, Seq: iss + 4})

	// The other side of it: the SYN comes again without.
	e = newEnd(t).listen().arrive(seg{Flags: fSYN | fECE | fCWR, Seq: irs, Wnd: wide, MSS: mss}).
		want(seg{Flags: fSYNACK | fECE, Seq: iss, Ack: irs + 1, MSS: mss}).
		arrive(seg{Flags: fSYN, Seq: irs, Wnd: wide, MSS: mss}).
		want(seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wide})
	e.in(Established).write("abc").wantAs(sentAs{Flags: fPSHACK, Seq: iss + 1, Len: 3})
}

// TestECNSimultaneous: both sides ask at once.
func TestECNSimultaneous(t *testing.T) {
	e := newEnd(t)
	e.g.ECN = ECNRequest
	e.open().want(seg{Flags: fSYN | fECE | fCWR, Seq: iss, MSS: mss}).
		arrive(seg{Flags: fSYN | fECE | fCWR, Seq: irs, Wnd: wide, MSS: mss}).
		want(seg{Flags: fSYNACK | fECE, Seq: iss, Ack: irs + 1, MSS: mss}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wide}).in(Established).
		write("abc").wantAs(sentAs{Flags: fPSHACK, Seq: iss + 1, Len: 3, TOS: markECT0})
}

// TestECNReceiver: CE is told by every ACK until CWR comes, which may come in a packet that is marked itself (RFC 3168
// 6.1.3).
func TestECNReceiver(t *testing.T) {
	e := newECN(t, true)
	at := irs + 1
	data := func(flags header.Flags, n int, tos uint8) *end {
		e.comes(seg{Flags: fACK | flags, Seq: at, Ack: iss + 1, Wnd: wide, Data: strings.Repeat("x", n)}, tos)
		at = at.Add(n)
		return e
	}
	ack := func(flags header.Flags) sentAs { return sentAs{Flags: fACK | flags, Seq: iss + 1} }
	data(0, 10, markECT0).wantAs()
	data(0, 10, markCE).wantAs(ack(fECE)) // at once
	data(0, 10, markECT0).pass(delayACK).wantAs(ack(fECE))
	// What carries no data is not heeded, whatever it bears (6.1.4); nor is what lies outside of the window (6.1.5).
	data(fCWR, 0, markCE).wantAs()
	e.comes(seg{Flags: fACK | fCWR, Seq: irs - 100, Ack: iss + 1, Wnd: wide, Data: "x"}, markCE).wantAs(ack(fECE))
	data(fCWR, 10, markECT0).wantAs(ack(0))
	data(0, 10, markECT0).pass(delayACK).wantAs(ack(0))
	e.comes(seg{Flags: fACK, Seq: irs - 100, Ack: iss + 1, Wnd: wide, Data: "x"}, markCE).wantAs(ack(0))
	data(0, 10, markCE).wantAs(ack(fECE))
	data(fCWR, 10, markCE).wantAs(ack(fECE))
	// Ours too, on the way out; and never on a RST.
	e.write("abc").wantAs(sentAs{Flags: fPSHACK | fECE, Seq: iss + 1, Len: 3, TOS: markECT0})
	e.c.Abort()
	e.wantAs(sentAs{Flags: fRST, Seq: iss + 4})
	if n := e.c.counts[CEReceived]; n != 3 {
		t.Errorf("%d marked packets counted", n)
	}
}

// TestECNSender: the window is taken back once for each round trip, nothing is sent again, and the next new data bears CWR
// (RFC 3168 6.1.2).
func TestECNSender(t *testing.T) {
	for _, passive := range []bool{false, true} {
		e := newECN(t, passive).bulk(100).wantAs(ects(0, 10)...)
		e.now += 50 * time.Millisecond
		marked := func(i int) seg { s := upTo(i); s.Flags |= fECE; return s }
		first := ect(10)
		first.Flags |= fCWR
		e.arrive(marked(2)).wantAs(first) // PRR: one for two
		half := e.c.congestion.window
		if half.Ssthresh > 6*mss {
			t.Fatalf("cwnd %d, ssthresh %d", half.Cwnd, half.Ssthresh)
		}
		out := e.arrive(marked(4)).takeAs() // the same news
		out = append(out, e.arrive(marked(6)).takeAs()...)
		if w := e.c.congestion.window; w.Ssthresh != half.Ssthresh {
			t.Fatalf("reduced twice: %d, then %d", half.Ssthresh, w.Ssthresh)
		}
		for i, got := range out {
			if want := ect(11 + i); got != want {
				t.Fatalf("%+v, not %+v", got, want)
			}
		}
		if len(out) == 0 {
			t.Fatal("nothing goes out")
		}
		// What was sent since is acknowledged with ECE again: that is other news.
		e.arrive(upTo(10)).takeAs()
		e.arrive(marked(11))
		if w := e.c.congestion.window; w.Ssthresh >= half.Ssthresh {
			t.Errorf("not reduced again: %d, then %d", half.Ssthresh, w.Ssthresh)
		}
		if n := e.c.counts[ECNReductions]; n != 2 {
			t.Errorf("%d reductions counted", n)
		}
	}
}

// TestECNNotAgreed: the flags mean nothing on a connection that has not agreed.
func TestECNNotAgreed(t *testing.T) {
	e := newReno(t).bulk(20)
	e.take()
	before := e.c.congestion.window
	s := upTo(1)
	s.Flags |= fECE
	e.arrive(s)
	if w := e.c.congestion.window; w.Ssthresh != before.Ssthresh || w.Cwnd < before.Cwnd {
		t.Errorf("%+v, then %+v", before, w)
	}
}

// TestECNUnmarked: what is sent again is not marked, nor a probe of a closed window, nor an empty segment (RFC 3168
// 6.1.4 to 6.1.6).
func TestECNUnmarked(t *testing.T) {
	e := newECN(t, false).bulk(1).wantAs(ect(0))
	e.now += 10 * time.Second
	e.c.Timeout(e.now)
	e.wantAs(sentAs{Flags: fACK, Seq: place(0), Len: mss})
	e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: place(1)}).wantAs()
	at, _ := e.c.Deadline()
	e.now = at
	e.c.Timeout(e.now)
	e.wantAs(sentAs{Flags: fPSHACK, Seq: place(1), Len: 1})
}

// TestECNSuperSegment: of a super-segment, which would be cut below, the packet with CWR goes out alone.
func TestECNSuperSegment(t *testing.T) {
	e := newEnd(t)
	e.g.NewController, e.g.ECN = Reno, ECNRequest
	e.send.SetLimit(1 << 20)
	ends := e.endpoints()
	ends.SegmentMax = segmentTop
	e.c = Open(e.g, ends, e.now)
	e.take()
	e.arrive(seg{Flags: fSYNACK | fECE, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).take()
	e.bulk(100).wantAs(sentAs{Flags: fACK, Seq: iss + 1, Len: 10 * mss, TOS: markECT0})
	s := upTo(9)
	s.Flags |= fECE
	e.arrive(s)
	out := e.takeAs()
	if len(out) < 2 || out[0].Len != mss || !out[0].Flags.Has(fCWR) || out[1].Len <= mss || out[1].Flags.Has(fCWR) {
		t.Errorf("%+v", out)
	}
}

// TestTOS: the DSCP goes on every packet, may change, and leaves the congestion mark alone (RFC 9293 3.9.1.9).
func TestTOS(t *testing.T) {
	const ef, cs1 = 46 << 2, 8 << 2
	e := newEnd(t)
	e.g.ECN = ECNRequest
	ends := e.endpoints()
	ends.TOS, ends.TTL = ef|markCE, 7 // the mark is not the application's
	e.c = Open(e.g, ends, e.now)
	e.wantAs(sentAs{Flags: fSYN | fECE | fCWR, Seq: iss, TOS: ef, TTL: 7}).
		arrive(seg{Flags: fSYNACK | fECE, Seq: irs, Ack: iss + 1, Wnd: wide, MSS: mss}).
		wantAs(sentAs{Flags: fACK, Seq: iss + 1, TOS: ef, TTL: 7}).
		write("abc").wantAs(sentAs{Flags: fPSHACK, Seq: iss + 1, Len: 3, TOS: ef | markECT0, TTL: 7})
	e.c.SetTOS(cs1 | 1)
	e.c.SetTTL(0)
	e.comes(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wide}, ef|markECT0)
	e.write("def").wantAs()
	e.comes(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 4, Wnd: wide}, ef|markECT0)
	e.wantAs(sentAs{Flags: fPSHACK, Seq: iss + 4, Len: 3, TOS: cs1 | markECT0})
	if tos, ttl, heard := e.c.TOS(), e.c.TTL(), e.c.HeardTOS(); tos != cs1 || ttl != 0 || heard != ef {
		t.Errorf("TOS %#x, TTL %d, heard %#x", tos, ttl, heard)
	}
	if i := e.c.Info(e.now); i.TOS != cs1 || i.TTL != 0 || i.HeardTOS != ef || i.PathMTU != 1500 || !i.ECN {
		t.Errorf("%+v", i)
	}
}
