//go:build !before7

package ip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// piecework is a fragment, as a test makes one up.
type piecework struct {
	from    int
	data    []byte
	more    bool
	src     netip.Addr // theirs when not given
	id      uint16
	proto   uint8 // UDP when not given
	tos     uint8
	options []byte
}

// give hands a fragment to a part, and returns the whole packet when it is.
func give(p *Part, i *Interface, now time.Duration, f piecework) (d Datagram, whole []byte, err error) {
	pkt := frameOfFragment(f)
	defer pkt.Release()
	d, err = p.Arrive(now, i, pkt)
	if err == nil && d.Src.IsValid() {
		whole = bytes.Clone(pkt.Bytes())
	}
	return d, whole, err
}

func frameOfFragment(f piecework) *buffer.Packet {
	if !f.src.IsValid() {
		f.src = theirs
	}
	if f.proto == 0 {
		f.proto = header.ProtocolUDP
	}
	h := header.IPv4{
		TOS: f.tos, ID: f.id, MoreFragments: f.more, Offset: uint16(f.from), TTL: 1, Protocol: f.proto,
		Src: f.src, Dst: ours, Options: f.options,
	}
	h.TotalLen = uint16(h.Len() + len(f.data))
	pkt := buffer.New(len(f.data))
	copy(pkt.Put(len(f.data)), f.data)
	h.Put(pkt.Push(h.Len()))
	(&header.Ethernet{Dst: ourMAC, Src: theirMAC, Type: header.EtherTypeIPv4}).Put(pkt.Push(header.EthernetLen))
	return pkt
}

// counting returns n bytes of which no 8 are like the next.
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8*31)
	}
	return b
}

// TestReassembly puts packets together whose fragments come in any order, some of them twice, cut anywhere, mixed with those
// of other packets.
func TestReassembly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, i := alone()
		type packet struct {
			data []byte
			left int // fragments that have not come for the first time
		}
		packets := make([]packet, rapid.IntRange(1, 4).Draw(t, "packets"))
		var all []piecework
		for n := range packets {
			size := rapid.OneOf(rapid.IntRange(9, 100), rapid.IntRange(9, 3000), rapid.Just(65515)).Draw(t, "size")
			packets[n].data = counting(size)
			packets[n].data[0] = byte(n)
			for from := 0; from < size; {
				most := (size - from + 7) / 8
				if from == 0 {
					most = (size - 1) / 8 // or it would not be a fragment
				}
				length := min(8*rapid.IntRange(max(1, min(most, size/800)), most).Draw(t, "length"), size-from)
				f := piecework{from: from, data: packets[n].data[from : from+length], more: from+length < size, id: uint16(n)}
				all = append(all, f)
				packets[n].left++
				from += length
			}
		}
		order := rapid.Permutation(all).Draw(t, "order")
		seen := make(map[string]bool)
		for _, f := range order {
			for range rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "times") {
				key := fmt.Sprint(f.id, f.from)
				if seen[key] && packets[f.id].left == 0 {
					continue // of a packet that is whole: the beginning of another
				}
				if !seen[key] {
					seen[key] = true
					packets[f.id].left--
				}
				d, whole, err := give(p, i, 0, f)
				if err != nil {
					t.Fatalf("fragment at %d of packet %d: %v", f.from, f.id, err)
				}
				if (whole != nil) != (packets[f.id].left == 0) {
					t.Fatalf("packet %d with %d fragments missing: %d bytes", f.id, packets[f.id].left, len(whole))
				}
				if whole != nil && (!bytes.Equal(whole, packets[f.id].data) || d.Src != theirs || d.Dst != ours || d.Protocol != header.ProtocolUDP) {
					t.Fatalf("packet %d: %+v with %d bytes, not %d, or others", f.id, d, len(whole), len(packets[f.id].data))
				}
			}
		}
		if n := p.Reassembly(); n.Waiting != 0 || n.Bytes != 0 || n.Whole != uint64(len(packets)) || p.Waiting() {
			t.Fatalf("in the end: %+v", n)
		}
	})
}

// TestReassemblyModel gives a part any fragments of one packet, and compares with an array of bytes that notes who wrote
// where: what overlaps, or goes beyond the end, ends the packet; nothing else does.
func TestReassemblyModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, i := alone()
		data := counting(4096)
		var here [4096]bool
		type span struct {
			from, end int
			last      bool
		}
		got := make(map[span]bool)
		have, end, top, refused := 0, 0, 0, false
		for range rapid.IntRange(1, 40).Draw(t, "fragments") {
			from := 8 * rapid.IntRange(0, 20).Draw(t, "from")
			more := rapid.IntRange(0, 5).Draw(t, "more") > 0
			size := 8 * rapid.IntRange(1, 6).Draw(t, "size")
			if !more {
				size -= rapid.IntRange(0, 7).Draw(t, "odd")
			}
			if !more && from == 0 {
				continue // a whole packet
			}
			now := span{from, from + size, !more}
			_, whole, err := give(p, i, 0, piecework{from: from, data: data[from : from+size], more: more})
			free := true
			for at := from; at < now.end; at++ {
				free = free && !here[at]
			}
			switch {
			case refused:
				if !errors.Is(err, ErrFragment) || whole != nil {
					t.Fatalf("%+v of a packet that was given up: %v", now, err)
				}
				continue
			case got[now]:
				if err != nil || whole != nil {
					t.Fatalf("%+v again: %v", now, err)
				}
				continue
			case !free || end != 0 && (now.last || now.end > end) || now.last && now.end < top:
				if !errors.Is(err, ErrFragment) || whole != nil {
					t.Fatalf("%+v overlaps or contradicts: %v", now, err)
				}
				refused = true
				continue
			case err != nil:
				t.Fatalf("%+v: %v", now, err)
			}
			for at := from; at < now.end; at++ {
				here[at] = true
			}
			got[now] = true
			have, top = have+size, max(top, now.end)
			if now.last {
				end = now.end
			}
			if (whole != nil) != (have == end) || whole != nil && !bytes.Equal(whole, data[:end]) {
				t.Fatalf("%+v: %d of %d bytes, and %d came", now, have, end, len(whole))
			}
			if whole != nil {
				return
			}
		}
	})
}

// TestFragmentNoLongerTheLast: the same bytes at the same place, once as the packet's end and once not, contradict each other.
func TestFragmentNoLongerTheLast(t *testing.T) {
	p, i := alone()
	end := piecework{from: 8, data: counting(8)}
	if _, _, err := give(p, i, 0, end); err != nil {
		t.Fatal(err)
	}
	end.more = true
	if _, _, err := give(p, i, 0, end); !errors.Is(err, ErrFragment) {
		t.Errorf("taken: %v", err)
	}
}

// TestFragmentRefused: what can be part of no packet is refused, and the packet that waits is not harmed; what contradicts
// it ends it.
func TestFragmentRefused(t *testing.T) {
	for name, c := range map[string]struct {
		bad  piecework
		ends bool
	}{
		"nothing in it":         {piecework{from: 32, more: true}, false},
		"nothing at the end":    {piecework{from: 32}, false},
		"an odd length":         {piecework{from: 32, data: counting(9), more: true}, false},
		"beyond 65,535 bytes":   {piecework{from: 65528, data: counting(8)}, false}, // the ping of death
		"far beyond":            {piecework{from: 65528, data: counting(1000), more: true}, false},
		"with options beyond":   {piecework{from: 65504, data: counting(8), options: make([]byte, 8)}, false},
		"over the first":        {piecework{from: 8, data: counting(16), more: true}, true},
		"over it all":           {piecework{from: 0, data: counting(64), more: true}, true},
		"inside another":        {piecework{from: 8, data: counting(8), more: true}, true},
		"the same, other bytes": {piecework{from: 0, data: make([]byte, 16), more: true}, true},
		"an end before others":  {piecework{from: 24, data: counting(3)}, true},
		"the same, but the end": {piecework{from: 32, data: counting(48)[32:]}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p, i := alone()
			data := counting(48)
			for _, from := range []int{0, 32} {
				if _, _, err := give(p, i, 0, piecework{from: from, data: data[from : from+16], more: true}); err != nil {
					t.Fatal(err)
				}
			}
			_, whole, err := give(p, i, 0, c.bad)
			if err == nil || whole != nil {
				t.Fatalf("taken: %v", err)
			}
			if n := p.Reassembly(); (n.Refused > 0) != c.ends {
				t.Errorf("%v: %+v", err, n)
			}
			if c.ends {
				if n := p.Reassembly(); n.Bytes != 0 || n.Waiting != 1 {
					t.Errorf("a packet that was given up still occupies: %+v", n)
				}
			}
		})
	}
}

// TestFragmentTCP: a cut through a TCP header is made to get by a filter (RFC 1858; RFC 3128).
func TestFragmentTCP(t *testing.T) {
	for _, f := range []piecework{
		{from: 0, data: counting(8), more: true, proto: header.ProtocolTCP},
		{from: 8, data: counting(8), more: true, proto: header.ProtocolTCP},
		{from: 8, data: counting(100), proto: header.ProtocolTCP},
	} {
		p, i := alone()
		if _, _, err := give(p, i, 0, f); !errors.Is(err, ErrFragment) || p.Waiting() {
			t.Errorf("at %d: %v", f.from, err)
		}
	}
	p, i := alone()
	give(p, i, 0, piecework{from: 0, data: counting(24), more: true, proto: header.ProtocolTCP})
	if _, whole, err := give(p, i, 0, piecework{from: 24, data: counting(9), proto: header.ProtocolTCP}); len(whole) != 33 || err != nil {
		t.Errorf("%d bytes, %v", len(whole), err)
	}
}

// TestReassemblyTooLong: fragments that each could be, of a packet that cannot, since the first has a longer header.
func TestReassemblyTooLong(t *testing.T) {
	p, i := alone()
	if _, _, err := give(p, i, 0, piecework{from: 32000, data: counting(65512 - 32000)}); err != nil {
		t.Fatal(err)
	}
	_, whole, err := give(p, i, 0, piecework{from: 0, data: counting(32000), more: true, options: bytes.Repeat([]byte{1}, 40)})
	if whole != nil || !errors.Is(err, ErrFragment) || p.Waiting() {
		t.Errorf("%d bytes, %v", len(whole), err)
	}
}

// TestReassemblyECN: a mark that one fragment bears the packet bears (RFC 3168 5.3).
func TestReassemblyECN(t *testing.T) {
	for _, c := range []struct{ a, b, want uint8 }{
		{0, 0, 0}, {2, 2, 2}, {1, 1, 1}, {3, 3, 3}, {2, 3, 3}, {3, 2, 3}, {1, 3, 3}, {3, 1, 3},
		{0, 3, 99}, {3, 0, 99}, // one of them is not what was sent
	} {
		for _, backwards := range []bool{false, true} {
			p, i := alone()
			list := []piecework{{from: 0, data: counting(8), more: true, tos: 0xb8 | c.a}, {from: 8, data: counting(8), tos: c.b}}
			if backwards {
				list[0], list[1] = list[1], list[0]
			}
			give(p, i, 0, list[0])
			d, whole, err := give(p, i, 0, list[1])
			if c.want == 99 {
				if whole != nil || !errors.Is(err, ErrFragment) {
					t.Errorf("%d and %d: %v", c.a, c.b, err)
				}
			} else if whole == nil || d.TOS != 0xb8|c.want {
				t.Errorf("%d and %d: %#x, %v", c.a, c.b, d.TOS, err)
			}
		}
	}
}

// TestReassemblyTime: what is not whole in a minute is given up, and its sender told, if the first fragment is there.
func TestReassemblyTime(t *testing.T) {
	for _, c := range []struct {
		f    piecework
		told bool
	}{
		{piecework{from: 0, data: counting(1000), more: true}, true},
		{piecework{from: 0, data: counting(24), more: true, options: []byte{1, 1, 1, 0}}, true},
		{piecework{from: 8, data: counting(1000), more: true}, false},
		{piecework{from: 0, data: icmpOf(header.ICMP{Type: header.ICMPUnreachable}, make([]byte, 32)), more: true, proto: header.ProtocolICMP}, false},
		{piecework{from: 0, data: icmpOf(header.ICMP{Type: header.ICMPEchoRequest}, make([]byte, 32)), more: true, proto: header.ProtocolICMP}, true},
	} {
		p, i := alone()
		began := 5 * time.Second
		if _, _, err := give(p, i, began, c.f); err != nil {
			t.Fatal(err)
		}
		give(p, i, began+time.Second, piecework{from: 2000, data: counting(8), more: true, proto: c.f.proto}) // gives it no more time
		if at, ok := p.Deadline(); !ok || at != began+reassemblyTime {
			t.Errorf("to be given up at %v, %v", at, ok)
		}
		p.Timeout(began + reassemblyTime - 1)
		if !p.Waiting() {
			t.Error("given up too early")
		}
		p.Timeout(began + reassemblyTime)
		h, m, quote, told := sent(t, p)
		if p.Waiting() || told != c.told {
			t.Fatalf("told: %v, not %v", told, c.told)
		}
		if n := p.Reassembly(); n.TimedOut != 1 || n.Bytes != 0 {
			t.Errorf("%+v", n)
		}
		if !told {
			continue
		}
		q, start, err := header.ParseQuote(quote)
		if m.Type != header.ICMPTimeExceeded || m.Code != header.TimeExceededReassembly || h.Dst != theirs || h.TotalLen > 576 ||
			err != nil || q.Src != theirs || !q.MoreFragments || !bytes.HasPrefix(c.f.data, start) {
			t.Errorf("%+v %+v quotes %+v %v", h, m, q, err)
		}
		if _, ok := p.Deadline(); ok {
			t.Error("still waits for something")
		}
	}
}

// TestReassemblyBounds floods a part with fragments of packets that never become whole: from one source, and from many.
// What it keeps stays within its bounds, and a packet whose fragments come at once gets through all the same.
func TestReassemblyBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, source := range map[string]func(n int) netip.Addr{
		"one source": func(int) netip.Addr { return netip.MustParseAddr("10.0.0.66") },
		"many":       func(n int) netip.Addr { return netip.AddrFrom4([4]byte{20, byte(n >> 16), byte(n >> 8), byte(n)}) },
	} {
		for _, size := range []int{8, 1480} {
			p, i := alone()
			packets, memory := assemblyMost, assemblyBytes
			if name == "one source" {
				packets, memory = assemblyShare+1, assemblyShareSize
			}
			for n := range 20000 {
				give(p, i, time.Duration(n), piecework{
					from: 8 * r.IntN(4000), data: counting(size), more: true, src: source(n), id: uint16(r.IntN(1000)),
				})
				if n := p.Reassembly(); n.Waiting > packets || n.Bytes > memory {
					t.Fatalf("%s, %d bytes each: %+v", name, size, n)
				}
				if n%1000 == 0 {
					give(p, i, time.Duration(n), piecework{from: 0, data: counting(16), more: true, id: uint16(n)})
					if _, whole, err := give(p, i, time.Duration(n), piecework{from: 16, data: counting(16), id: uint16(n)}); whole == nil {
						t.Fatalf("an honest packet does not get through: %v", err)
					}
				}
			}
			if got := p.Reassembly(); got.Evicted == 0 || len(p.fragments.assembling.sources) > packets {
				t.Errorf("%+v of %d sources", got, len(p.fragments.assembling.sources))
			}
			p.Discard()
			if got := p.Reassembly(); got.Waiting != 0 || got.Bytes != 0 || p.Waiting() || p.fragments.assembling.oldest != nil {
				t.Errorf("after all is let go: %+v", got)
			}
		}
	}
}

// TestReassemblyPieces: one packet may come in many fragments, but not in any number.
func TestReassemblyPieces(t *testing.T) {
	p, i := alone()
	var err error
	n := 0
	for ; err == nil && n < 8000; n++ {
		_, _, err = give(p, i, 0, piecework{from: 8 * n, data: counting(8), more: true})
	}
	if n != piecesMost+1 || !errors.Is(err, ErrFragment) {
		t.Errorf("%d, %v", n, err)
	}
}

// FuzzReassembly reads fragments from bytes, four for each: whatever comes, the books are right in the end.
func FuzzReassembly(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 1, 0, 1, 0})
	f.Add([]byte{0, 0, 2, 1, 1, 0, 2, 1, 2, 1, 2, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, i := alone()
		now := time.Duration(0)
		for ; len(b) >= 4; b = b[4:] {
			now += time.Millisecond
			size := 8 * int(b[2])
			from := 8 * int(binary.BigEndian.Uint16(b)&0x1fff)
			give(p, i, now, piecework{
				from: from, data: counting(size + int(b[3]>>4&7)), more: b[3]&1 != 0, id: uint16(b[3] >> 1 & 1), proto: 6 + b[3]>>2&1*11, tos: b[0] >> 6,
			})
			c := &p.fragments.assembling
			pieces := 0
			for a := c.oldest; a != nil; a = a.behind {
				have, end := 0, 0
				for _, p := range a.pieces {
					if p.from < end {
						t.Fatalf("pieces overlap: %d before %d", p.from, end)
					}
					end = p.from + len(p.data)
					have += len(p.data)
				}
				pieces += have + len(a.pieces)*pieceOverhead + len(a.header)
				if have != a.have || c.of[a.flow] != a {
					t.Fatalf("%d bytes are here, and it says %d", have, a.have)
				}
			}
			if n := p.Reassembly(); n.Bytes != pieces || n.Waiting != len(c.of) {
				t.Fatalf("%+v, but %d bytes", n, pieces)
			}
		}
		p.Timeout(now + reassemblyTime)
		if p.Waiting() || p.Reassembly().Bytes != 0 {
			t.Fatal("something is left")
		}
	})
}
