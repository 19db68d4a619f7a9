//go:build !before9

package tcp

import (
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// growing has an open connection whose buffers grow.
func growing(t *testing.T, options []byte) *end {
	return agreed(t, new(Config), append(header.AppendWindowScale(nil, 7), options...))
}

// fetch has n bytes arrive within a round trip of 100 ms, in ten bursts, and the application read what there is if reads is
// set. It returns the window that the peer knows of in the end.
func (e *end) fetch(n int, reads bool) int {
	p := make([]byte, n)
	for range 10 {
		e.now += 10 * time.Millisecond
		e.c.Timeout(e.now)
		h := &header.TCP{Flags: fACK, Seq: e.c.rcv.nxt, Ack: iss + 1, Window: wnd}
		if e.c.options.stamps.agreed {
			at := e.c.clock(e.now)
			h.Options = header.AppendTimestamps(nil, header.Timestamps{Value: 700 + uint32(e.now/tick), Echo: at - 100})
		}
		e.c.Arrive(e.now, h, p[:n/10], nil, 0)
		if reads {
			e.c.Read(p)
		}
		e.packets()
	}
	return e.c.stream.told.Sub(e.c.rcv.nxt)
}

// TestReceiveGrows: a sender in slow start never finds the window in its way, up to the largest there is; timestamps or not.
func TestReceiveGrows(t *testing.T) {
	for name, options := range map[string][]byte{
		"timestamps": header.AppendTimestamps(nil, header.Timestamps{Value: 700}), "none": nil,
	} {
		t.Run(name, func(t *testing.T) {
			e := growing(t, options)
			e.c.congestion.srtt = 100 * time.Millisecond // of the SYN
			flight := 14600
			for e.recv.Limit() < bufferTop {
				told := e.fetch(flight, true)
				if flight *= 2; told < flight {
					t.Fatalf("at %v %d bytes would be sent, and the window is %d", e.now, flight, told)
				}
			}
			if e.c.counts[BufferGrowths] == 0 {
				t.Error("not counted")
			}
			for range 20 {
				e.fetch(2<<20, true)
			}
			if n := e.recv.Limit(); n != bufferTop {
				t.Errorf("has grown to %d bytes", n)
			}
			// Nothing for long: the limit is forgotten, what has been offered stays.
			edge := e.c.stream.told
			e.now += time.Minute
			e.fetch(10, true)
			if e.recv.Limit() != buffer.DefaultSize || e.c.stream.told.Before(edge) {
				t.Errorf("a limit of %d bytes, and the edge is moved by %d", e.recv.Limit(), e.c.stream.told.Sub(edge))
			}
			if n := e.recv.Reserved(); n > 64<<10 {
				t.Errorf("an idle connection keeps %d bytes", n)
			}
		})
	}
}

// TestReceiveStays: what the application does not read, does not read fast, or has a chosen size does not grow.
func TestReceiveStays(t *testing.T) {
	e := growing(t, nil)
	e.c.congestion.srtt = 100 * time.Millisecond
	e.fetch(200_000, false)
	if e.fetch(100, false); e.recv.Limit() != buffer.DefaultSize {
		t.Errorf("nobody reads, and the limit is %d", e.recv.Limit())
	}
	e = growing(t, nil)
	e.c.congestion.srtt = 100 * time.Millisecond
	for range 50 {
		if e.fetch(50_000, true); e.recv.Limit() != buffer.DefaultSize {
			t.Fatalf("for 50000 bytes a round trip there is a limit of %d", e.recv.Limit())
		}
	}
	e = growing(t, nil)
	e.c.congestion.srtt = 100 * time.Millisecond
	e.recv.SetLimit(200_000)
	for range 10 {
		if e.fetch(150_000, true); e.recv.Limit() != 200_000 {
			t.Fatalf("a size that is set has become %d", e.recv.Limit())
		}
	}
}

// TestSendGrows: two congestion windows fit, no more than the largest there is, and no less than at first.
func TestSendGrows(t *testing.T) {
	e := growing(t, nil)
	for cwnd, want := range map[int]int{14600: buffer.DefaultSize, 1 << 20: 2 << 20, 1 << 30: bufferTop} {
		e.c.congestion.window.Cwnd = cwnd
		e.send.Discard(e.send.Len())
		if n, _ := e.c.Write(make([]byte, 2*bufferTop)); n != want {
			t.Errorf("with a congestion window of %d %d bytes fit", cwnd, n)
		}
	}
	e.send.SetLimit(1000)
	e.send.Discard(e.send.Len())
	if n, _ := e.c.Write(make([]byte, 2*bufferTop)); n != 1000 {
		t.Errorf("a size that is set, and %d bytes fit", n)
	}
}

// A pipe is the way between two connections: as fast as one likes, and delay long in each direction.
type pipe struct {
	two
	delay time.Duration
	way   [2][]inPipe // to each end, oldest first
}

type inPipe struct {
	at      time.Duration
	h       header.TCP
	payload []byte
}

// send puts onto the way what an end wants to send.
func (p *pipe) send(i int) {
	for p.ends[i].c.Next(p.now, &p.seg) {
		h := p.seg.Header
		h.Options = append([]byte(nil), h.Options...)
		b := append(append([]byte(nil), p.seg.Body[0]...), p.seg.Body[1]...)
		p.way[1-i] = append(p.way[1-i], inPipe{p.now + p.delay, h, b})
	}
}

// step has the next thing happen.
func (p *pipe) step() {
	next := time.Duration(1 << 62)
	for i := range p.ends {
		p.send(i)
	}
	for i := range p.ends {
		if at, ok := p.ends[i].c.Deadline(); ok {
			next = min(next, at)
		}
		if len(p.way[i]) > 0 {
			next = min(next, p.way[i][0].at)
		}
	}
	p.now = max(p.now, next)
	for i := range p.ends {
		p.ends[i].c.Timeout(p.now)
		for len(p.way[i]) > 0 && p.way[i][0].at <= p.now {
			s := p.way[i][0]
			p.way[i] = p.way[i][1:]
			p.ends[i].c.Arrive(p.now, &s.h, s.payload, nil, 0)
			p.send(i)
		}
	}
}

// TestLongPipe: over a way without loss, 100 ms there and back, a connection is as fast as its buffers: with window scale
// and growth it needs a few round trips for what takes hundreds without.
func TestLongPipe(t *testing.T) {
	const size = 20 << 20
	took := func(g *Config) time.Duration {
		p := &pipe{two: two{pool: buffer.Pool{Size: mss}}, delay: 50 * time.Millisecond}
		for i := range p.ends {
			e := &p.ends[i]
			ends := Endpoints{Local: here, Remote: there, Send: &e.send, Receive: &e.receive, MTU: 1500}
			if i == 1 {
				ends.Local, ends.Remote = there, here
			}
			e.c = Open(g, ends, 0)
		}
		b := make([]byte, 64<<10)
		sent, received := 0, 0
		for received < size {
			for p.ends[0].c.State() == Established && sent < size {
				n, _ := p.ends[0].c.Write(b[:min(len(b), size-sent)])
				if sent += n; n == 0 {
					break
				}
			}
			p.step()
			for n := 1; n > 0; received += n {
				n, _ = p.ends[1].c.Read(b)
			}
			if p.now > 10*time.Minute {
				t.Fatalf("%d bytes in %v", received, p.now)
			}
		}
		return p.now
	}
	grown, plain := took(&Config{}), took(&Config{ReceiveMax: 1, SendMax: 1})
	unscaled := took(&Config{NoWindowScale: true})
	t.Logf("%v; without growth %v; without window scale %v", grown, plain, unscaled)
	if grown > 2*time.Second || plain < 4*grown || unscaled < 3*plain {
		t.Errorf("%v; without growth %v; without window scale %v", grown, plain, unscaled)
	}
}

// TestGrownBufferHolds: behind one lost segment all the others of a grown window are held.
func TestGrownBufferHolds(t *testing.T) {
	e := growing(t, header.AppendSACKPermitted(nil))
	e.recv.Grow(bufferTop)
	e.fetch(10, true)
	e.fetch(10, true)
	wide := e.c.rcv.wnd
	if wide < bufferTop/2 {
		t.Fatalf("a window of %d", wide)
	}
	b := make([]byte, mss)
	arrive := func(at int) {
		h := &header.TCP{Flags: fACK, Seq: irs + 21 + header.Seq(at), Ack: iss + 1, Window: wnd}
		e.c.Arrive(e.now, h, b[:min(mss, wide-at)], nil, 0)
		e.packets()
	}
	for at := mss; at < wide; at += mss {
		arrive(at)
	}
	arrive(0)
	if n := e.recv.Len(); n != wide {
		t.Errorf("%d bytes of %d", n, wide)
	}
}
