//go:build !before9

package tcp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack/header"
)

// agreed has an open connection whose peer's SYN has the options given beside the MSS; ours offers all there are.
func agreed(t testing.TB, g *Config, options []byte) *end {
	e := newEnd(nil)
	if t, ok := t.(*testing.T); ok {
		e.t = t
	}
	g.InitialSequence, g.Transition = e.g.InitialSequence, e.g.Transition
	e.g = g
	e.open()
	e.packets()
	e.c.Arrive(0, &header.TCP{
		Flags: fSYNACK, Seq: irs, Ack: iss + 1, Window: wnd, Options: append(header.AppendMSS(nil, mss), options...),
	}, nil, nil, 0)
	e.packets()
	if e.c.State() != Established {
		t.Fatal(e.c.State())
	}
	return e
}

// packets returns all that the connection wants to send now, with what no seg shows.
func (e *end) packets() (list []Segment) {
	for s := (Segment{}); len(list) < 1000 && e.c.Next(e.now, &s); s = (Segment{}) {
		list = append(list, s)
	}
	return list
}

// blocksOf are the SACK blocks of a segment, counted from the peer's first byte.
func blocksOf(s *Segment) (list []header.Block) {
	var b [header.SACKBlocks]header.Block
	for i := range header.ParseSACK(s.Header.Options, &b) {
		list = append(list, header.Block{Left: b[i].Left - irs - 1, Right: b[i].Right - irs - 1})
	}
	return list
}

// early has n bytes of the peer's stream arrive that begin at a place of it, and returns the ACK's blocks.
func (e *end) early(at, n int) []header.Block {
	e.c.Arrive(e.now, &header.TCP{Flags: fACK, Seq: irs + 1 + header.Seq(at), Ack: iss + 1, Window: 60000}, make([]byte, n), nil, 0)
	e.c.ackNow = true
	out := e.packets()
	if len(out) != 1 {
		return nil
	}
	return blocksOf(&out[0])
}

// textOf writes blocks as 500-1000 1500-2000.
func textOf(blocks []header.Block) string {
	var list []string
	for _, b := range blocks {
		list = append(list, fmt.Sprintf("%d-%d", b.Left, b.Right))
	}
	return strings.Join(list, " ")
}

// TestSACKBlocks: the examples of RFC 2018 4 and RFC 2883 4, segments of 500 bytes from 5000 on as there.
func TestSACKBlocks(t *testing.T) {
	type arrival struct {
		at, n int
		want  string
	}
	for name, row := range map[string][]arrival{
		"first lost, seven arrive": {
			{500, 500, "500-1000"}, {1000, 500, "500-1500"},
			{1500, 500, "500-2000"},
		},
		"every second lost": {
			{500, 500, "500-1000"},
			{1500, 500, "1500-2000 500-1000"},
			{2500, 500, "2500-3000 1500-2000 500-1000"},
			{3500, 500, "3500-4000 2500-3000 1500-2000 500-1000"},
			{4500, 500, "4500-5000 3500-4000 2500-3000 1500-2000"},
			// A gap that is filled joins two runs, one of them forgotten.
			{1000, 500, "500-2000 4500-5000 3500-4000 2500-3000"},
			{0, 500, "4500-5000 3500-4000 2500-3000"},
		},
		"a forgotten run is reported again when there is room": {
			{500, 100, "500-600"},
			{1500, 100, "1500-1600 500-600"},
			{2500, 100, "2500-2600 1500-1600 500-600"},
			{3500, 100, "3500-3600 2500-2600 1500-1600 500-600"},
			{4500, 100, "4500-4600 3500-3600 2500-2600 1500-1600"},
			{600, 100, "500-700 4500-4600 3500-3600 2500-2600"},
			{0, 500, "4500-4600 3500-3600 2500-2600 1500-1600"},
		},
		"acknowledged data again": { // RFC 2883 4.1.1
			{0, 500, ""}, {500, 500, ""},
			{0, 500, "0-500"},
		},
		"acknowledged data again, behind it a gap": { // RFC 2883 4.1.2
			{0, 500, ""},
			{1000, 500, "1000-1500"},
			{0, 500, "0-500 1000-1500"},
			{1500, 500, "1000-2000"}, // told once
		},
		"held data again": { // RFC 2883 4.1.3 and 4.2: the second block is the run that the first is a part of
			{500, 500, "500-1000"},
			{1000, 500, "500-1500"},
			{2000, 500, "2000-2500 500-1500"},
			{1000, 500, "1000-1500 500-1500 2000-2500"},
		},
		"a part of a segment": { // RFC 2883 4.2.2
			{500, 500, "500-1000"},
			{800, 700, "800-1000 500-1500"},
			{200, 500, "500-700 200-1500"},
			{100, 2000, "200-1500 100-2100"},
			{0, 300, "100-300"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := agreed(t, &Config{NoTimestamps: true}, header.AppendSACKPermitted(nil))
			for i, a := range row {
				got := e.early(a.at, a.n)
				if e.c.ackNow {
					t.Fatal("nothing more is sent")
				}
				if diff := cmp.Diff(a.want, textOf(got)); diff != "" {
					t.Fatalf("arrival %d, wanted - and got +:\n%s", i, diff)
				}
			}
		})
	}
}

// TestSACKModel: whatever comes in whatever order, the first block is the run of what came last, every block is a run that
// is held, none twice, and there are as many as there is room for or runs.
func TestSACKModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const top = 60
		e := agreed(t, &Config{NoTimestamps: true}, header.AppendSACKPermitted(nil))
		var have [top]bool
		next := 0
		for range rapid.IntRange(1, 40).Draw(r, "segments") {
			at := rapid.IntRange(0, top-1).Draw(r, "at")
			n := rapid.IntRange(1, min(8, top-at)).Draw(r, "length")
			var twice *header.Block
			for i := at; i < at+n && (twice == nil || i < int(twice.Right)+1); i++ {
				if have[i] && twice == nil {
					twice = &header.Block{Left: header.Seq(i), Right: header.Seq(i + 1)}
				} else if have[i] && (at >= next || i < next) {
					twice.Right = header.Seq(i + 1)
				}
			}
			for i := at; i < at+n; i++ {
				have[i] = true
			}
			for next < top && have[next] {
				next++
			}
			got := e.early(at, n)
			if twice != nil {
				if len(got) == 0 || got[0] != *twice {
					r.Fatalf("%d bytes at %d: %v, and twice came %v", n, at, got, *twice)
				}
				got = got[1:]
			}
			var runs []header.Block
			for i := next; i < top; i++ {
				if have[i] && !have[i-1] {
					runs = append(runs, header.Block{Left: header.Seq(i), Right: header.Seq(i + 1)})
				} else if have[i] {
					runs[len(runs)-1].Right++
				}
			}
			most := header.SACKBlocks
			if twice != nil {
				most--
			}
			if len(got) != min(most, len(runs)) {
				r.Fatalf("%d bytes at %d: blocks %v of the runs %v", n, at, got, runs)
			}
			for i, b := range got {
				if !slices.Contains(runs, b) || slices.Contains(got[:i], b) {
					r.Fatalf("%d bytes at %d: block %v of the runs %v", n, at, b, runs)
				}
			}
			if at > next && !(got[0].Left <= header.Seq(at) && header.Seq(at) < got[0].Right) {
				r.Fatalf("%d bytes at %d: the first block is %v", n, at, got[0])
			}
		}
	})
}

// TestSACKFits: a packet with data and blocks is no larger than the MTU, and a packet of what is sent again neither (MUST-16).
func TestSACKFits(t *testing.T) {
	for _, segmentMax := range []int{0, 10 * mss} {
		e := newEnd(t)
		e.g.NoTimestamps = true
		ends := e.endpoints()
		ends.SegmentMax = segmentMax
		e.c = Open(e.g, ends, 0)
		e.packets()
		e.c.Arrive(0, &header.TCP{
			Flags: fSYNACK, Seq: irs, Ack: iss + 1, Window: 60000, Options: header.AppendSACKPermitted(header.AppendMSS(nil, mss)),
		}, nil, nil, 0)
		e.packets()
		e.write(data(50000))
		first := e.packets()
		if size := min(first[0].Len(), first[0].MSS); size != mss {
			t.Errorf("%d bytes of data without blocks", size)
		}
		for i, want := range []int{mss - 12, mss - 20, mss - 28, mss - 36, mss - 36} {
			e.early(1000*(i+1), 100)
			e.c.Arrive(0, &header.TCP{Flags: fACK, Seq: irs + 1, Ack: e.c.snd.una + 2*mss, Window: 60000}, nil, nil, 0)
			full := false
			for _, s := range e.packets() {
				size := min(s.Len(), s.MSS)
				full = full || size == want
				if ip := header.IPv4Len + s.Header.Len() + size; ip > 1500 || len(blocksOf(&s)) != min(i+1, header.SACKBlocks) {
					t.Errorf("a packet of %d bytes with the blocks %v", ip, blocksOf(&s))
				}
				if segmentMax == 0 && s.Len() > s.MSS {
					t.Errorf("%d bytes in packets of %d, and nobody to cut them", s.Len(), s.MSS)
				}
			}
			if !full {
				t.Errorf("with %d blocks no packet is full", i+1)
			}
		}
		e.pass(e.c.rto())
		for _, s := range e.packets() {
			if ip := header.IPv4Len + s.Header.Len() + min(s.Len(), s.MSS); ip > 1500 {
				t.Errorf("a packet of %d bytes is sent again", ip)
			}
		}
	}
}
