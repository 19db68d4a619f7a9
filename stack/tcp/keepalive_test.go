//go:build !before6

package tcp

import (
	"syscall"
	"testing"
	"time"
)

// keepAlive is what asks a peer whether it is there: empty, and at a place it has had.
var keepAlive = seg{Flags: fACK, Seq: iss, Ack: irs + 1}

// TestKeepAlive: off unless asked for, by default after two hours, and answered or not (RFC 9293 3.8.4).
func TestKeepAlive(t *testing.T) {
	t.Run("off", func(t *testing.T) { // MUST-25
		established(t).due(0)
	})
	t.Run("default", func(t *testing.T) { // MUST-28
		e := established(t)
		e.c.SetKeepAlive(e.now, KeepAliveIdle)
		e.due(2 * time.Hour).pass(2*time.Hour - 1).want().pass(1).want(keepAlive)
	})
	t.Run("answered", func(t *testing.T) { // MUST-24, MUST-27, SHLD-12
		e := established(t)
		e.c.SetKeepAlive(e.now, time.Minute)
		e.pass(time.Minute).want(keepAlive).
			arrive(ack(iss + 1)).want().pass(time.Minute).want(keepAlive)
		for range 100 {
			e.arrive(ack(iss + 1)).want().pass(time.Minute).want(keepAlive).in(Established)
		}
		e.c.SetKeepAlive(e.now, 0)
		e.due(0)
	})
	t.Run("answered late", func(t *testing.T) { // MUST-29
		e := established(t)
		e.c.SetKeepAlive(e.now, time.Minute)
		for range keepAliveProbes {
			e.pass(time.Minute).want(keepAlive)
		}
		e.arrive(ack(iss + 1))
		for range keepAliveProbes {
			e.pass(time.Minute).want(keepAlive).in(Established)
		}
	})
	t.Run("dead", func(t *testing.T) {
		e := established(t)
		e.c.SetKeepAlive(e.now, 3*time.Hour)
		e.pass(3 * time.Hour).want(keepAlive)
		for range keepAliveProbes - 1 {
			e.pass(keepAliveInterval).want(keepAlive)
		}
		e.pass(keepAliveInterval).want(seg{Flags: fRST, Seq: iss + 1}).ended(syscall.ETIMEDOUT)
	})
	t.Run("not while something is heard", func(t *testing.T) { // MUST-26
		e := established(t)
		e.c.SetKeepAlive(e.now, time.Minute)
		e.pass(40 * time.Second).arrive(ack(iss + 1)).pass(20 * time.Second).want().
			due(100 * time.Second).pass(40 * time.Second).want(keepAlive)
	})
	t.Run("not while something is unacknowledged", func(t *testing.T) { // MUST-26
		e := established(t).write("x")
		e.c.SetKeepAlive(e.now, time.Second/10)
		x := seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 1, Data: "x"}
		e.want(x).pass(time.Second / 10).want().pass(time.Second / 10).want(x) // the retransmission timer asks
	})
	t.Run("not in TIME-WAIT", func(t *testing.T) {
		e := established(t)
		e.c.SetKeepAlive(e.now, time.Second)
		e.close().want(ourFIN).arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd}).
			want(seg{Flags: fACK, Seq: iss + 2, Ack: irs + 2}).in(TimeWait).due(2 * e.g.msl())
	})
}

// TestUserTimeout: the application's own R2, to the moment (MUST-21).
func TestUserTimeout(t *testing.T) {
	x := seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 1, Data: "x"}
	t.Run("data", func(t *testing.T) {
		e := established(t)
		e.c.SetUserTimeout(time.Second)
		e.write("x").want(x).pass(minRTO).want(x).pass(2 * minRTO).want(x).
			due(time.Second).pass(400*time.Millisecond - 1).want().in(Established).
			pass(1).want().ended(syscall.ETIMEDOUT)
	})
	t.Run("set while waiting", func(t *testing.T) {
		e := established(t).write("x").want(x).pass(minRTO).want(x).due(3 * minRTO)
		e.c.SetUserTimeout(minRTO + 1)
		e.due(minRTO + 1).pass(1).want().ended(syscall.ETIMEDOUT)
	})
	t.Run("progress", func(t *testing.T) { // the time counts from the last that was acknowledged
		e := established(t)
		e.c.SetUserTimeout(time.Second)
		e.write("x").want(x).pass(minRTO).want(x).arrive(ack(iss + 2)).due(0).
			pass(time.Hour).write("y").want(seg{Flags: fPSHACK, Seq: iss + 2, Ack: irs + 1, Data: "y"}).in(Established)
	})
	t.Run("SYN", func(t *testing.T) { // MUST-23: the application may stop earlier
		e := newEnd(t).open()
		e.c.SetUserTimeout(5 * time.Second)
		syn := seg{Flags: fSYN, Seq: iss, MSS: mss}
		e.want(syn).pass(time.Second).want(syn).pass(2 * time.Second).want(syn).
			pass(2*time.Second - 1).in(SynSent).pass(1).want().ended(syscall.ETIMEDOUT)
	})
	t.Run("closed window", func(t *testing.T) { // MUST-37: a peer that answers is alive
		e := established(t).arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1}).write("x")
		e.c.SetUserTimeout(time.Second)
		e.take()
		for range 100 {
			at, _ := e.c.Deadline()
			e.pass(at - e.now)
			if len(e.take()) > 0 {
				e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1})
			}
			e.in(Established)
		}
	})
}

// TestSoftError: from R1 on the application can learn that nothing arrives (SHLD-9, SHLD-10).
func TestSoftError(t *testing.T) {
	e := established(t).write("x")
	e.take()
	for i := range 3 {
		if err := e.c.SoftError(); err != nil {
			t.Errorf("after %d retransmissions: %v", i, err)
		}
		at, _ := e.c.Deadline()
		e.pass(at - e.now).take()
	}
	if err := e.c.SoftError(); err != syscall.ETIMEDOUT {
		t.Errorf("after three retransmissions: %v", err)
	}
	e.arrive(ack(iss + 2)).in(Established)
	if err := e.c.SoftError(); err != nil {
		t.Errorf("after the ACK: %v", err)
	}
}
