//go:build !before9

package tcp

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack/header"
)

// newSACK has an open connection under Reno that has agreed on SACK and nothing else, whose peer offers a wide window. The
// round trip of the opening took 100 ms.
func newSACK(t *testing.T) *end {
	t.Helper()
	e := newEnd(t)
	e.g.NewController = Reno
	e.g.NoSACK = false
	return e.openSACK()
}

func (e *end) openSACK() *end {
	e.t.Helper()
	e.send.SetLimit(16 << 20)
	e.open().take()
	e.now = 100 * time.Millisecond
	e.c.Arrive(e.now, &header.TCP{
		SrcPort: there.Port(), DstPort: here.Port(), Seq: irs, Ack: iss + 1, Flags: fSYNACK, Window: wide,
		Options: header.AppendSACKPermitted(header.AppendMSS(nil, mss)),
	}, nil, nil, 0)
	e.take()
	if !e.c.options.report.agreed {
		e.t.Fatal("no SACK")
	}
	return e
}

// selective is the peer's ACK of all before ack, with blocks.
func (e *end) selective(ack header.Seq, blocks ...header.Block) *end {
	e.t.Helper()
	h := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Seq: irs + 1, Ack: ack, Flags: fACK, Window: wide}
	if len(blocks) > 0 {
		h.Options = header.AppendSACK(nil, blocks)
	}
	e.c.Arrive(e.now, h, nil, nil, 0)
	e.c.sent.check(e.t)
	return e
}

// sack is selective with all counted in packets: "all before packet ack, and from packet to before packet".
func (e *end) sack(ack int, runs ...[2]int) *end {
	e.t.Helper()
	var blocks []header.Block
	for _, r := range runs {
		blocks = append(blocks, block(r[0], r[1]))
	}
	return e.selective(place(ack), blocks...)
}

// counted checks a counter.
func (e *end) counted(k Counter, n uint64) *end {
	e.t.Helper()
	if got := e.c.counts[k]; got != n {
		e.t.Fatalf("at %v: %v is %d, not %d", e.now, k, got, n)
	}
	return e
}

// TestScoreboardModel: any sequence of SACK blocks leaves the marks that a naive model has, one for each byte, and what has
// arrived does not go out again before a timeout.
func TestScoreboardModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		start := header.Seq(rapid.Uint32().Draw(r, "start"))
		e := newEnd(t)
		e.g.NewController = Reno
		e.g.NoSACK = false
		e.openSACK()
		c := e.c
		// Renumbered, so that the numbers may come round.
		c.snd.una, c.snd.nxt, c.snd.wl2, c.recovery.recover, c.congestion.limited, c.congestion.round = start, start, start, start-1, start, start
		c.recovery.rack.fack, c.path.ecn.reduced = start, start-1
		c.congestion.window.Cwnd = 1 << 20
		has := map[header.Seq]bool{}
		var s Segment
		take := func() {
			for c.Next(e.now, &s) {
				for i := range s.Len() {
					if at := s.Header.Seq.Add(i); has[at] {
						r.Fatalf("%d has arrived, and goes out again", at)
					}
				}
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"write": func(r *rapid.T) {
				if c.snd.nxt.Sub(c.snd.una) > 30000 {
					r.Skip("enough")
				}
				c.SetNoDelay(true)
				c.Write(make([]byte, rapid.SampledFrom([]int{1, 10, 1460, 4000}).Draw(r, "length")))
				take()
			},
			"ack": func(r *rapid.T) {
				e.now += 10 * time.Millisecond
				ack := c.snd.una
				if rapid.Bool().Draw(r, "new") {
					for ack != c.snd.nxt && (has[ack] || rapid.IntRange(0, 2000).Draw(r, "go on") > 0) {
						ack++
					}
				}
				n := rapid.IntRange(0, 4).Draw(r, "blocks")
				var blocks []header.Block
				for range n {
					left := ack.Add(rapid.IntRange(-100, max(1, c.snd.nxt.Sub(ack))).Draw(r, "left"))
					blocks = append(blocks, header.Block{Left: left, Right: left.Add(rapid.IntRange(-10, 5000).Draw(r, "length"))})
				}
				una := c.snd.una
				for i, b := range blocks {
					if i == 0 && isDSACK(ack, blocks) {
						continue
					}
					if b.Left.AtMost(ack) || !b.Left.Before(b.Right) || c.snd.nxt.Before(b.Right) {
						continue
					}
					for at := b.Left; at != b.Right; at++ {
						has[at] = true
					}
				}
				for at := una; at != ack; at++ {
					delete(has, at)
				}
				e.selective(ack, blocks...)
				take()
			},
			"": func(r *rapid.T) {
				c.sent.check(r)
				if c.sent.empty() {
					return
				}
				for i := c.sent.oldest(); i != none; i = c.sent.at(i).order.next {
					e := c.sent.at(i)
					for at := e.seq; at != e.end; at++ {
						if e.is(markSacked) != has[at] {
							r.Fatalf("%d: %v, and the model says %v", at, e.is(markSacked), has[at])
						}
					}
				}
			},
		})
	})
}

// TestSACKWork: with 10,000 segments under way an ACK costs what it tells, and never more than a bound. What is counted is
// the entries that are looked at.
func TestSACKWork(t *testing.T) {
	const n = 10_000
	begin := func() *end {
		e := newSACK(t)
		e.c.congestion.window.Cwnd = 2 * n * mss
		e.c.snd.wnd = 2 * n * mss
		e.write(string(make([]byte, n*mss)))
		if got := len(e.takeAll()); got != n {
			t.Fatalf("%d segments under way", got)
		}
		e.now += 50 * time.Millisecond
		e.c.snd.wnd = wide
		return e
	}
	work := func(e *end, f func()) int { before := e.c.sent.visited; f(); return e.c.sent.visited - before }

	t.Run("in order", func(t *testing.T) {
		e := begin()
		for i := 2; i <= n; i += 2 {
			if w := work(e, func() { e.selective1(place(i)) }); w > 2 {
				t.Fatalf("ACK %d: %d entries", i/2, w)
			}
		}
	})
	t.Run("one lost", func(t *testing.T) {
		e := begin()
		for i := 2; i <= n; i++ {
			if w := work(e, func() { e.selective1(place(0), block(1, i)) }); w > 5 {
				t.Fatalf("block to %d: %d entries", i, w)
			}
		}
		if got := e.c.sent.len(); got != 2 {
			t.Errorf("%d entries", got)
		}
	})
	t.Run("every second lost", func(t *testing.T) {
		e := begin()
		worst := 0
		for i := 2; i <= n; i += 2 {
			var blocks []header.Block
			for j := 0; j < 4 && i-2*j > 0; j++ {
				blocks = append(blocks, header.Block{Left: place(i - 2*j - 1), Right: place(i - 2*j)})
			}
			worst = max(worst, work(e, func() { e.selective1(place(0), blocks...) }))
		}
		if worst > 40 {
			t.Errorf("%d entries for one ACK", worst)
		}
		// Then the holes fill up from the front.
		for e.takeAll(); e.c.sent.lostSpace > 0; e.takeAll() {
			e.c.congestion.window.Cwnd = 2 * n * mss
			e.c.snd.wnd = n * mss // what lies behind it would wait
		}
		e.now += 50 * time.Millisecond
		for i := 2; i <= n; i += 2 {
			if w := work(e, func() { e.selective1(place(i)) }); w > 5 {
				t.Fatalf("hole %d: %d entries", i/2, w)
			}
		}
	})
	t.Run("a window that flaps", func(t *testing.T) {
		e := begin()
		flap := func(wnd uint16) {
			h := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Seq: irs + 1, Ack: place(0), Flags: fACK, Window: wnd}
			e.c.Arrive(e.now, h, nil, nil, 0)
		}
		flap(0)
		flap(wide) // all of it, once
		e.takeAll()
		for range 100 {
			flap(0)
			if w := work(e, func() { flap(wide) }); w > 1000 {
				t.Fatalf("%d entries", w)
			}
			e.takeAll()
		}
	})
	t.Run("hostile", func(t *testing.T) {
		e := begin()
		rnd := uint32(1)
		next := func(m int) int { rnd = rnd*1664525 + 1013904223; return int(rnd>>8) % m }
		worst := 0
		for range 5000 {
			var blocks []header.Block
			for range 4 { // a byte here and there: each would cut a segment in three
				at := place(0).Add(1 + next(n*mss-2))
				blocks = append(blocks, header.Block{Left: at, Right: at + 1})
			}
			worst = max(worst, work(e, func() { e.selective1(place(0), blocks...) }))
		}
		if worst > sackWalk+100 {
			t.Errorf("%d entries for one ACK", worst)
		}
		if got := e.c.sent.len(); got > sackPieces+sackCuts*n+8 {
			t.Errorf("%d entries", got)
		}
		e.c.sent.check(t)
	})
}

// selective1 is selective without a check of the whole queue.
func (e *end) selective1(ack header.Seq, blocks ...header.Block) {
	h := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Seq: irs + 1, Ack: ack, Flags: fACK, Window: wide}
	if len(blocks) > 0 {
		h.Options = header.AppendSACK(nil, blocks)
	}
	e.c.Arrive(e.now, h, nil, nil, 0)
}

// takeAll is take, however much there is.
func (e *end) takeAll() (out []header.Seq) {
	var s Segment
	for e.c.Next(e.now, &s) {
		out = append(out, s.Header.Seq)
	}
	return out
}

// TestSACKNonsense: blocks that can't be true are ignored, and counted.
func TestSACKNonsense(t *testing.T) {
	for _, test := range []struct {
		name  string
		block header.Block
	}{
		{"empty", header.Block{Left: place(3), Right: place(3)}},
		{"backwards", header.Block{Left: place(4), Right: place(3)}},
		{"never sent", header.Block{Left: place(9), Right: place(11)}},
		{"far ahead", header.Block{Left: place(1000), Right: place(1001)}},
		{"at the ACK number", header.Block{Left: place(1), Right: place(2)}},
		{"across it", header.Block{Left: place(0), Right: place(3)}},
		{"half of all numbers", header.Block{Left: place(2), Right: place(2).Add(-1 << 31)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newSACK(t).bulk(10)
			e.take()
			e.now += 50 * time.Millisecond
			e.selective(place(1), test.block).counted(SACKInvalid, 1)
			if e.c.sent.sackedSpace != 0 || e.c.recovery.phase != calm {
				t.Errorf("%d marked", e.c.sent.sackedSpace)
			}
		})
	}
	// An ACK that others have overtaken: what it says of what lies behind snd.una may still be news, the rest is none.
	e := newSACK(t).bulk(20)
	e.take()
	e.sack(4)
	e.take()
	e.sack(2, [2]int{3, 4}, [2]int{6, 7}).counted(SACKInvalid, 0)
	if e.c.sent.sackedSpace != mss {
		t.Errorf("%d marked", e.c.sent.sackedSpace)
	}
}

// TestSACKAllocations: blocks cost no memory but for the segments that they cut.
func TestSACKAllocations(t *testing.T) {
	e := newSACK(t).bulk(10)
	e.take()
	h := &header.TCP{SrcPort: there.Port(), DstPort: here.Port(), Seq: irs + 1, Ack: place(0), Flags: fACK, Window: wide}
	h.Options = header.AppendSACK(nil, []header.Block{{Left: place(5), Right: place(6)}, {Left: place(2), Right: place(3)}})
	if n := testing.AllocsPerRun(100, func() { e.c.Arrive(e.now, h, nil, nil, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// block is a SACK block that is counted in packets.
func block(from, to int) header.Block { return header.Block{Left: place(from), Right: place(to)} }
