//go:build !before8

package udp

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

var here = netip.MustParseAddr("10.0.0.1")

func end(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestTable(t *testing.T) {
	var table Table
	bind := func(local string) *Port { return table.Bind(end(local), local) }
	a, b := bind("10.0.0.1:53"), bind("10.0.1.1:53")
	wild := bind("0.0.0.0:68")
	if a == nil || b == nil || wild == nil {
		t.Fatal("a free port is not given")
	}
	for _, taken := range []string{"10.0.0.1:53", "0.0.0.0:53", "0.0.0.0:68", "10.0.0.1:68"} {
		if !table.Taken(end(taken)) || bind(taken) != nil {
			t.Errorf("%s is given twice", taken)
		}
	}
	for _, c := range []struct {
		local, remote string
		want          *Port
	}{
		{"10.0.0.1:53", "10.0.0.9:1000", a},
		{"10.0.1.1:53", "10.0.0.9:1000", b},
		{"10.0.2.1:53", "10.0.0.9:1000", nil},
		{"10.0.2.1:68", "10.0.0.9:1000", wild},
		{"10.0.2.1:69", "10.0.0.9:1000", nil},
	} {
		if got := table.Find(end(c.local), end(c.remote)); got != c.want {
			t.Errorf("%s → %s: %+v", c.remote, c.local, got)
		}
	}
	peer := end("10.0.0.2:67")
	if table.Connected(end("10.0.0.1:68"), peer) != nil {
		t.Error("connected to nobody, and found")
	}
	table.Connect(wild, netip.MustParseAddr("10.0.0.1"), peer)
	if table.Find(end("10.0.0.1:68"), peer) != wild || table.Connected(end("10.0.0.1:68"), peer) != wild {
		t.Error("the peer is not heard")
	}
	for _, other := range []string{"10.0.0.2:68", "10.0.0.3:67"} {
		if table.Find(end("10.0.0.1:68"), end(other)) != nil || table.Connected(end("10.0.0.1:68"), end(other)) != nil {
			t.Errorf("%s is heard", other)
		}
	}
	if table.Find(end("10.0.1.1:68"), peer) != nil {
		t.Error("heard at another address")
	}
	for _, p := range []*Port{a, b, wild} {
		table.Unbind(p)
	}
	if len(table.ports) != 0 || bind("0.0.0.0:53") == nil {
		t.Error("a port that was given back is not free")
	}
}

func TestPort(t *testing.T) {
	var table Table
	p := table.Bind(end("10.0.0.1:53"), "owner")
	if p.Owner() != "owner" || p.Ready() {
		t.Errorf("a new port: %+v", p)
	}
	pkt := buffer.From([]byte("onetwo"))
	from := end("10.0.0.2:1000")
	p.SetLimit(2 * (pkt.Cap() + overhead))
	if !p.Arrive(from, here, pkt.Bytes()[:3], pkt) || !p.Arrive(from, here, nil, pkt) {
		t.Fatal("no room")
	}
	if p.Arrive(from, here, pkt.Bytes()[3:], pkt) || p.Dropped() != 1 || p.Held() != p.Limit() {
		t.Errorf("a third of two, %d dropped, %d held", p.Dropped(), p.Held())
	}
	refused := errors.New("refused")
	p.Fail(refused)
	if _, ok, err := p.Next(); !ok || err != refused {
		t.Errorf("the error: %v", err)
	}
	for _, want := range []string{"one", ""} { // an empty datagram is one too
		d, ok, err := p.Next()
		if !ok || err != nil || string(d.Payload) != want || d.From != from || d.To != here {
			t.Fatalf("%q from %v, %v, %v", d.Payload, d.From, err, ok)
		}
		d.Release()
	}
	if _, ok, _ := p.Next(); ok || p.Held() != 0 {
		t.Error("something is left")
	}
	p.Arrive(from, here, nil, pkt)
	p.Discard()
	if p.Ready() || p.Held() != 0 {
		t.Error("not all is discarded")
	}
	pkt.Release()
	defer func() {
		if recover() == nil {
			t.Error("somebody still holds the packet")
		}
	}()
	pkt.Release()
}

// TestKeep connects a port at which datagrams wait, some of them the new peer's.
func TestKeep(t *testing.T) {
	var table Table
	p := table.Bind(end("10.0.0.1:53"), nil)
	peer, other := end("10.0.0.2:1000"), end("10.0.0.3:1000")
	for i, from := range []netip.AddrPort{other, peer, other, peer, other} {
		pkt := buffer.From([]byte{byte(i)})
		p.Arrive(from, here, pkt.Bytes(), pkt)
		pkt.Release()
	}
	first, _, _ := p.Next()
	first.Release()
	p.Fail(errors.New("long ago"))
	before := p.Held()
	if lost := p.Keep(peer); lost != 2 || p.Held() != before/2 {
		t.Errorf("%d lost, %d bytes held of %d", lost, p.Held(), before)
	}
	for _, want := range []byte{1, 3} {
		if d, ok, err := p.Next(); !ok || err != nil || d.Payload[0] != want || d.From != peer {
			t.Errorf("%v, %v, %v, not %d", d, ok, err, want)
		}
	}
	if p.Ready() || p.Held() != 0 {
		t.Error("something is left")
	}
}

// TestQueueOrder compares a port's queue with a plain list.
func TestQueueOrder(t *testing.T) {
	var table Table
	p := table.Bind(end("10.0.0.1:53"), nil)
	r := rand.New(rand.NewPCG(1, 1))
	var model []byte
	for i := range 10000 {
		pkt := buffer.From([]byte{byte(i)})
		if r.IntN(100) < 50+10*(i/1000%2*2-1) && p.Arrive(end("10.0.0.2:1000"), here, pkt.Bytes(), pkt) {
			model = append(model, byte(i))
			continue
		}
		d, ok, err := p.Next()
		if err != nil || ok != (len(model) > 0) {
			t.Fatalf("step %d: %v, %v with %d waiting", i, ok, err, len(model))
		}
		if ok {
			if d.Payload[0] != model[0] {
				t.Fatalf("step %d: %d instead of %d", i, d.Payload[0], model[0])
			}
			model = model[1:]
			d.Release()
		}
	}
	for len(model) > 0 {
		if d, ok, _ := p.Next(); !ok || d.Payload[0] != model[0] {
			t.Fatalf("%d left, and %v", len(model), d.Payload)
		}
		model = model[1:]
	}
	if p.Ready() || p.Held() != 0 {
		t.Errorf("empty, and %d bytes held", p.Held())
	}
}
