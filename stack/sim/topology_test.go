//go:build !before7

package sim

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// hosts links so many hosts to a node.
func hosts(w *World, to Node, n int) (list []*stack.Stack) {
	for i := range n {
		h := w.Host(fmt.Sprint("h", i+1))
		w.Link(h, to)
		list = append(list, h)
	}
	return list
}

// frameOf makes an Ethernet frame with a payload that means nothing.
func frameOf(dst, src header.MAC, text string) []byte {
	b := make([]byte, 60)
	e := header.Ethernet{Dst: dst, Src: src, Type: 0x88b5} // set aside for experiments (IEEE 802)
	e.Put(b)
	copy(b[header.EthernetLen:], text)
	return b
}

// taps links taps to a node, each with a list of what it hears.
func taps(w *World, to Node, n int) (list []*Tap, heard [][]string) {
	heard = make([][]string, n)
	for i := range n {
		tap := w.Tap(fmt.Sprint("tap", i))
		w.Link(tap, to)
		tap.Heard = func(frame []byte) {
			heard[i] = append(heard[i], strings.TrimRight(string(frame[header.EthernetLen:]), "\x00"))
		}
		list = append(list, tap)
	}
	return list, heard
}

// TestHub: everybody hears everything but himself.
func TestHub(t *testing.T) {
	w := New(1)
	list, heard := taps(w, w.Hub("hub"), 3)
	list[0].Send(frameOf(list[1].MAC(), list[0].MAC(), "to one"))
	list[2].Send(frameOf(header.Broadcast, list[2].MAC(), "to all"))
	w.Run()
	want := [][]string{{"to all"}, {"to one", "to all"}, {"to one"}}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Error(diff)
	}
	if w.Now() != 2*time.Millisecond {
		t.Errorf("after %v: a way of two links takes two milliseconds", w.Now())
	}
}

// TestSwitch: to somebody whom it has heard it passes a frame on at one port; everything else goes to all.
func TestSwitch(t *testing.T) {
	w := New(1)
	sw := w.Switch("switch")
	list, heard := taps(w, sw, 3)
	a, b, c := list[0].MAC(), list[1].MAC(), list[2].MAC()
	steps := []struct {
		from     int
		dst, src header.MAC
		hear     string // who hears it
	}{
		{0, b, a, "12"},                // nobody has heard of b
		{1, a, b, "0"},                 // of a the switch has
		{0, b, a, "1"},                 // and now of b too
		{2, header.Broadcast, c, "01"}, //
		{1, header.MAC{1, 0, 0x5e, 0, 0, 1}, b, "02"}, // a group
		{0, a, a, ""},                // it is where it came from
		{0, b, header.Broadcast, ""}, // nobody's address
		{2, b, a, "1"},               // a has moved, or somebody says so …
		{1, a, b, "2"},               // … and is believed
	}
	for i, s := range steps {
		for j := range heard {
			heard[j] = nil
		}
		list[s.from].Send(frameOf(s.dst, s.src, "x"))
		w.Run()
		got := ""
		for j := range heard {
			if len(heard[j]) > 0 {
				got += fmt.Sprint(j)
			}
		}
		if got != s.hear {
			t.Errorf("step %d: %q hear it", i, got)
		}
	}
	if sw.Passed != 4 || sw.Flooded != 3 || sw.Filtered != 2 {
		t.Errorf("%d passed, %d flooded, %d filtered", sw.Passed, sw.Flooded, sw.Filtered)
	}
	var table []string
	for _, s := range sw.Stations() {
		table = append(table, fmt.Sprintf("%v at %d", s.MAC, s.Port))
	}
	if diff := cmp.Diff([]string{b.String() + " at 1", a.String() + " at 2", c.String() + " at 2"}, table); diff != "" {
		t.Error(diff)
	}
	w.Sleep(300 * time.Second)
	if n := len(sw.Stations()); n != 0 {
		t.Errorf("%d are remembered after five minutes", n)
	}
	heard[2] = nil
	list[0].Send(frameOf(b, a, "x"))
	w.Run()
	if len(heard[2]) != 1 {
		t.Error("what is forgotten is not sent to all")
	}
}

// TestSwitchFull: addresses that somebody makes up take no more than the table's room; whoever is in it stays, and whoever is
// not is reached by way of all ports. What is old makes room.
func TestSwitchFull(t *testing.T) {
	w := New(1)
	sw := w.Switch("switch")
	sw.Size = 100
	list, heard := taps(w, sw, 3)
	list[0].Send(frameOf(header.Broadcast, list[0].MAC(), "here"))
	w.Run()
	for i := range 5000 {
		list[1].Send(frameOf(header.Broadcast, header.MAC{2, 1, 0, 0, byte(i >> 8), byte(i)}, "flood"))
		w.Run()
		if n := len(sw.stations); n > 100 {
			t.Fatalf("%d addresses are remembered", n)
		}
	}
	heard[0], heard[1] = nil, nil
	list[2].Send(frameOf(list[0].MAC(), list[2].MAC(), "to the first"))
	list[0].Send(frameOf(list[2].MAC(), list[0].MAC(), "to who is not in it"))
	w.Run()
	if diff := cmp.Diff([][]string{{"to the first"}, {"to who is not in it"}}, heard[:2]); diff != "" {
		t.Error(diff)
	}
	w.Sleep(sw.age())
	list[2].Send(frameOf(header.Broadcast, list[2].MAC(), "x"))
	w.Run()
	if s := sw.Stations(); len(s) != 1 || len(sw.stations) != 1 || s[0].MAC != list[2].MAC() {
		t.Errorf("%v", s)
	}
}

// TestSwitchTalk: twenty hosts on a switch, and each speaks to each other at once.
func TestSwitchTalk(t *testing.T) {
	w := New(20)
	list := hosts(w, w.Switch("switch"), 20)
	pings := 0
	for _, a := range list {
		for _, b := range list {
			if a == b {
				continue
			}
			w.Go(func() {
				if _, err := a.Ping(b.Addr(0).Addr(), 100); err != nil {
					t.Errorf("%v to %v: %v", a, b, err)
				}
				pings++
			})
		}
	}
	w.Run()
	if pings != 380 {
		t.Errorf("%d of 380 have been answered", pings)
	}
	l, _ := list[0].Listener("tcp", ":80")
	served := 0
	w.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.Go(func() {
				b := make([]byte, 10)
				n, _ := c.Read(b)
				c.Write(b[:n])
				c.Close()
			})
		}
	})
	for i, h := range list[1:] {
		w.Go(func() {
			fd, _ := h.Socket(stack.Stream)
			if err := h.Connect(fd, list[0].Addr(80)); err != nil {
				t.Error(err)
				return
			}
			h.Write(fd, fmt.Append(nil, i))
			b := make([]byte, 10)
			if n, err := h.Read(fd, b); err != nil || string(b[:n]) != fmt.Sprint(i) {
				t.Errorf("%v: %q, %v", h, b[:n], err)
			}
			served++
			h.Close(fd)
		})
	}
	w.Sleep(10 * time.Second)
	if served != 19 {
		t.Errorf("%d of 19 have been served", served)
	}
	// A switch keeps to itself what is for one: no host has got a TCP packet that is not for it.
	for _, e := range w.Trace().Events().Of(trace.Receive) {
		if h, _, err := header.ParseIPv4(e.Frame[header.EthernetLen:]); err == nil && h.Dst != hostNamed(w, e.Host).Addr(0).Addr() {
			t.Fatalf("%s hears a packet for %v", e.Host, h.Dst)
		}
	}
}

func hostNamed(w *World, name string) *stack.Stack {
	for _, h := range w.Hosts() {
		if h.Name() == name {
			return h
		}
	}
	return nil
}

// TestLinkAddresses: who gets which address, and who is told of which router.
func TestLinkAddresses(t *testing.T) {
	w := New(1)
	a, b, c, d, e := w.Host("a"), w.Host("b"), w.Host("c"), w.Host("d"), w.Host("e")
	left, right, gw := w.Switch("left"), w.Hub("right"), w.Router("gw")
	w.Connect(a, b)
	w.Link(c, left)
	w.Link(left, right)
	w.Link(right, gw)
	w.Link(d, right)
	w.Link(gw, e, In("192.168.7.8/29"))
	got := fmt.Sprint(a.Addr(0), b.Addr(0), c.Addr(0), d.Addr(0), e.Addr(0), gw.Addrs())
	if want := "10.0.0.1:0 10.0.0.2:0 10.0.1.1:0 10.0.1.2:0 192.168.7.9:0 [10.0.1.254 192.168.7.14]"; got != want {
		t.Error(got)
	}
	for _, x := range []struct{ from, to *stack.Stack }{{c, d}, {c, e}, {d, e}, {e, c}} {
		if _, err := x.from.Ping(x.to.Addr(0).Addr(), 10); err != nil {
			t.Errorf("%v to %v: %v", x.from, x.to, err)
		}
	}
}

// TestLinkRefused: links that cannot be are refused, with the reason.
func TestLinkRefused(t *testing.T) {
	for what, link := range map[string]func(w *World){
		"loop": func(w *World) {
			a, b, c := w.Switch("a"), w.Hub("b"), w.Switch("c")
			w.Link(a, b)
			w.Link(b, c)
			w.Link(c, a)
		},
		"with itself": func(w *World) { a := w.Hub("a"); w.Link(a, a) },
		"link hubs and switches before hosts": func(w *World) {
			a, b := w.Switch("a"), w.Switch("b")
			hosts(w, a, 1)
			w.Link(w.Router("r"), b)
			w.Link(a, b)
		},
		"full": func(w *World) { a := w.Hub("a"); w.Link(a, w.Router("r"), In("10.0.0.0/30")); hosts(w, a, 2) },
		"10.1.0.0/24 already": func(w *World) {
			a := w.Hub("a")
			w.Link(a, w.Host("h"), In("10.1.0.0/24"))
			w.Link(a, w.Host("i"), In("10.2.0.0/24"))
		},
		"an MTU of 67": func(w *World) { w.Link(w.Host("h"), w.Host("i"), MTU(67)) },
		"none of its networks": func(w *World) {
			r := w.Router("r")
			w.Link(r, w.Host("h"))
			r.Route(netip.MustParsePrefix("10.7.0.0/16"), netip.MustParseAddr("10.1.0.1"))
		},
	} {
		func() {
			defer func() {
				if s := fmt.Sprint(recover()); !strings.Contains(s, what) {
					t.Errorf("%s: %s", what, s)
				}
			}()
			link(New(1))
		}()
	}
}

// TestLinkSame: the same seed gives the same bytes, with hosts, hubs, switches, routers and loss.
func TestLinkSame(t *testing.T) {
	run := func() []byte {
		w := New(5)
		sw, hub, gw := w.Switch("switch"), w.Hub("hub"), w.Router("gw")
		w.Link(gw, sw)
		w.Link(gw, hub)
		left, right := hosts(w, sw, 3), hosts(w, hub, 3)
		for i, c := range w.network.cables {
			n := 0
			c.Fate = func(nic.Passing) nic.Fate { n++; return nic.Fate{Lost: n%11 == i} }
			c.Rate = 1_000_000
		}
		for _, a := range left {
			for _, b := range right {
				for i := range 5 {
					w.Go(func() { a.Ping(b.Addr(0).Addr(), 200*i) })
					w.Go(func() { b.Ping(a.Addr(0).Addr(), 300*i) })
				}
			}
		}
		w.Run()
		var b bytes.Buffer
		for _, e := range w.Trace().Events() {
			fmt.Fprintf(&b, "%v %s %v %x\n", e.At, e.Host, e.Kind, e.Frame)
		}
		return b.Bytes()
	}
	if a, b := run(), run(); !bytes.Equal(a, b) || len(a) < 10000 {
		t.Errorf("%d bytes and %d", len(a), len(b))
	}
}
