//go:build !before5

package tcp

import (
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// SHLD-30).
func TestZeroWindow(t *testing.T) {
	closed := seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: 0}
	probe := seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1, Data: "0"}
	e := established(t).arrive(closed).write(data(2000)).want()
	first, _ := e.c.Deadline()
	if first-e.now != minRTO { // one RTO
		t.Errorf("the first probe after %v", first-e.now)
	}
	e.pass(first - e.now).want(probe).arrive(closed).want()
	last := time.Duration(0)
	for e.now < 24*time.Hour {
		at, ok := e.c.Deadline()
		if !ok {
			t.Fatal("no more probes")
		}
		wait := at - e.now
		if wait < last || wait > maxRTO {
			t.Fatalf("a probe after %v, the one before after %v", wait, last)
		}
		last = wait
		e.pass(wait).want(probe).arrive(closed).want()
	}
	// The window opens: the probe's byte again, and as much of the rest as Nagle lets go.
	e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd}).
		want(probe, seg{Flags: fACK, Seq: iss + 2, Ack: irs + 1, Data: data(2000)[1 : 1+mss]})
}

// TestZeroWindowDeath: a peer that no longer answers probes is given up.
func TestZeroWindowDeath(t *testing.T) {
	e := established(t).arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: 0}).write("x")
	for e.take(); e.c.State() != Closed; e.take() {
		at, _ := e.c.Deadline()
		e.pass(at - e.now)
		if e.now > time.Hour {
			t.Fatal("never given up")
		}
	}
	e.ended(syscall.ETIMEDOUT)
}

// TestBothProbesTaken: both sides probe each other's closed window at once, both probes are taken because the window has
// just opened, and both ACKs are lost. From then on either side repeats its probe, at a place where the other is past, and
// the ACK in it is all that can help (draft-gont-tcpm-tcp-seq-validation 3.3).
func TestBothProbesTaken(t *testing.T) {
	for name, fin := range map[string]int{"data": 0, "data and FIN": 1} {
		t.Run(name, func(t *testing.T) {
			e := established(t).arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: 0}).write("01").want()
			e.pass(time.Second).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1, Data: "0"})
			flags, data := fACK, "x"
			if fin > 0 {
				if _, closes := any(e.c).(interface{ Close() }); !closes {
					t.Skip("no FIN yet")
				}
				flags, data = fFINACK, "x"
			}
			e.arrive(seg{Flags: flags, Seq: irs + 1, Ack: iss + 1, Wnd: 0, Data: data})
			e.take() // … and is lost
			// The peer has our probe, and repeats its own.
			e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd, Data: "x"})
			if e.c.snd.una != iss+2 {
				t.Fatal("the ACK in it does not count")
			}
			e.want(seg{Flags: fPSHACK, Seq: iss + 2, Ack: irs.Add(2 + fin), Data: "1"})
			// What is older than that may come from anybody.
			e.arrive(seg{Flags: fACK, Seq: irs.Add(fin - 1), Ack: iss + 3, Wnd: wnd})
			if e.c.snd.una != iss+2 {
				t.Fatal("the ACK of an old segment counts")
			}
		})
	}
}

// TestBothWindowsClosed: both windows are closed, and what begins at the edge of ours still brings its ACK: neither side would
// ever hear that its data arrived (RFC 9293 3.10.7.4, first check; MUST-66).
func TestBothWindowsClosed(t *testing.T) {
	e := established(t)
	e.c.rcv.wnd = 0
	e.write("0123456789").
		want(seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 1, Data: "0123456789"}).
		// A probe, with the ACK of our data in it: the byte has no room, the ACK counts.
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 11, Wnd: 0, Data: "x"})
	if e.c.snd.una != iss+11 || e.c.snd.wnd != 0 || e.c.rcv.nxt != irs+1 {
		t.Errorf("una %d, wnd %d, nxt %d", e.c.snd.una, e.c.snd.wnd, e.c.rcv.nxt)
	}
	e.want(seg{Flags: fACK, Seq: iss + 11, Ack: irs + 1}).
		// Now our probe is under way. An ACK of ours must begin at the edge of the peer's window.
		write("more").want().pass(time.Minute).want(seg{Flags: fACK, Seq: iss + 11, Ack: irs + 1, Data: "m"}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 11, Wnd: 0, Data: "x"}).
		want(seg{Flags: fACK, Seq: iss + 11, Ack: irs + 1})
	// And a RST reaches us, data in it or not (SHLD-2).
	e.arrive(seg{Flags: fRST, Seq: irs + 1, Data: "why"}).ended(syscall.ECONNRESET)
}

// TestReceiveWindow: the window closes as data comes, does not shrink, and opens by more than a crumb (MUST-39).
func TestReceiveWindow(t *testing.T) {
	e := newEnd(t)
	e.recv.SetLimit(4 * mss)
	e.open().want(seg{Flags: fSYN, Seq: iss, Wnd: 4 * mss, MSS: mss}).
		arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wnd, MSS: mss}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1, Wnd: 4 * mss})
	for i := range 4 {
		e.arrive(seg{Flags: fACK, Seq: irs + 1 + header.Seq(i*mss), Ack: iss + 1, Wnd: wnd, Data: data(mss)})
	}
	got := e.take()
	if len(got) != 1 || got[0].Wnd != 0 || got[0].Ack != irs+1+4*mss {
		t.Fatalf("full, and says %v", got)
	}
	// The peer probes: no room.
	e.arrive(seg{Flags: fACK, Seq: irs + 1 + 4*mss, Ack: iss + 1, Wnd: wnd, Data: "x"})
	if got := e.take(); len(got) != 1 || got[0].Wnd != 0 || got[0].Ack != irs+1+4*mss {
		t.Fatalf("full, and says %v", got)
	}
	p := make([]byte, mss-1)
	e.c.Read(p)
	e.want() // a crumb
	e.c.Read(p[:1])
	e.want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1 + 4*mss, Wnd: mss})
	// What is read on is told when the window is twice what the peer knows of.
	e.c.Read(p[:1])
	e.want()
	e.c.Read(p)
	e.want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1 + 4*mss, Wnd: 2 * mss})
}

// TestNoStall: a reader that reads segment by segment opens a window that the peer hears of without the delayed ACK.
func TestNoStall(t *testing.T) {
	e := established(t)
	next := irs + 1
	for e.c.rcv.wnd > 0 {
		n := min(mss, e.c.rcv.wnd)
		e.arrive(seg{Flags: fACK, Seq: next, Ack: iss + 1, Wnd: wnd, Data: data(n)})
		next = next.Add(n)
	}
	told := 0
	for range 46 {
		e.c.Read(make([]byte, mss))
		for _, s := range e.take() {
			told = s.Wnd
		}
	}
	if told < 65535/2 {
		t.Errorf("the buffer is empty, and the peer knows of %d bytes", told)
	}
}

// TestSillyWindow: the sender does not fill crumbs of a window (MUST-38), and Nagle holds small pieces back (SHLD-7).
func TestSillyWindow(t *testing.T) {
	e := established(t).
		write("a").want(seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 1, Data: "a"}).
		write("b").want().write("c").want().
		arrive(ack(iss + 2)).want(seg{Flags: fPSHACK, Seq: iss + 2, Ack: irs + 1, Data: "bc"}).
		arrive(ack(iss + 4))
	e.c.SetNoDelay(true)
	e.write("d").want(seg{Flags: fPSHACK, Seq: iss + 4, Ack: irs + 1, Data: "d"}).
		write("e").want(seg{Flags: fPSHACK, Seq: iss + 5, Ack: irs + 1, Data: "e"}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 6, Wnd: 100}).
		write(data(1000)).want(). // 100 of 1000, of a window that was 10000: not worth it
		pass(minRTO).want(seg{Flags: fACK, Seq: iss + 6, Ack: irs + 1, Data: data(100)})
	// A window of half of what the peer ever had is worth filling.
	established(t).arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd}).
		write(data(3000)).want(
		seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1, Data: data(mss)},
		seg{Flags: fACK, Seq: iss + 1 + mss, Ack: irs + 1, Data: data(3000)[mss : 2*mss]})
}

// TestShrunkWindow: the peer takes back what it offered; nothing new goes out, what was sent is sent again (MUST-34).
func TestShrunkWindow(t *testing.T) {
	e := established(t).write(data(4 * mss))
	sent := e.take()
	e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1 + mss, Wnd: mss}).want().
		write("new").want().
		pass(time.Second).want(sent[1])
}

// TestOldWindow: an older segment does not change the window.
func TestOldWindow(t *testing.T) {
	e := established(t).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: 7000, Data: "ab"}).
		arrive(seg{Flags: fACK, Seq: irs + 2, Ack: iss + 1, Wnd: 9000, Data: "bc"}).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: 1000, Data: "abcd"}) // acceptable, and older
	if e.c.snd.wnd != 9000 {
		t.Errorf("window %d", e.c.snd.wnd)
	}
	e.read("abcd")
}

// TestBeyondWindow: data outside the window is cut off, or refused with an ACK.
func TestBeyondWindow(t *testing.T) {
	e := newEnd(t)
	e.recv.SetLimit(100)
	e.open().want(seg{Flags: fSYN, Seq: iss, Wnd: 100, MSS: mss}).
		arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: wnd, MSS: mss}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1})
	e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: data(120)})
	if e.recv.Len() != 100 || e.c.rcv.nxt != irs+101 {
		t.Errorf("%d bytes received", e.recv.Len())
	}
	e.take()
	e.arrive(seg{Flags: fACK, Seq: irs + 500, Ack: iss + 1, Wnd: wnd, Data: "far"}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 101})
}

// TestWideWindow: a window of more than half of what its field holds is as wide as it says (MUST-1, REC-1).
func TestWideWindow(t *testing.T) {
	for _, w := range []int{0x7fff, 0x8000, 0xffff} {
		e := newEnd(t)
		e.recv.SetLimit(w)
		e.open().want(seg{Flags: fSYN, Seq: iss, Wnd: w, MSS: mss}).
			arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: w, MSS: mss}).
			want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1, Wnd: w})
		if e.c.snd.wnd != w {
			t.Errorf("a window of %d counts as %d", w, e.c.snd.wnd)
		}
		// And the last byte of ours is taken.
		e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: w, Data: data(w - 1)}).take()
		if e.arrive(seg{Flags: fACK, Seq: irs + header.Seq(w), Ack: iss + 1, Wnd: w, Data: "x"}); e.recv.Len() != w {
			t.Errorf("%d bytes taken of a window of %d", e.recv.Len(), w)
		}
	}
}
