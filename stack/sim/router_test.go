//go:build !before7

package sim

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// chain links a client, so many routers in a row, and a server, and finds the routes.
func chain(w *World, n int) (client, server *stack.Stack, routers []*Router) {
	client, server = w.Host("client"), w.Host("server")
	var last Node = client
	for i := range n {
		r := w.Router(fmt.Sprint("r", i+1))
		w.Link(last, r)
		last = r
		routers = append(routers, r)
	}
	w.Link(last, server)
	w.FindRoutes()
	return client, server, routers
}

// icmpAt returns the ICMP messages that a host has received: from whom, what, and about what.
func icmpAt(w *World, host string) (list []string) {
	for _, e := range w.Trace().Events().Of(trace.Receive).By(host) {
		if h, payload, err := header.ParseIPv4(e.Frame[header.EthernetLen:]); err == nil && h.Protocol == header.ProtocolICMP {
			if m, _, err := header.ParseICMP(payload); err == nil {
				list = append(list, fmt.Sprintf("%v: %d/%d %d", h.Src, m.Type, m.Code, m.Seq))
			}
		}
	}
	return list
}

// prober sends packets from a tap that has an address of its own on a router's network.
type prober struct {
	w    *World
	tap  *Tap
	src  netip.Addr
	gw   header.MAC
	got  []string
	last []byte
}

// probe makes the tap answer the router's ARP requests, and notes what ICMP says.
func probe(w *World, tap *Tap, gw *Router, port int) *prober {
	a := gw.ports[port].prefix.Masked().Addr().Next()
	for range 99 {
		a = a.Next() // .100
	}
	p := &prober{w: w, tap: tap, src: a, gw: gw.ports[port].mac}
	tap.Heard = func(frame []byte) {
		_, payload, _ := header.ParseEthernet(frame)
		if q, err := header.ParseARP(payload); err == nil && q.Operation == header.ARPRequest && q.TargetIP == p.src {
			answer := header.ARP{Operation: header.ARPReply, SenderMAC: tap.MAC(), SenderIP: p.src, TargetMAC: q.SenderMAC, TargetIP: q.SenderIP}
			b := make([]byte, header.EthernetLen+header.ARPLen)
			e := header.Ethernet{Dst: q.SenderMAC, Src: tap.MAC(), Type: header.EtherTypeARP}
			e.Put(b)
			answer.Put(b[header.EthernetLen:])
			tap.Send(b)
		}
		if h, payload, err := header.ParseIPv4(payload); err == nil && h.Protocol == header.ProtocolICMP {
			if m, rest, err := header.ParseICMP(payload); err == nil {
				p.got = append(p.got, fmt.Sprintf("%v: %d/%d %d", h.Src, m.Type, m.Code, m.Seq))
				p.last = bytes.Clone(rest)
			}
		}
	}
	return p
}

// send sends a packet; what the header leaves open is filled in.
func (p *prober) send(h header.IPv4, payload []byte) {
	if !h.Src.IsValid() {
		h.Src = p.src
	}
	if h.TTL == 0 {
		h.TTL = 64
	}
	h.TotalLen = uint16(h.Len() + len(payload))
	b := make([]byte, header.EthernetLen+h.Len(), header.EthernetLen+int(h.TotalLen))
	e := header.Ethernet{Dst: p.gw, Src: p.tap.MAC(), Type: header.EtherTypeIPv4}
	e.Put(b)
	h.Put(b[header.EthernetLen:])
	p.tap.Send(append(b, payload...))
}

// echo is an echo request.
func echo(size int) []byte {
	b := make([]byte, header.ICMPLen+size)
	m := header.ICMP{Type: header.ICMPEchoRequest, ID: 1, Seq: 2}
	m.Put(b)
	header.SetICMPChecksum(b)
	return b
}

// TestRouters: over three routers, the way there and back; each takes one off the TTL, and the checksum stays right.
func TestRouters(t *testing.T) {
	w := New(1)
	client, server, routers := chain(w, 3)
	for i := range 2 {
		took, err := client.Ping(server.Addr(0).Addr(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 && took != 8*time.Millisecond {
			t.Errorf("it took %v: eight links are eight milliseconds", took)
		}
	}
	for _, e := range w.Trace().Events().Of(trace.Receive).By("server") {
		if h, _, err := header.ParseIPv4(e.Frame[header.EthernetLen:]); err == nil && h.TTL != 61 {
			t.Errorf("TTL %d", h.TTL)
		}
	}
	for _, r := range routers {
		if diff := cmp.Diff(RouterCount{Forwarded: 4}, r.Count); diff != "" {
			t.Errorf("%v: %s", r, diff)
		}
		for _, a := range r.Addrs() { // each of its addresses answers, on whatever side it is
			if _, err := client.Ping(a, 10); err != nil {
				t.Errorf("%v: %v", a, err)
			}
		}
	}
}

// TestRoutersTraced: probes whose TTL is 1, 2, 3 find one router after the other, and then the host.
func TestRoutersTraced(t *testing.T) {
	w := New(1)
	_, server, routers := chain(w, 3)
	tap := w.Tap("tap")
	w.Link(tap, routers[0], In("10.9.9.0/24"))
	w.FindRoutes()
	p := probe(w, tap, routers[0], 2)
	for ttl := range uint8(4) {
		p.send(header.IPv4{TTL: ttl + 1, Protocol: header.ProtocolUDP, Dst: server.Addr(0).Addr()}, []byte{0, 9, 130, 155, 0, 8, 0, 0})
		w.Run()
	}
	want := []string{
		"10.9.9.254: 11/0 0",
		routers[1].Addrs()[0].String() + ": 11/0 0",
		routers[2].Addrs()[0].String() + ": 11/0 0",
	}
	if len(p.got) == 3 { // until chapter 8 nobody takes UDP, and the host says so
		t.Errorf("the host says nothing: %v", p.got)
	} else if diff := cmp.Diff(want, p.got[:3]); diff != "" || !strings.HasPrefix(p.got[3], server.Addr(0).Addr().String()+": 3/") {
		t.Errorf("%v %s", p.got[3], diff)
	}
}

// TestRouterSays: what a router says of a packet that it cannot pass on, and of which it says nothing.
func TestRouterSays(t *testing.T) {
	w := New(1)
	client, gw, tap := w.Host("client"), w.Router("gw"), w.Tap("tap")
	w.Link(tap, gw)
	narrow := w.Link(gw, client)
	narrow.MTU = 600
	p := probe(w, tap, gw, 0)
	me, there := gw.Addrs()[0], client.Addr(0).Addr()
	addr := netip.MustParseAddr
	unreachable := func(code uint8) []byte { // an error, which must not be answered by another
		b := make([]byte, 40)
		m := header.ICMP{Type: header.ICMPUnreachable, Code: code}
		m.Put(b)
		header.SetICMPChecksum(b)
		return b
	}
	udp := make([]byte, 8)
	for _, c := range []struct {
		what    string
		h       header.IPv4
		payload []byte
		want    string // the answer
	}{
		{"an echo", header.IPv4{Protocol: 1, Dst: me}, echo(100), "10.0.0.254: 0/0 2"},
		{"an echo to its other address", header.IPv4{Protocol: 1, Dst: gw.Addrs()[1]}, echo(100), "10.0.1.254: 0/0 2"},
		{"an echo with TTL 1 to itself", header.IPv4{TTL: 1, Protocol: 1, Dst: me}, echo(100), "10.0.0.254: 0/0 2"},
		{"an echo through it", header.IPv4{Protocol: 1, Dst: there}, echo(100), "10.0.1.1: 0/0 2"},
		{"UDP to itself", header.IPv4{Protocol: 17, Dst: me}, udp, "10.0.0.254: 3/3 0"},
		{"TCP to itself", header.IPv4{Protocol: 6, Dst: me}, make([]byte, 20), "10.0.0.254: 3/2 0"},
		{"the TTL ends", header.IPv4{TTL: 1, Protocol: 17, Dst: there}, udp, "10.0.0.254: 11/0 0"},
		{"no route", header.IPv4{Protocol: 17, Dst: addr("192.0.2.7")}, udp, "10.0.0.254: 3/0 0"},
		{"nobody there", header.IPv4{Protocol: 17, Dst: addr("10.0.1.77")}, udp, "10.0.0.254: 3/1 0"},
		{"too long", header.IPv4{Protocol: 1, DontFragment: true, Dst: there}, echo(573), "10.0.0.254: 3/4 600"},
		{"just fits", header.IPv4{Protocol: 1, DontFragment: true, Dst: there}, echo(572), "10.0.1.1: 0/0 2"},

		{"an error about which there is an error", header.IPv4{Protocol: 1, Dst: addr("192.0.2.7")}, unreachable(1), ""},
		{"a later fragment", header.IPv4{Protocol: 17, Offset: 800, Dst: addr("192.0.2.7")}, udp, ""},
		{"a fragment for itself", header.IPv4{Protocol: 1, MoreFragments: true, Dst: me}, echo(8), ""},
		{"from itself", header.IPv4{Src: me, Protocol: 17, Dst: there}, udp, ""},
		{"from a group", header.IPv4{Src: addr("224.0.0.1"), Protocol: 17, Dst: there}, udp, ""},
		{"from everybody", header.IPv4{Src: addr("10.0.0.255"), Protocol: 17, Dst: there}, udp, ""},
		{"from nobody", header.IPv4{Src: addr("0.0.0.0"), Protocol: 17, Dst: there}, udp, ""},
		{"from loopback", header.IPv4{Src: addr("127.0.0.1"), Protocol: 17, Dst: there}, udp, ""},
		{"to a group", header.IPv4{Protocol: 17, Dst: addr("224.0.0.1")}, udp, ""},
		{"to everybody", header.IPv4{Protocol: 17, Dst: addr("255.255.255.255")}, udp, ""},
		{"to everybody over there", header.IPv4{Protocol: 17, Dst: addr("10.0.1.255")}, udp, ""},
		{"to loopback", header.IPv4{Protocol: 17, Dst: addr("127.0.0.1")}, udp, ""},
	} {
		p.got = nil
		before := len(w.Trace().Events().Of(trace.Receive).By("client"))
		p.send(c.h, c.payload)
		w.Run()
		if got := strings.Join(p.got, ", "); got != c.want {
			t.Errorf("%s: %q, not %q", c.what, got, c.want)
		}
		if n := len(w.Trace().Events().Of(trace.Receive).By("client")); n != before && !strings.HasPrefix(c.want, "10.0.1.1") && c.what != "nobody there" {
			t.Errorf("%s: the client hears of it", c.what)
		}
	}
	// A packet that was damaged on the way.
	p.got = nil
	p.tap.Send(append(make([]byte, 0), frameOf(p.gw, p.tap.MAC(), "no IP")...))
	w.Run()
	gw.Silent = true
	p.send(header.IPv4{TTL: 1, Protocol: 17, Dst: there}, udp)
	w.Run()
	if p.got != nil {
		t.Errorf("%v", p.got)
	}
	want := RouterCount{Forwarded: 5, Delivered: 6, Ignored: 10, TooLong: 1, TimeExceeded: 2, NoRoute: 3, NoHost: 1}
	if diff := cmp.Diff(want, gw.Count); diff != "" {
		t.Error(diff)
	}
}

// TestRouterQuotes: an error quotes as much of the packet as fits into 576 bytes, as it came.
func TestRouterQuotes(t *testing.T) {
	w := New(1)
	gw, tap := w.Router("gw"), w.Tap("tap")
	w.Link(tap, gw)
	p := probe(w, tap, gw, 0)
	payload := echo(1000)
	p.send(header.IPv4{TTL: 1, ID: 77, Protocol: 1, Dst: netip.MustParseAddr("192.0.2.1")}, payload)
	w.Run()
	h, start, err := header.ParseQuote(p.last)
	if err != nil || len(p.last) != 548 || h.ID != 77 || h.TTL != 1 || !bytes.Equal(start, payload[:528]) {
		t.Errorf("%d bytes: %+v, %v", len(p.last), h, err)
	}
}

// TestRouterErrorsBounded: of a flood that cannot be delivered it tells so many senders in a second, and no more; and it
// remembers so many neighbours, and keeps so many packets for them.
func TestRouterErrorsBounded(t *testing.T) {
	w := New(1)
	gw, tap := w.Router("gw"), w.Tap("tap")
	w.Link(tap, gw, In("10.16.0.0/12"))
	p := probe(w, tap, gw, 0)
	p.send(header.IPv4{Protocol: 1, Dst: gw.Addrs()[0]}, echo(0)) // now it knows where the tap is
	w.Run()
	p.got = nil
	for i := range 2000 {
		p.send(header.IPv4{TTL: 1, Protocol: 17, Dst: netip.MustParseAddr("192.0.2.1")}, echo(0))
		p.send(header.IPv4{Protocol: 17, Dst: netip.AddrFrom4([4]byte{10, 17, byte(i >> 8), byte(i)})}, echo(0))
		p.send(header.IPv4{Protocol: 17, Dst: netip.AddrFrom4([4]byte{10, 18, 0, 1})}, echo(0))
		w.Sleep(100 * time.Microsecond)
		waiting := 0
		for _, n := range gw.neighbours {
			waiting += len(n.waiting)
		}
		if len(gw.neighbours) > 1024 || len(gw.known) > 1024 || len(gw.asking) > 1024 || waiting > 1024+16 {
			t.Fatalf("%d neighbours, %d packets wait", len(gw.neighbours), waiting)
		}
	}
	if len(p.got) != 1000 {
		t.Errorf("%d errors in a fifth of a second", len(p.got))
	}
	w.Run()
	if len(gw.asking) != 0 {
		t.Errorf("%d are still asked for", len(gw.asking))
	}
}

// TestRoutingLoop: two routers that hold each other for the way. A packet's TTL ends, and its sender is told.
func TestRoutingLoop(t *testing.T) {
	w := New(1)
	client, a, b := w.Host("client"), w.Router("a"), w.Router("b")
	w.Link(client, a)
	w.Link(a, b)
	any := netip.MustParsePrefix("0.0.0.0/0")
	a.Route(any, b.Addrs()[0])
	b.Route(any, a.Addrs()[1])
	b.Route(netip.MustParsePrefix("10.0.0.0/24"), a.Addrs()[1])
	client.Ping(netip.MustParseAddr("192.0.2.1"), 10)
	w.Run()
	if a.Count.Forwarded+b.Count.Forwarded != 63+1 || a.Count.TimeExceeded+b.Count.TimeExceeded != 1 {
		t.Errorf("%+v, %+v", a.Count, b.Count)
	}
	if got := icmpAt(w, "client"); len(got) != 1 || !strings.HasSuffix(got[0], "11/0 0") {
		t.Errorf("%v", got)
	}
}

// TestFindRoutes: by the fewest routers, or as was written down.
func TestFindRoutes(t *testing.T) {
	w := New(1)
	var r []*Router
	for i := range 5 {
		r = append(r, w.Router(fmt.Sprint("r", i)))
	}
	host, far := w.Host("host"), w.Host("far")
	w.Link(host, r[0]) // 10.0.0.0/24
	w.Link(r[0], r[1]) // 10.0.1.0/24
	w.Link(r[1], r[2]) // 10.0.2.0/24
	w.Link(r[2], r[4]) // 10.0.3.0/24
	w.Link(r[0], r[3]) // 10.0.4.0/24
	w.Link(r[3], r[4]) // 10.0.5.0/24: the shorter way
	w.Link(r[4], far)  // 10.0.6.0/24
	w.FindRoutes()
	w.FindRoutes()
	want := []string{
		"10.0.0.0/24 on port 0", "10.0.1.0/24 on port 1", "10.0.2.0/24 via 10.0.1.253", "10.0.3.0/24 via 10.0.1.253",
		"10.0.4.0/24 on port 2", "10.0.5.0/24 via 10.0.4.253", "10.0.6.0/24 via 10.0.4.253",
	}
	if diff := cmp.Diff(want, r[0].Routes()); diff != "" {
		t.Error(diff)
	}
	if _, err := host.Ping(far.Addr(0).Addr(), 1); err != nil || r[3].Count.Forwarded == 0 || r[1].Count.Forwarded != 0 {
		t.Errorf("%v", err)
	}
	// Longer prefixes come first: this host alone by the other way.
	r[0].Route(netip.MustParsePrefix("10.0.6.1/32"), netip.MustParseAddr("10.0.1.253"))
	r[0].Route(netip.MustParsePrefix("10.0.2.0/24"), netip.MustParseAddr("10.0.4.253"))
	w.FindRoutes()
	if _, err := host.Ping(far.Addr(0).Addr(), 1); err != nil || r[1].Count.Forwarded != 1 {
		t.Errorf("%v, %+v", err, r[1].Count)
	}
	if got := r[0].Routes(); got[0] != "10.0.6.1/32 via 10.0.1.253" || got[3] != "10.0.2.0/24 via 10.0.4.253" {
		t.Errorf("%v", got)
	}
}

// TestAge: the checksum that a router puts right is the one that a sum over the whole header gives, whatever the header.
func TestAge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "header")
		b[0] = 0x45
		b[8] = rapid.ByteRange(1, 255).Draw(t, "ttl")
		b[10], b[11] = 0, 0
		binary.BigEndian.PutUint16(b[10:], header.Checksum(b))
		age(b)
		if header.Checksum(b) != 0 {
			t.Fatalf("% x", b)
		}
	})
}

// TestFragments: the pieces are no longer than the link takes and, put together, the packet; cut again they still are.
func TestFragments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := header.IPv4{TTL: 9, ID: 5, Protocol: 17, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.1.1")}
		h.Options = slices.Concat([][]byte{nil, {1, 1, 1, 0}, {0x83, 7, 4, 1, 2, 3, 4, 0}, {7, 4, 4, 0, 0x94, 4, 0, 0}}[rapid.IntRange(0, 3).Draw(t, "options")])
		payload := make([]byte, rapid.IntRange(1, 8000).Draw(t, "size"))
		r := rand.New(rand.NewPCG(1, uint64(len(payload))))
		for i := range payload {
			payload[i] = byte(r.Uint32())
		}
		h.TotalLen = uint16(h.Len() + len(payload))
		packet := make([]byte, h.TotalLen)
		h.Put(packet)
		copy(packet[h.Len():], payload)
		mtu := rapid.IntRange(68, 3000).Draw(t, "mtu")
		var list [][]byte
		for _, f := range fragments(packet, mtu) {
			list = append(list, fragments(f, rapid.IntRange(68, mtu).Draw(t, "next"))...)
		}
		got := make([]byte, 0, len(payload))
		for i, f := range list {
			p, data, err := header.ParseIPv4(f)
			switch {
			case err != nil:
				t.Fatal(err)
			case len(f) > mtu, int(p.Offset) != len(got), p.MoreFragments != (i < len(list)-1), p.ID != 5, p.TTL != 9:
				t.Fatalf("%d of %d: %+v", i, len(list), p)
			case i > 0 && len(p.Options) > 0 && p.Options[0]&0x80 == 0:
				t.Fatalf("an option that is not to be copied is: %+v", p)
			case i > 0 && len(h.Options) == 8 && len(p.Options) == 0:
				t.Fatalf("an option that is to be copied is not")
			}
			got = append(got, data...)
		}
		if !bytes.Equal(got, payload) {
			t.Fatalf("%d bytes came of %d", len(got), len(payload))
		}
	})
}

// TestRouterCuts: a packet that may be cut is, and only then.
func TestRouterCuts(t *testing.T) {
	w := New(1)
	client, gw, tap := w.Host("client"), w.Router("gw"), w.Tap("tap")
	w.Link(tap, gw)
	w.Link(gw, client).MTU = 576
	p := probe(w, tap, gw, 0)
	p.send(header.IPv4{ID: 9, Protocol: 1, Dst: client.Addr(0).Addr()}, echo(1000))
	w.Run()
	var sizes []int
	for _, e := range w.Trace().Events().Of(trace.Receive).By("client") {
		if h, data, err := header.ParseIPv4(e.Frame[header.EthernetLen:]); err == nil {
			sizes = append(sizes, int(h.Offset), len(data))
		}
	}
	if diff := cmp.Diff([]int{0, 552, 552, 456}, sizes); diff != "" || gw.Count.Fragmented != 1 {
		t.Error(diff)
	}
}

// TestUnreachable: what a router says reaches the application that asked.
func TestUnreachableByRouter(t *testing.T) {
	w := New(1)
	client, _, _ := chain(w, 2)
	for addr, want := range map[string]syscall.Errno{"192.0.2.1": syscall.ENETUNREACH, "10.0.2.77": syscall.EHOSTUNREACH} {
		if _, err := client.Ping(netip.MustParseAddr(addr), 10); !errors.Is(err, want) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
