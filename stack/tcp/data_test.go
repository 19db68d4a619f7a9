//go:build !before5

package tcp

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// write queues data as the application would.
func (e *end) write(s string) *end {
	e.t.Helper()
	if n, err := e.c.Write([]byte(s)); n != len(s) || err != nil {
		e.t.Fatalf("write: %d of %d, %v", n, len(s), err)
	}
	return e
}

// read reads all there is.
func (e *end) read(want string) *end {
	e.t.Helper()
	b := make([]byte, len(want)+10)
	n, err := e.c.Read(b)
	if string(b[:n]) != want {
		e.t.Fatalf("read %q, %v, not %q", b[:n], err, want)
	}
	return e
}

// ack is the peer's, of all before seq.
func ack(seq header.Seq) seg { return seg{Flags: fACK, Seq: irs + 1, Ack: seq, Wnd: wnd} }

// TestData carries bytes both ways.
func TestData(t *testing.T) {
	e := established(t).
		write("hello").
		want(seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 1, Data: "hello"}).
		arrive(seg{Flags: fPSHACK, Seq: irs + 1, Ack: iss + 6, Wnd: wnd, Data: "world"}).
		want(). // the ACK waits for company
		due(delayACK).
		read("world").
		write("!").
		want(seg{Flags: fPSHACK, Seq: iss + 6, Ack: irs + 6, Data: "!"}). // and has found it
		arrive(seg{Flags: fACK, Seq: irs + 6, Ack: iss + 7, Wnd: wnd}).
		due(0)
	if e.send.Len() != 0 || e.c.snd.una != e.c.snd.nxt {
		t.Errorf("%d bytes still wait", e.send.Len())
	}
}

// TestDelayedACK: after 40 ms, or for every second full segment (SHLD-19).
func TestDelayedACK(t *testing.T) {
	full := data(mss)
	established(t).
		arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: "x"}).want().
		pass(delayACK - 1).want().
		pass(1).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 2}).
		due(0).
		arrive(seg{Flags: fACK, Seq: irs + 2, Ack: iss + 1, Wnd: wnd, Data: full}).want().
		arrive(seg{Flags: fACK, Seq: irs + 2 + mss, Ack: iss + 1, Wnd: wnd, Data: full}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 2 + 2*mss}).
		due(0)
	// A batch is answered once (MUST-59).
	established(t).
		arrive(
			seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: full},
			seg{Flags: fACK, Seq: irs + 1 + mss, Ack: iss + 1, Wnd: wnd, Data: full},
			seg{Flags: fACK, Seq: irs + 1 + 2*mss, Ack: iss + 1, Wnd: wnd, Data: full}).
		want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1 + 3*mss})
}

// TestRetransmission: RFC 6298 5, with the timeout doubled each time until a round trip is measured again (Karn).
func TestRetransmission(t *testing.T) {
	hello := seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 1, Data: "hello"}
	e := established(t) // the handshake took no time: RTO is the least there is
	e.write("hello").want(hello)
	at := minRTO
	for range 5 {
		e.due(e.now + at).pass(at - 1).want().pass(1).want(hello)
		at *= 2
	}
	// Its ACK measures nothing, and the timeout stays doubled for what is sent next …
	e.arrive(ack(iss + 6)).want().due(0).
		write("again").want(seg{Flags: fPSHACK, Seq: iss + 6, Ack: irs + 1, Data: "again"}).
		due(e.now + at)
	// … until that has been measured.
	e.now += 10 * time.Millisecond
	e.arrive(ack(iss + 11)).
		write("x").want(seg{Flags: fPSHACK, Seq: iss + 11, Ack: irs + 1, Data: "x"}).
		due(e.now + 10*time.Millisecond/8 + minRTO)
}

// TestKarnBehindAGap: what waited at the peer for a retransmission measures nothing either.
func TestKarnBehindAGap(t *testing.T) {
	e := established(t)
	var samples []time.Duration
	e.c.stream.estimator = estimatorFunc(func(d time.Duration) { samples = append(samples, d) })
	e.write(data(3 * mss))
	if n := len(e.take()); n != 3 {
		t.Fatalf("%d segments", n)
	}
	e.pass(time.Second)
	if again := e.take(); len(again) != 1 || again[0].Seq != iss+1 {
		t.Fatalf("sent again: %v", again)
	}
	e.now += 30 * time.Millisecond
	e.arrive(ack(iss + 1 + 3*mss)).want()
	if len(samples) != 0 {
		t.Errorf("measured %v", samples)
	}
}

type estimatorFunc func(time.Duration)

func (f estimatorFunc) Sample(d time.Duration) { f(d) }
func (f estimatorFunc) RTO() time.Duration     { return time.Second }

// TestGoBack: after a timeout the oldest goes out alone, and when the peer answers, the rest.
func TestGoBack(t *testing.T) {
	e := established(t).write(data(3 * mss))
	sent := e.take()
	e.pass(minRTO).want(sent[0]).
		arrive(ack(iss+1+mss)).want(sent[1], sent[2]).
		arrive(ack(iss + 1 + 3*mss)).want().due(0)
	// An ACK in the middle of a segment: what is left of it.
	e = established(t).write(data(mss))
	sent = e.take()
	e.arrive(ack(iss + 1 + 1000)).want().pass(time.Second)
	rest := sent[0]
	rest.Seq, rest.Data = iss+1+1000, rest.Data[1000:]
	e.want(rest)
}

// TestGiveUp: R2 for data (MUST-20).
func TestGiveUp(t *testing.T) {
	e := established(t).write("x")
	for e.take(); e.c.State() != Closed; e.take() {
		at, ok := e.c.Deadline()
		if !ok {
			t.Fatal("nothing is waited for")
		}
		e.pass(at - e.now)
	}
	if e.now < giveUp || e.now > giveUp+maxRTO {
		t.Errorf("given up after %v", e.now)
	}
	e.ended(syscall.ETIMEDOUT)
	if _, err := e.c.Write([]byte("x")); err != syscall.ETIMEDOUT {
		t.Errorf("write: %v", err)
	}
	if _, err := e.c.Read(make([]byte, 1)); err != syscall.ETIMEDOUT {
		t.Errorf("read: %v", err)
	}
}

// TestEstimator follows RFC 6298 2 by hand.
func TestEstimator(t *testing.T) {
	follow := func(steps []struct{ sample, rto time.Duration }) {
		var e rtoEstimator
		for _, step := range steps {
			if step.sample != 0 {
				e.Sample(step.sample)
			}
			if got := e.RTO(); got != step.rto {
				t.Errorf("after %v: %v, not %v", step.sample, got, step.rto)
			}
		}
	}
	follow([]struct{ sample, rto time.Duration }{
		{0, time.Second}, // none yet
		{400 * time.Millisecond, 400*time.Millisecond + 4*200*time.Millisecond},
		{400 * time.Millisecond, 400*time.Millisecond + 4*150*time.Millisecond},
		{800 * time.Millisecond, 450*time.Millisecond + 4*212500*time.Microsecond},
	})
	// However steady the round trip is, the peer may keep its ACK back for a while.
	long := []struct{ sample, rto time.Duration }{{0, time.Second}}
	for v := 80 * time.Millisecond; len(long) < 20; v = v * 3 / 4 {
		long = append(long, struct{ sample, rto time.Duration }{160 * time.Millisecond, 160*time.Millisecond + max(minRTO, 4*v)})
	}
	follow(long)
}

// TestZeroWindow: the peer closes its window, answers every probe for a day, and opens it (MUST-36, MUST-37, SHLD-29,
// TestBothWindowsClosed: each side has a probe under way and no room. The ACKs must pass all the same, or neither will
// TestOutOfOrder: pieces in any order, repeated and overlapping, are one stream in the end.
func TestOutOfOrder(t *testing.T) {
	whole := data(100)
	piece := func(from, to int) seg {
		return seg{Flags: fACK, Seq: irs + 1 + header.Seq(from), Ack: iss + 1, Wnd: wnd, Data: whole[from:to]}
	}
	dup := seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}
	e := established(t).
		arrive(piece(50, 60)).want(dup). // at once (MAY-13)
		arrive(piece(70, 80)).want(dup).
		arrive(piece(45, 75)).want(dup). // over both
		arrive(piece(52, 55)).want(dup). // in it
		arrive(piece(40, 90)).want(dup). // over all
		arrive(piece(20, 30)).want(dup)
	total := 0
	for _, h := range e.c.stream.held {
		total += len(h.b)
	}
	if total != 60 {
		t.Errorf("%d bytes held", total)
	}
	e.arrive(piece(0, 25)).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 31}).
		arrive(piece(25, 100)).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 101}).
		read(whole)
	if e.c.stream.held != nil {
		t.Errorf("still held: %v", e.c.stream.held)
	}
}

// TestHeldBounds: whatever comes, what is held is no more than the window, in so many pieces, and is given back.
func TestHeldBounds(t *testing.T) {
	pool := buffer.Pool{Size: 20000}
	var packets []*buffer.Packet
	e := established(t)
	for i := range 2000 {
		p := pool.Get()
		b := p.Put(20000)
		p.Retain() // the test's own
		packets = append(packets, p)
		from := irs + 3 + header.Seq(i*7%45000)
		e.c.Arrive(e.now, &header.TCP{Flags: fACK, Seq: from, Ack: iss + 1, Window: wnd}, b, p, 0)
		p.Release()
	}
	total := 0
	for i, h := range e.c.stream.held {
		total += len(h.b)
		if i > 0 && h.seq.Before(e.c.stream.held[i-1].end()) {
			t.Fatal("held twice")
		}
	}
	if total > 65535 || len(e.c.stream.held) > e.c.maxHeld() {
		t.Errorf("%d bytes in %d pieces", total, len(e.c.stream.held))
	}
	e.c.Abort()
	for _, p := range packets {
		p.Release() // all others have: this is the last, and not once too often
		if p.Bytes(); !released(p) {
			t.Fatal("a packet is still held after the end")
		}
	}
}

// released says whether nobody holds p any more: one release more panics.
func released(p *buffer.Packet) (gone bool) {
	defer func() { gone = recover() != nil }()
	p.Release()
	return
}

// TestDuplicate: what has arrived before is answered, and not delivered again.
func TestDuplicate(t *testing.T) {
	x := seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: wnd, Data: "x"}
	established(t).arrive(x).pass(delayACK).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 2}).
		arrive(x).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 2}).
		read("x")
}

// TestRound: the numbers go all the way round and past their beginning; not a byte is lost when snd.una is iss again.
func TestRound(t *testing.T) {
	e := established(t).write("before").want(seg{Flags: fPSHACK, Seq: iss + 1, Ack: irs + 1, Data: "before"}).arrive(ack(iss + 7))
	// 4 GiB later, all but a few bytes.
	e.c.snd.una, e.c.snd.nxt, e.c.snd.wl2 = iss, iss, iss
	e.write("after").want(seg{Flags: fPSHACK, Seq: iss, Ack: irs + 1, Data: "after"}).
		arrive(ack(iss + 3)).pass(time.Minute).want(seg{Flags: fPSHACK, Seq: iss + 3, Ack: irs + 1, Data: "er"}).
		arrive(ack(iss + 5)).want()
	if e.send.Len() != 0 {
		t.Errorf("%d bytes left", e.send.Len())
	}
}

// TestSynchronizedArrives: RST and SYN in a connection that stands.
func TestSynchronizedArrives(t *testing.T) {
	here := seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}
	for name, c := range map[string]struct {
		in  seg
		out []seg
		err error
	}{
		"RST at its place":  {seg{Flags: fRST, Seq: irs + 1}, nil, syscall.ECONNRESET},
		"RST in the window": {seg{Flags: fRST, Seq: irs + 100}, []seg{here}, nil},
		"RST outside":       {seg{Flags: fRST, Seq: irs}, nil, nil},
		"SYN in the window": {seg{Flags: fSYN, Seq: irs + 100}, []seg{here}, nil},
		"SYN outside":       {seg{Flags: fSYN, Seq: irs - 100}, []seg{here}, nil},
		"SYN,ACK again":     {seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1}, []seg{here}, nil},
		"ACK too new":       {seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Data: "x"}, []seg{here}, nil},
		"no ACK":            {seg{Seq: irs + 1, Data: "x"}, nil, nil},
		"old ACK":           {seg{Flags: fACK, Seq: irs + 1, Ack: iss - 5, Wnd: 1}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := established(t).arrive(c.in).want(c.out...)
			if c.err != nil {
				e.ended(c.err)
				return
			}
			e.in(Established)
			if e.c.rcv.nxt != irs+1 || e.c.snd.wnd != wnd || e.recv.Len() != 0 {
				t.Error("it has changed something")
			}
		})
	}
}

// TestSuperSegments: what the parts below cut goes down in one piece, a whole number of packets as long as more follows.
func TestSuperSegments(t *testing.T) {
	e := newEnd(t)
	ends := e.endpoints()
	ends.SegmentMax = 3 * mss
	e.c = Open(e.g, ends, 0)
	e.take()
	e.arrive(seg{Flags: fSYNACK, Seq: irs, Ack: iss + 1, Wnd: 12000, MSS: mss}).take()
	e.write(data(30000))
	var sizes []int
	for _, s := range e.take() {
		sizes = append(sizes, len(s.Data))
	}
	if len(sizes) != 3 || sizes[0] != 3*mss || sizes[1] != 3*mss || sizes[2] != 2*mss {
		t.Errorf("%v", sizes)
	}
}

// TestStreamOfAll sends a long stream through a send buffer and out again, byte by byte equal.
func TestStreamOfAll(t *testing.T) {
	e := established(t)
	want := strings.Repeat(data(977), 300)
	var got bytes.Buffer
	rest := []byte(want)
	for got.Len() < len(want) {
		n, err := e.c.Write(rest)
		if err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
		for _, s := range e.take() {
			got.WriteString(s.Data)
		}
		e.arrive(ack(e.c.snd.nxt))
	}
	if got.String() != want {
		t.Error("not what was written")
	}
}
