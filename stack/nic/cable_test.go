//go:build !before3

package nic

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// bench is a cable with a clock that the test turns.
type bench struct {
	*Cable
	t    *testing.T
	now  time.Duration
	a, b *Adapter
	log  []string
}

func newBench(t *testing.T) *bench {
	x := &bench{t: t}
	x.Cable = NewCable(func() time.Duration { return x.now }, Info{Name: "a", MTU: 1500}, Info{Name: "b", MTU: 1500})
	x.Lost = func(p Passing, cause string) {
		x.log = append(x.log, fmt.Sprintf("%v %s: %.10s %s", p.At, p.From.Info().Name, p.Frame, cause))
	}
	x.a, x.b = x.Ends()
	return x
}

// send puts frames on the cable.
func (x *bench) send(from *Adapter, frames ...string) {
	x.t.Helper()
	var pkts []*buffer.Packet
	for _, f := range frames {
		pkt := buffer.New(2000)
		copy(pkt.Put(len(f)/2), f)
		pkt.Body[0] = []byte(f[len(f)/2:]) // in two pieces, as the stack does
		pkts = append(pkts, pkt)
	}
	if n, err := from.Send(pkts); n != len(frames) || err != nil {
		x.t.Fatalf("sent %d, %v", n, err)
	}
	for _, pkt := range pkts {
		clear(pkt.Bytes()) // the cable keeps none of them
		pkt.Release()
	}
}

// run lets everything arrive, and notes when and what.
func (x *bench) run() {
	for {
		at, ok := x.Due()
		if !ok {
			return
		}
		if x.now = max(x.now, at-1); at > x.now && x.Deliver() != nil {
			x.t.Errorf("delivered before it is due")
		}
		x.now = max(x.now, at)
		to := x.Deliver()
		frames := make([]*buffer.Packet, 4)
		n, err := to.Receive(frames)
		if n != 1 || err != nil {
			x.t.Fatalf("received %d, %v", n, err)
		}
		x.log = append(x.log, fmt.Sprintf("%v %s: %.10s", x.now, to.Info().Name, frames[0].Bytes()))
		frames[0].Release()
	}
}

func (x *bench) want(log ...string) {
	x.t.Helper()
	x.run()
	if diff := cmp.Diff(log, x.log); diff != "" {
		x.t.Errorf("wanted - and got +:\n%s", diff)
	}
	x.log = nil
}

func TestCableOrder(t *testing.T) {
	x := newBench(t)
	x.Delay = 10
	x.send(x.a, "one", "two")
	x.now = 5
	x.send(x.b, "back")
	x.send(x.a, "three")
	x.want("10ns b: one", "10ns b: two", "15ns a: back", "15ns b: three")
}

func TestCableRate(t *testing.T) {
	x := newBench(t)
	x.Rate = 8e9 // a byte a nanosecond
	x.Delay = 1000
	hundred := "x" + strings.Repeat(".", 99)
	x.send(x.a, hundred, hundred)
	x.send(x.b, hundred) // the other direction has a lane of its own
	x.want("1.1µs b: x.........", "1.1µs a: x.........", "1.2µs b: x.........")
	x.now = 5000
	x.send(x.a, hundred)
	x.want("6.1µs b: x.........")
}

func TestCableFate(t *testing.T) {
	x := newBench(t)
	x.Delay = 100
	fates := []Fate{{}, {Lost: true}, {Delay: 50}, {Again: true}, {}}
	x.Fate = func(p Passing) Fate {
		if p.From != x.a || p.To != x.b || string(p.Frame) != fmt.Sprint("frame", p.Number) {
			t.Errorf("%+v: %s", p, p.Frame)
		}
		return fates[p.Number]
	}
	for n := range fates {
		x.send(x.a, fmt.Sprint("frame", n))
	}
	x.want("0s a: frame1 lost", "100ns b: frame0", "100ns b: frame3", "100ns b: frame3", "100ns b: frame4", "150ns b: frame2")
}

func TestCableMTU(t *testing.T) {
	x := newBench(t)
	x.send(x.a, "fits"+strings.Repeat(".", 1510), "not"+strings.Repeat(".", 1512))
	x.want("0s a: not....... longer than the MTU", "0s b: fits......")
}

func TestAdapter(t *testing.T) {
	x := newBench(t)
	frames := make([]*buffer.Packet, 5)
	if n, err := x.b.Receive(frames); n != 0 || err != nil {
		t.Errorf("nothing has arrived: %d, %v", n, err)
	}
	for n := range ringSize + 10 {
		x.send(x.a, fmt.Sprint(n))
	}
	for x.Deliver() != nil {
	}
	for got := 0; got < ringSize; {
		n, err := x.b.Receive(frames)
		if n == 0 || err != nil {
			t.Fatalf("after %d frames: %d, %v", got, n, err)
		}
		for _, pkt := range frames[:n] {
			if string(pkt.Bytes()) != fmt.Sprint(got) {
				t.Fatalf("%q as number %d", pkt.Bytes(), got)
			}
			got++
			pkt.Release()
		}
	}
	if n, _ := x.b.Receive(frames); n != 0 {
		t.Errorf("%d frames more than an adapter holds", n)
	}
	for range 2 {
		if err := x.b.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := x.b.Receive(frames); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := x.b.Send(nil); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	x.send(x.a, "to nobody")
	x.Deliver()
}

// TestFates: a congested router marks a packet that may be marked and drops any other; one that has something to say says it to the
// sender.
func TestFates(t *testing.T) {
	packet := func(tos uint8) []byte {
		b := make([]byte, header.EthernetLen+header.IPv4Len+40)
		(&header.Ethernet{Type: header.EtherTypeIPv4}).Put(b)
		h := header.IPv4{TOS: tos, TotalLen: header.IPv4Len + 40, TTL: 64, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2")}
		h.Put(b[header.EthernetLen:])
		return b
	}
	for tos, want := range map[uint8]int{0xb8: -1, 0xb9: 0xbb, 0xba: 0xbb, 0xbb: 0xbb} {
		var now time.Duration
		c := NewCable(func() time.Duration { return now }, Info{MTU: 1500}, Info{MTU: 1500})
		lost := ""
		c.Lost = func(_ Passing, cause string) { lost = cause }
		c.Fate = func(Passing) Fate { return Fate{Marked: true, Answer: []byte("slower")} }
		c.Delay = time.Millisecond
		a, b := c.Ends()
		frame := packet(tos)
		if _, err := a.Send([]*buffer.Packet{buffer.From(frame)}); err != nil {
			t.Fatal(err)
		}
		now = time.Second
		for c.Deliver() != nil {
		}
		got := -1
		var in [1]*buffer.Packet
		if n, _ := b.Receive(in[:]); n == 1 {
			h, _, err := header.ParseIPv4(in[0].Bytes()[header.EthernetLen:])
			if err != nil {
				t.Fatal(err)
			}
			got = int(h.TOS)
		}
		if got != want || (want < 0) != (lost == "congestion") || frame[header.EthernetLen+1] != tos {
			t.Errorf("%#x: %#x came, %q", tos, got, lost)
		}
		if n, _ := a.Receive(in[:]); n != 1 || string(in[0].Bytes()) != "slower" {
			t.Errorf("%#x: the sender is not told", tos)
		}
	}
}

// TestCableFrames: so many frames wait for their turn, and one more is dropped; the one that moves does not wait.
func TestCableFrames(t *testing.T) {
	x := newBench(t)
	x.Rate = 8e9 // a byte a nanosecond
	x.Frames = 2
	ten := func(name string) string { return name + strings.Repeat(".", 9) }
	x.send(x.a, ten("1"), ten("2"), ten("3"), ten("4"))
	x.send(x.b, ten("5")) // the other direction has a queue of its own
	x.now = 10
	x.send(x.a, ten("6"), ten("7")) // 2 is on its way now, and 3 waits
	x.want("0s a: 4......... queue full", "10ns a: 7......... queue full",
		"10ns b: 1.........", "10ns a: 5.........", "20ns b: 2.........", "30ns b: 3.........", "40ns b: 6.........")
}

// TestCableTakes: the smaller of what the adapters take and what the cable does.
func TestCableTakes(t *testing.T) {
	x := newBench(t)
	for _, c := range []struct{ mtu, want int }{{0, 1500}, {600, 600}, {9000, 1500}} {
		x.MTU = c.mtu
		if got := x.a.Takes(); got != c.want {
			t.Errorf("%d: %d", c.mtu, got)
		}
	}
	x.MTU = 600
	x.send(x.a, "fits"+strings.Repeat(".", 610), "not"+strings.Repeat(".", 612))
	x.want("0s a: not....... longer than the MTU", "0s b: fits......")
}
