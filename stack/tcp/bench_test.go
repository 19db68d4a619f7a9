//go:build !before6

package tcp

import (
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// two is two connections back to back, without anything between them: what the state machine alone costs.
type two struct {
	now  time.Duration
	ends [2]struct {
		c       *Conn
		send    buffer.Queue
		receive buffer.Chain
	}
	seg  Segment
	pool buffer.Pool // of what carries the payload
	own  []byte      // … or the one place where all of it lies, to be copied
}

func newTwo(tb testing.TB, segmentMax int) *two {
	w := &two{pool: buffer.Pool{Size: max(1460, segmentMax)}}
	g := new(Config)
	for i := range w.ends {
		e := &w.ends[i]
		ends := Endpoints{Local: here, Remote: there, Send: &e.send, Receive: &e.receive, MTU: 1500, SegmentMax: segmentMax}
		if i == 1 {
			ends.Local, ends.Remote = there, here
		}
		e.c = Open(g, ends, 0) // both: the simultaneous open is the shortest way to two ends
	}
	w.run()
	if w.ends[0].c.State() != Established || w.ends[1].c.State() != Established {
		tb.Fatal(w.ends[0].c.State(), w.ends[1].c.State())
	}
	return w
}

// run carries segments until both ends have nothing more to say.
func (w *two) run() {
	for quiet := 0; quiet < 2; {
		for i := range w.ends {
			quiet++
			for w.ends[i].c.Next(w.now, &w.seg) {
				quiet = 0
				if w.own != nil {
					n := copy(w.own, w.seg.Body[0])
					n += copy(w.own[n:], w.seg.Body[1])
					h := w.seg.Header
					w.ends[1-i].c.Arrive(w.now, &h, w.own[:n], nil, 0)
					continue
				}
				pkt := w.pool.Get()
				b := pkt.Put(w.seg.Len())
				copy(b[copy(b, w.seg.Body[0]):], w.seg.Body[1])
				h := w.seg.Header
				w.ends[1-i].c.Arrive(w.now, &h, b, pkt, 0)
				pkt.Release()
			}
		}
	}
}

func BenchmarkBulk(b *testing.B) {
	for name, segmentMax := range map[string]int{"1460": 0, "64K": segmentTop} {
		b.Run(name, func(b *testing.B) {
			w := newTwo(b, segmentMax)
			p := make([]byte, 64<<10)
			b.SetBytes(1 << 20)
			b.ReportAllocs()
			for b.Loop() {
				for sent := 0; sent < 1<<20; {
					n, _ := w.ends[0].c.Write(p)
					sent += n
					w.run()
					for w.ends[1].receive.Len() > 0 {
						w.ends[1].c.Read(p)
					}
					w.now += time.Millisecond
					w.ends[1].c.Timeout(w.now)
					w.run()
				}
			}
		})
	}
}

func BenchmarkPingPong(b *testing.B) {
	w := newTwo(b, 0)
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		for i := range w.ends {
			w.ends[i].c.Write(p)
			w.run()
			w.ends[1-i].c.Read(p)
		}
		w.now += time.Microsecond
	}
}

// TestAllocations: a connection that stands allocates nothing for a segment, on the way out or in.
func TestAllocations(t *testing.T) {
	w := newTwo(t, 0)
	w.own = make([]byte, 2000) // a pool may at any time have nothing to give
	p := make([]byte, 4000)
	round := func() {
		w.ends[0].c.Write(p)
		w.run()
		w.now += delayACK
		w.ends[1].c.Timeout(w.now)
		w.run()
		w.ends[1].c.Read(p)
	}
	for range 10 {
		round()
	}
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("%v allocations for three segments and their ACK", n)
	}
}
