//go:build !before4

package tcp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// An end is one connection under test. The test is the peer, the network and the clock: it hands over one segment at a
// time and compares all that comes back.
type end struct {
	t      *testing.T
	g      *Config
	c      *Conn
	now    time.Duration
	l      *Listener
	send   buffer.Queue
	recv   buffer.Chain
	states []State
}

var (
	here  = netip.MustParseAddrPort("10.0.0.1:1000")
	there = netip.MustParseAddrPort("10.0.0.2:80")
)

const (
	iss = header.Seq(100)  // ours
	irs = header.Seq(5000) // the peer's
	mss = 1460
	wnd = 10000 // what the peer offers
)

// newEnd has a connection whose numbering begins at iss.
func newEnd(t *testing.T) *end {
	e := &end{t: t}
	e.g = &Config{
		ReceiveMax: 1, SendMax: 1, NoQuickACK: true, // the tests of buffers that grow, and of quick ACKs, ask for them
		InitialSequence: func(_, _ netip.AddrPort, _ time.Duration) header.Seq { return iss },
		Transition:      func(_ *Conn, _, to State) { e.states = append(e.states, to) },
	}
	return e
}

func (e *end) endpoints() Endpoints {
	return Endpoints{Local: here, Remote: there, Send: &e.send, Receive: &e.recv, MTU: 1500}
}

// open begins an active open.
func (e *end) open() *end {
	e.c = Open(e.g, e.endpoints(), e.now)
	return e
}

// listen waits for a SYN.
func (e *end) listen() *end {
	e.l = &Listener{Backlog: 1}
	return e
}

// seg is a segment as the tests write it: a header without ports, and how many bytes of data.
type seg struct {
	Flags    header.Flags
	Seq, Ack header.Seq
	Wnd      int
	MSS      int // the option, when not 0
	Data     string
}

func (s seg) String() string {
	return fmt.Sprintf("<SEQ=%d><ACK=%d><CTL=%v><WND=%d>%d bytes", s.Seq, s.Ack, s.Flags, s.Wnd, len(s.Data))
}

// arrive hands segments over, one after the other without a chance to answer in between.
func (e *end) arrive(segs ...seg) *end {
	e.t.Helper()
	for _, s := range segs {
		h := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Seq: s.Seq, Ack: s.Ack, Flags: s.Flags, Window: uint16(s.Wnd)}
		if s.MSS != 0 {
			h.Options = header.AppendMSS(nil, uint16(s.MSS))
		}
		if e.c == nil {
			c, reset := e.l.Arrive(e.g, e.endpoints, e.now, h)
			if reset {
				e.t.Errorf("%v: to be reset", s)
			}
			e.c = c
			continue
		}
		e.c.Arrive(e.now, h, []byte(s.Data), nil, 0)
	}
	return e
}

// pass lets time pass, and all that is due happen at its time, without a chance to send before the end.
func (e *end) pass(d time.Duration) *end {
	e.now += d
	e.c.Timeout(e.now)
	return e
}

// take returns all that the connection wants to send now.
func (e *end) take() []seg {
	e.t.Helper()
	var out []seg
	var s Segment
	for e.c.Next(e.now, &s) {
		if s.Local != here || s.Remote != there || s.Header.SrcPort != here.Port() || s.Header.DstPort != there.Port() {
			e.t.Errorf("a segment from %v to %v", s.Local, s.Remote)
		}
		got := seg{Flags: s.Header.Flags, Seq: s.Header.Seq, Ack: s.Header.Ack, Wnd: int(s.Header.Window), Data: string(s.Body[0]) + string(s.Body[1])}
		if m, ok := header.MSS(s.Header.Options); ok {
			got.MSS = int(m)
		}
		if out = append(out, got); len(out) > 1000 {
			e.t.Fatal("the connection does not stop sending")
		}
	}
	return out
}

// want compares what the connection wants to send now. A wanted window of 0 stands for any.
func (e *end) want(wanted ...seg) *end {
	e.t.Helper()
	got := e.take()
	for i := range got {
		if i < len(wanted) && wanted[i].Wnd == 0 {
			got[i].Wnd = 0
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		e.t.Fatalf("at %v, wanted - and got +:\n%s", e.now, diff)
	}
	return e
}

// in checks the state.
func (e *end) in(s State) *end {
	e.t.Helper()
	if e.c.State() != s {
		e.t.Fatalf("at %v: in %v, not %v", e.now, e.c.State(), s)
	}
	return e
}

// ended checks that the connection is over, for the reason given, and keeps nothing.
func (e *end) ended(err error) *end {
	e.t.Helper()
	e.in(Closed)
	if e.c.Err() != err {
		e.t.Errorf("at %v: ended with %v, not %v", e.now, e.c.Err(), err)
	}
	if at, ok := e.c.Deadline(); ok {
		e.t.Errorf("closed, and wants to be woken at %v", at)
	}
	return e
}

// due checks when the connection wants to be woken; 0 means never.
func (e *end) due(at time.Duration) *end {
	e.t.Helper()
	got, ok := e.c.Deadline()
	if ok != (at != 0) || got != at {
		e.t.Fatalf("at %v: wants to be woken at %v (%v), not %v", e.now, got, ok, at)
	}
	return e
}

// established has an open connection: iss and irs are used up, the peer offers wnd.
func established(t *testing.T) *end {
	t.Helper()
	return newEnd(t).open().
		want(seg{Flags: header.SYN, Seq: iss, MSS: mss}).
		arrive(seg{Flags: header.SYN | header.ACK, Seq: irs, Ack: iss + 1, Wnd: wnd, MSS: mss}).
		want(seg{Flags: header.ACK, Seq: iss + 1, Ack: irs + 1}).
		in(Established)
}

// data returns n bytes.
func data(n int) string { return strings.Repeat("0123456789", n/10+1)[:n] }

const (
	fSYN    = header.SYN
	fACK    = header.ACK
	fRST    = header.RST
	fFIN    = header.FIN
	fSYNACK = header.SYN | header.ACK
	fRSTACK = header.RST | header.ACK
	fFINACK = header.FIN | header.ACK
	fPSHACK = header.PSH | header.ACK
)
