//go:build !before6

package tcp

import (
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/header"
)

func (e *end) close() *end {
	e.c.Close()
	return e
}

// eof checks that the stream has come to its end.
func (e *end) eof() *end {
	e.t.Helper()
	if n, err := e.c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		e.t.Errorf("read: %d, %v", n, err)
	}
	return e
}

// Segments of an empty connection that is being closed: from us, and from the peer.
var (
	ourFIN   = seg{Flags: fFINACK, Seq: iss + 1, Ack: irs + 1}
	peersFIN = seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd}
)

// TestCloseOrders ends a connection in every order (RFC 9293 3.6, figures 12 and 13).
func TestCloseOrders(t *testing.T) {
	const msl2 = time.Minute
	for name, c := range map[string]struct {
		do     func(e *end)
		states []State
	}{
		"we first": {func(e *end) {
			e.close().want(ourFIN).in(FinWait1).
				arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).want().in(FinWait2).due(0).
				arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).
				want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}).eof().due(msl2).pass(msl2)
		}, []State{FinWait1, FinWait2, TimeWait, Closed}},
		"we first, FIN and ACK together": {func(e *end) {
			e.close().want(ourFIN).
				arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).
				want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}).pass(msl2)
		}, []State{FinWait1, FinWait2, TimeWait, Closed}},
		"the peer first": {func(e *end) {
			e.arrive(peersFIN).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 2}).in(CloseWait).eof().
				write("last words").want(seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 2, Data: "last words"}).
				close().want(seg{Flags: fFINACK, Seq: iss + 11, Ack: irs + 2}).in(LastAck).
				arrive(seg{Flags: fACK, Seq: irs + 2, Ack: iss + 12, Wnd: wnd}).want()
		}, []State{CloseWait, LastAck, Closed}},
		"both at once": {func(e *end) {
			e.close().want(ourFIN).
				arrive(peersFIN).want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}).in(Closing).
				arrive(seg{Flags: fACK, Seq: irs + 2, Ack: iss + 2, Wnd: wnd}).want().due(msl2).pass(msl2)
		}, []State{FinWait1, Closing, TimeWait, Closed}},
		"FIN with data, both ways": {func(e *end) {
			e.write("bye").close().want(seg{Flags: fFINACK | header.PSH, Seq: iss + 1, Ack: irs + 1, Data: "bye"}).
				arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 5, Wnd: wnd, Data: "bye"}).
				want(seg{Flags: fACK, Seq: iss + 5, Ack: irs + 5}).read("bye").eof().pass(msl2)
		}, []State{FinWait1, FinWait2, TimeWait, Closed}},
		"the FIN before what precedes it": {func(e *end) {
			e.arrive(seg{Flags: fFINACK, Seq: irs + 3, Ack: iss + 1, Wnd: wnd, Data: "cd"}).
				want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}).in(Established).
				arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: "ab"}).
				want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 6}).in(CloseWait).read("abcd").eof().
				close().want(seg{Flags: fFINACK, Seq: iss + 1, Ack: irs + 6}).
				arrive(seg{Flags: fACK, Seq: irs + 6, Ack: iss + 2, Wnd: wnd})
		}, []State{CloseWait, LastAck, Closed}},
		"the FIN alone before what precedes it": {func(e *end) {
			e.arrive(seg{Flags: fFINACK, Seq: irs + 3, Ack: iss + 1, Wnd: wnd}).
				want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}).in(Established).
				arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: "ab"}).
				want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 4}).in(CloseWait).read("ab").eof().
				close().want(seg{Flags: fFINACK, Seq: iss + 1, Ack: irs + 4}).
				arrive(seg{Flags: fACK, Seq: irs + 4, Ack: iss + 2, Wnd: wnd})
		}, []State{CloseWait, LastAck, Closed}},
		"our FIN lost": {func(e *end) {
			e.close().want(ourFIN).pass(minRTO).want(ourFIN).
				arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).
				want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}).pass(msl2)
		}, []State{FinWait1, FinWait2, TimeWait, Closed}},
		"our last ACK lost": {func(e *end) {
			fin := seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}
			last := seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}
			e.close().want(ourFIN).arrive(fin).want(last).
				pass(msl2 - 1).arrive(fin).want(last).in(TimeWait). // and the wait begins afresh
				due(e.now + msl2).pass(msl2 - 1).in(TimeWait).pass(1)
		}, []State{FinWait1, FinWait2, TimeWait, Closed}},
		"RST in CLOSE-WAIT": {func(e *end) {
			e.arrive(peersFIN).take()
			e.arrive(seg{Flags: fRST, Seq: irs + 2})
			if e.c.Err() != syscall.ECONNRESET {
				t.Errorf("%v", e.c.Err())
			}
			e.c.err = nil // checked
		}, []State{CloseWait, Closed}},
		"RST in LAST-ACK": {func(e *end) {
			e.arrive(peersFIN).close().take()
			e.arrive(seg{Flags: fRST, Seq: irs + 2})
		}, []State{CloseWait, LastAck, Closed}},
	} {
		t.Run(name, func(t *testing.T) {
			e := established(t)
			e.states = nil
			c.do(e)
			e.want().ended(nil)
			if diff := cmp.Diff(c.states, e.states); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestHalfClose: after our FIN the peer goes on sending, and is heard.
func TestHalfClose(t *testing.T) {
	e := established(t).close().want(ourFIN).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd, Data: "more"}).
		pass(delayACK).want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 5}).read("more").in(FinWait2)
	if _, err := e.c.Write([]byte("x")); err != syscall.EPIPE {
		t.Errorf("write: %v", err)
	}
	e.due(0) // a half-closed connection may stay so
}

// TestCloseOpening is CLOSE before the connection stands (RFC 9293 3.10.4).
func TestCloseOpening(t *testing.T) {
	newEnd(t).open().want(seg{Flags: fSYN, Seq: iss, MSS: mss}).close().want().ended(nil)
	// In SYN-RECEIVED the FIN waits.
	newEnd(t).listen().arrive(seg{Flags: fSYN, Seq: irs, Wnd: wnd, MSS: mss}).
		want(seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss}).
		close().want().in(SynReceived).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd}).
		want(ourFIN).in(FinWait1).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).in(FinWait2)
	// The ACK that completes the handshake brings the peer's FIN too.
	newEnd(t).listen().arrive(seg{Flags: fSYN, Seq: irs, Wnd: wnd, MSS: mss}).
		want(seg{Flags: fSYNACK, Seq: iss, Ack: irs + 1, MSS: mss}).
		arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: "all"}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 5}).in(CloseWait).read("all").eof()
}

// TestCloseWithMuch: what has been written goes out before the FIN, even when the window is closed for long.
func TestCloseWithMuch(t *testing.T) {
	established(t).arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1}).
		write("abc").close().want().in(FinWait1).
		pass(minRTO).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1, Data: "a"}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: 1}).want().
		pass(time.Minute).want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 1, Data: "b"}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 3, Wnd: wnd}).
		want(seg{Flags: fFINACK | header.PSH, Seq: iss + 3, Ack: irs + 1, Data: "c"}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 5, Wnd: wnd}).in(FinWait2)
}

// TestFINAtClosedWindow: a FIN needs no room, and is taken when nothing else is; our own is repeated when the window opens.
func TestFINAtClosedWindow(t *testing.T) {
	e := established(t)
	e.c.rcv.wnd = 0
	e.arrive(peersFIN).in(CloseWait).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 2})
	established(t).arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1}).close().want(ourFIN).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1}).want().
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: 100}).want(ourFIN)
}

// TestAbort is RFC 9293 3.10.5 in every state that has a peer.
func TestAbort(t *testing.T) {
	fin2 := seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}
	last := seg{Flags: fACK, Seq: irs + 2, Ack: iss + 2, Wnd: wnd}
	for name, c := range map[string]struct {
		before func(e *end)
		want   []seg
		err    error
	}{
		"ESTABLISHED": {func(e *end) { e.write("never sent") }, []seg{{Flags: fRST, Seq: iss + 1}}, syscall.ECONNRESET},
		"FIN-WAIT-1":  {func(e *end) { e.close().take() }, []seg{{Flags: fRST, Seq: iss + 2}}, syscall.ECONNRESET},
		"FIN-WAIT-2":  {func(e *end) { e.close().take(); e.arrive(fin2) }, []seg{{Flags: fRST, Seq: iss + 2}}, syscall.ECONNRESET},
		"CLOSE-WAIT":  {func(e *end) { e.arrive(peersFIN).take() }, []seg{{Flags: fRST, Seq: iss + 1}}, syscall.ECONNRESET},
		"CLOSING":     {func(e *end) { e.close().take(); e.arrive(peersFIN).take() }, nil, nil},
		"LAST-ACK":    {func(e *end) { e.arrive(peersFIN).close().take() }, nil, nil},
		"TIME-WAIT":   {func(e *end) { e.close().take(); e.arrive(fin2, peersFIN).take() }, nil, nil},
		"CLOSED":      {func(e *end) { e.arrive(peersFIN).close().take(); e.arrive(last) }, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := established(t)
			c.before(e)
			if e.c.State().String() != name {
				t.Fatalf("in %v", e.c.State())
			}
			e.c.Abort()
			e.want(c.want...).ended(c.err)
		})
	}
}

// TestDeaf: nobody reads any more. What is unread, and what comes, is answered by a RST (SHLD-3).
func TestDeaf(t *testing.T) {
	e := established(t).arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: "unread"})
	e.c.Deafen()
	e.close().want(seg{Flags: fRST, Seq: iss + 1}).ended(syscall.ECONNRESET)

	e = established(t)
	e.c.Deafen()
	e.close().want(ourFIN).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd, Data: "late"}).
		want(seg{Flags: fRST, Seq: iss + 2}).ended(syscall.ECONNRESET)

	// A peer that is silent too does not keep us in FIN-WAIT-2 for ever.
	e = established(t)
	e.c.Deafen()
	e.close().want(ourFIN).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).want().in(FinWait2).
		due(time.Minute).pass(time.Minute).want().ended(nil)
	// And one that closes in time is answered for two MSL.
	e = established(t)
	e.c.Deafen()
	e.close().want(ourFIN).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).want().
		pass(time.Minute - 1).
		arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}).
		in(TimeWait).due(e.now + time.Minute)
}

// TestOrphan: a peer that answers all probes of its closed window keeps a connection that nobody holds any more for no longer
// than R2; one that has a holder, for ever.
func TestOrphan(t *testing.T) {
	closed := seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1}
	for _, limit := range []time.Duration{0, 30 * time.Second} {
		e := established(t).arrive(closed).write("x")
		e.c.SetUserTimeout(limit)
		e.take()
		last := limit
		if last == 0 {
			last = giveUp
		}
		probed := func(until time.Duration) {
			for e.c.State() != Closed && e.now < until {
				at, ok := e.c.Deadline()
				if !ok {
					t.Fatal("nothing is waited for")
				}
				e.pass(at - e.now)
				if len(e.take()) > 0 {
					e.arrive(closed)
				}
			}
		}
		probed(time.Hour)
		e.in(Established)
		e.c.Deafen()
		e.close()
		begin := e.now
		probed(begin + time.Hour)
		e.ended(syscall.ETIMEDOUT)
		if d := e.now - begin; d < last || d > last+maxRTO {
			t.Errorf("limit %v: given up after %v", limit, d)
		}
	}
}

// TestTimeWaitHears: in TIME-WAIT everything is answered, and nothing delivered.
func TestTimeWaitHears(t *testing.T) {
	last := seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}
	e := established(t).close().want(ourFIN).
		arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).want(last)
	e.now = 10 * time.Second
	e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd, Data: "?"}).want(last).
		arrive(seg{Flags: fSYN, Seq: irs + 100, Wnd: wnd}).want(last).
		in(TimeWait).due(time.Minute) // only a FIN begins the wait afresh
}
