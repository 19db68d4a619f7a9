//go:build !before4

package tcp

import (
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/header"
)

// TestHandshake is RFC 9293 3.5, figure 6, from both sides.
func TestHandshake(t *testing.T) {
	t.Run("active", func(t *testing.T) {
		e := newEnd(t).open().in(SynSent).
			want(seg{Flags: fSYN, Seq: iss, Wnd: 65535, MSS: 1460}).
			due(time.Second)
		e.now = 100 * time.Millisecond
		e.arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wnd, MSS: 1400}).in(Established).
			want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1, Wnd: 65535}).
			due(0)
		if e.c.mss != 1400 || e.c.snd.wnd != wnd {
			t.Errorf("MSS %d, window %d", e.c.mss, e.c.snd.wnd)
		}
		if diff := cmp.Diff([]State{SynSent, Established}, e.states); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("passive", func(t *testing.T) {
		e := newEnd(t).listen().
			arrive(seg{Flags: fSYN, Seq: irs, Wnd: wnd}).in(SynReceived).
			want(seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, Wnd: 65535, MSS: 1460}).
			due(time.Second).
			arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd}).in(Established).
			want().
			due(0)
		if e.c.mss != 536 { // the peer said nothing: MUST-15
			t.Errorf("MSS %d", e.c.mss)
		}
		if e.l.Waiting != 1 {
			t.Errorf("%d waiting", e.l.Waiting)
		}
	})
	t.Run("simultaneous", func(t *testing.T) { // figure 7; MUST-10
		newEnd(t).open().
			want(seg{Flags: fSYN, Seq: iss, MSS: mss}).
			arrive(seg{Flags: fSYN, Seq: irs, Wnd: wnd, MSS: mss}).in(SynReceived).
			want(seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss}).
			arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wnd, MSS: mss}).
			want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}).
			arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd}).in(Established).
			want().
			due(0)
	})
	t.Run("old duplicate SYN", func(t *testing.T) { // figure 8
		e := newEnd(t).listen().
			arrive(seg{Flags: fSYN, Seq: 90, Wnd: wnd}).
			want(seg{Flags: fSYNACK, Seq: iss, Ack: 91, MSS: mss}).
			arrive(seg{Flags: fRST, Seq: 91}).
			want().ended(nil)
		if diff := cmp.Diff([]State{SynReceived, Closed}, e.states); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("peer has lost its memory", func(t *testing.T) { // figure 9: half-open connection discovery
		newEnd(t).open().
			want(seg{Flags: fSYN, Seq: iss, MSS: mss}).
			arrive(seg{Flags: fACK, Seq: 300, Ack: 70, Wnd: wnd}).
			want(seg{Flags: fRST, Seq: 70}).in(SynSent)
	})
}

// TestSYNAgain repeats the SYN, with its timeout doubled each time, until R2 (MUST-22, MUST-23).
func TestSYNAgain(t *testing.T) {
	for _, passive := range []bool{false, true} {
		e := newEnd(t)
		syn := seg{Flags: fSYN, Seq: iss, MSS: mss}
		if passive {
			e.listen().arrive(seg{Flags: fSYN, Seq: irs, Wnd: wnd})
			syn.Flags, syn.Ack = fSYNACK, irs+1
		} else {
			e.open()
		}
		e.want(syn)
		for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60} {
			e.due(e.now + wait*time.Second)
			e.pass(wait*time.Second - 1).want()
			e.pass(1).want(syn)
		}
		for e.c.State() != Closed {
			at, ok := e.c.Deadline()
			if !ok {
				t.Fatal("nothing is waited for")
			}
			e.pass(at - e.now).take()
		}
		if e.now < giveUpSYN || e.now > giveUpSYN+maxRTO {
			t.Errorf("given up after %v", e.now)
		}
		e.want().ended(syscall.ETIMEDOUT)
	}
}

// TestSYNAnswered: a SYN,ACK that went out once more in answer to the peer's SYN is not sent again by the timer of the
// first; and the peer cannot keep a connection half open for ever by repeating its SYN.
func TestSYNAnswered(t *testing.T) {
	syn := seg{Flags: fSYN, Seq: irs, Wnd: wnd, MSS: mss}
	answer := seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss}
	e := newEnd(t).listen().arrive(syn).want(answer)
	e.pass(time.Second - 1).want()
	e.arrive(syn).want(answer)
	e.pass(1).want()
	e.pass(time.Second - 2).want()
	e.pass(1).want(answer)
	for range 1000 {
		if e.pass(500 * time.Millisecond).take(); e.c.State() == Closed {
			break
		}
		e.arrive(syn).take()
	}
	e.in(Closed)
	if e.now > giveUpSYN+maxRTO {
		t.Errorf("given up after %v", e.now)
	}
}

// TestSlowRTO is RFC 6298 5.7: when the SYN was sent again, the first timeout for data is three seconds.
func TestSlowRTO(t *testing.T) {
	e := newEnd(t).open().
		want(seg{Flags: fSYN, Seq: iss, MSS: mss}).
		pass(time.Second).want(seg{Flags: fSYN, Seq: iss, MSS: mss}).
		arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wnd, MSS: mss})
	e.take()
	if got := e.c.rto(); got != slowRTO {
		t.Errorf("RTO %v", got)
	}
}

// TestSynSentArrives goes through the cases of RFC 9293 3.10.7.3.
func TestSynSentArrives(t *testing.T) {
	for name, c := range map[string]struct {
		in    seg
		out   []seg
		state State
		err   error
	}{
		"ACK of what was not sent":   {seg{Flags: fSYNACK, Seq: irs, Ack: iss + 2}, []seg{{Flags: fRST, Seq: iss + 2}}, SynSent, nil},
		"ACK of what was before":     {seg{Flags: fACK, Seq: irs, Ack: iss}, []seg{{Flags: fRST, Seq: iss}}, SynSent, nil},
		"RST with a wrong ACK":       {seg{Flags: fRSTACK, Seq: irs, Ack: iss}, nil, SynSent, nil},
		"RST without ACK":            {seg{Flags: fRST, Seq: irs}, nil, SynSent, nil},
		"RST with our ACK: refused":  {seg{Flags: fRSTACK, Seq: 0, Ack: iss + 1}, nil, Closed, syscall.ECONNREFUSED},
		"ACK alone":                  {seg{Flags: fACK, Seq: irs, Ack: iss + 1}, nil, SynSent, nil},
		"nothing":                    {seg{Seq: irs}, nil, SynSent, nil},
		"FIN":                        {seg{Flags: fFIN, Seq: irs}, nil, SynSent, nil},
		"SYN and RST with ACK":       {seg{Flags: fSYN | fRSTACK, Seq: irs, Ack: iss + 1}, nil, Closed, syscall.ECONNREFUSED},
		"MSS of no use":              {seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: 1}, []seg{{Flags: fACK, Seq: iss + 1, Ack: irs + 1}}, Established, nil},
		"SYN,ACK with a zero window": {seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1}, []seg{{Flags: fACK, Seq: iss + 1, Ack: irs + 1}}, Established, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnd(t).open().want(seg{Flags: fSYN, Seq: iss, MSS: mss})
			e.arrive(c.in).want(c.out...).in(c.state)
			if e.c.Err() != c.err {
				t.Errorf("error %v", e.c.Err())
			}
		})
	}
}

// TestSynReceivedArrives goes through what 3.10.7.4 says of SYN-RECEIVED.
func TestSynReceivedArrives(t *testing.T) {
	for name, c := range map[string]struct {
		in    seg
		out   []seg
		state State
	}{
		"the SYN again":             {seg{Flags: fSYN, Seq: irs, Wnd: wnd}, []seg{{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss}}, SynReceived},
		"SYN and ACK":               {seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wnd}, []seg{{Flags: fACK, Seq: iss + 1, Ack: irs + 1}}, SynReceived},
		"another SYN in the window": {seg{Flags: fSYN, Seq: irs + 9, Wnd: wnd}, nil, Closed},
		"RST at its place":          {seg{Flags: fRST, Seq: irs + 1}, nil, Closed},
		"RST elsewhere in window":   {seg{Flags: fRST, Seq: irs + 2}, []seg{{Flags: fACK, Seq: iss + 1, Ack: irs + 1}}, SynReceived},
		"RST outside":               {seg{Flags: fRST, Seq: irs}, nil, SynReceived},
		"ACK too old":               {seg{Flags: fACK, Seq: irs + 1, Ack: iss}, []seg{{Flags: fRST, Seq: iss}}, SynReceived},
		"ACK too new":               {seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2}, []seg{{Flags: fRST, Seq: iss + 2}}, SynReceived},
		"no ACK":                    {seg{Flags: 0, Seq: irs + 1, Data: "x"}, nil, SynReceived},
		"ACK":                       {seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd}, nil, Established},
	} {
		t.Run(name, func(t *testing.T) {
			newEnd(t).listen().arrive(seg{Flags: fSYN, Seq: irs, Wnd: wnd, MSS: mss}).
				want(seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss}).
				arrive(c.in).want(c.out...).in(c.state)
		})
	}
}

// TestListenArrives goes through RFC 9293 3.10.7.2.
func TestListenArrives(t *testing.T) {
	for name, c := range map[string]struct {
		flags       header.Flags
		made, reset bool
	}{
		"RST":     {fRST, false, false},
		"RST,SYN": {fRST | fSYN, false, false},
		"ACK":     {fACK, false, true},
		"SYN,ACK": {fSYNACK, false, true},
		"SYN":     {fSYN, true, false},
		"FIN":     {fFIN, false, false},
		"nothing": {0, false, false},
	} {
		e := newEnd(t)
		l := Listener{Backlog: 1}
		conn, reset := l.Arrive(e.g, e.endpoints, 0, &header.TCP{Flags: c.flags, Seq: irs})
		if (conn != nil) != c.made || reset != c.reset {
			t.Errorf("%s: made %v, reset %v", name, conn != nil, reset)
		}
		if (l.Waiting == 1) != c.made {
			t.Errorf("%s: %d waiting", name, l.Waiting)
		}
	}
}

// TestReset is RFC 9293 3.10.7.1: segments for which there is no connection.
func TestReset(t *testing.T) {
	for name, c := range map[string]struct {
		in     header.TCP
		length int
		want   header.TCP
		ok     bool
	}{
		"RST":        {header.TCP{Flags: fRST, Seq: 7}, 0, header.TCP{}, false},
		"RST,ACK":    {header.TCP{Flags: fRSTACK, Seq: 7}, 0, header.TCP{}, false},
		"ACK":        {header.TCP{Flags: fACK, Seq: 7, Ack: 9}, 3, header.TCP{Flags: fRST, Seq: 9}, true},
		"SYN":        {header.TCP{Flags: fSYN, Seq: 7}, 0, header.TCP{Flags: fRSTACK, Ack: 8}, true},
		"FIN + data": {header.TCP{Flags: fFIN, Seq: 7}, 10, header.TCP{Flags: fRSTACK, Ack: 18}, true},
		"at the end": {header.TCP{Seq: 0xffffffff}, 2, header.TCP{Flags: fRSTACK, Ack: 1}, true},
	} {
		got, ok := Reset(here, there, &c.in, c.length)
		if c.ok {
			c.want.SrcPort, c.want.DstPort = here.Port(), there.Port()
		}
		if diff := cmp.Diff(c.want, got.Header); diff != "" || ok != c.ok {
			t.Errorf("%s: %v %s", name, ok, diff)
		}
	}
}

// TestAcceptable is RFC 9293 3.4, table 6.
func TestAcceptable(t *testing.T) {
	for _, top := range []header.Seq{1000, 0xfffffff0, 0} { // the table knows no end of the numbers
		for _, c := range []struct {
			wnd    int
			seq    int // from RCV.NXT
			length int
			want   bool
		}{
			{0, 0, 0, true}, {0, 1, 0, false}, {0, -1, 0, false},
			{10, 0, 0, true}, {10, 9, 0, true}, {10, 10, 0, false}, {10, -1, 0, false},
			{0, 0, 1, false}, {0, -1, 2, false}, {0, 1, 1, false},
			{10, 0, 1, true}, {10, 9, 1, true}, {10, 9, 5, true}, {10, 10, 1, false},
			{10, -1, 1, false}, {10, -1, 2, true}, {10, -5, 5, false}, {10, -5, 6, true},
		} {
			if got := Acceptable(top, c.wnd, top.Add(c.seq), c.length); got != c.want {
				t.Errorf("RCV.NXT %d, RCV.WND %d, SEG.SEQ %+d, SEG.LEN %d: %v", top, c.wnd, c.seq, c.length, got)
			}
		}
	}
}

// TestAbortOpening is RFC 9293 3.10.5 before the connection stands.
func TestAbortOpening(t *testing.T) {
	e := newEnd(t).open().want(seg{Flags: fSYN, Seq: iss, MSS: mss})
	e.c.Abort()
	e.want().ended(syscall.ECONNRESET)
	e = newEnd(t).listen().arrive(seg{Flags: fSYN, Seq: irs}).want(seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss})
	e.c.Abort()
	e.want(seg{Flags: fRST, Seq: iss + 1}).ended(syscall.ECONNRESET)
}

// TestAckStorm: two ends that have lost each other's numbers do not answer each other's answers for ever.
func TestAckStorm(t *testing.T) {
	if challengeBound == 0 {
		t.Skip("nothing bounds it yet")
	}
	e := established(t)
	answers := 0
	for range 100 {
		e.arrive(seg{Flags: fACK, Seq: irs - 5, Ack: iss + 1, Wnd: wnd})
		answers += len(e.take())
		e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 500, Wnd: wnd})
		answers += len(e.take())
	}
	if answers == 0 || answers > challengeBound {
		t.Errorf("%d answers", answers)
	}
}
