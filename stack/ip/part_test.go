//go:build !before3

package ip

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// card is an adapter that is nothing but its description.
type card struct {
	nic.Driver
	info nic.Info
}

func (c card) Info() nic.Info { return c.info }

var (
	ownMAC  = header.MAC{2, 0, 0, 0, 0, 1}
	peerMAC = header.MAC{2, 0, 0, 0, 0, 2}
	own     = netip.MustParseAddr("10.0.0.1")
	peer    = netip.MustParseAddr("10.0.0.2")
)

// newPart has one interface, 10.0.0.1/24.
func newPart() (*Part, *Interface) {
	p := new(Part)
	i := p.Attach(card{info: nic.Info{Name: "eth0", Address: net.HardwareAddr(ownMAC[:]), MTU: 1500}}, netip.PrefixFrom(own, 24))
	return p, i
}

var addresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// datagram builds a frame as it would arrive.
func datagram(dst header.MAC, h header.IPv4, payload string) *buffer.Packet {
	if h.TTL == 0 {
		h.TTL = 64
	}
	h.Protocol = header.ProtocolTCP
	h.TotalLen = uint16(h.Len() + len(payload))
	pkt := buffer.New(200)
	copy(pkt.Put(len(payload)), payload)
	h.Put(pkt.Push(h.Len()))
	(&header.Ethernet{Dst: dst, Src: peerMAC, Type: header.EtherTypeIPv4}).Put(pkt.Push(header.EthernetLen))
	for pkt.Len() < 60 { // as short frames are padded
		pkt.Put(1)[0] = 0xee
	}
	return pkt
}

// TestWrap builds a whole frame, and Arrive takes it apart.
func TestWrap(t *testing.T) {
	p, i := newPart()
	p.SetNeighbour(peer, peerMAC)
	pkt := buffer.New(20)
	copy(pkt.Put(5), "hello")
	pkt.Body[0] = []byte(" world")
	if via, hop, err := p.Lookup(peer); via != i || hop != peer || err != nil {
		t.Fatalf("%v %v %v", via, hop, err)
	}
	if !p.Wrap(0, i, peer, pkt, Datagram{Src: own, Dst: peer, Protocol: 6, TOS: 0xb8}) {
		t.Fatal("the neighbour is written down, and not known")
	}
	whole := pkt.Clone()
	e, packet, err := header.ParseEthernet(whole.Bytes())
	if want := (header.Ethernet{Dst: peerMAC, Src: ownMAC, Type: header.EtherTypeIPv4}); err != nil || e != want {
		t.Errorf("%+v, %v", e, err)
	}
	h, payload, err := header.ParseIPv4(packet)
	want := header.IPv4{TOS: 0xb8, TotalLen: 31, ID: h.ID, DontFragment: true, TTL: 64, Protocol: 6, Checksum: h.Checksum, Src: own, Dst: peer}
	if diff := cmp.Diff(want, h, addresses); err != nil || diff != "" || string(payload) != "hello world" {
		t.Errorf("%q, %v %s", payload, err, diff)
	}
}

// TestArrive takes the headers off what is for us, and refuses all else.
func TestArrive(t *testing.T) {
	head := header.IPv4{Src: peer, Dst: own}
	for name, c := range map[string]struct {
		dst    header.MAC
		change func(*header.IPv4)
		want   error
	}{
		"for us":             {ownMAC, func(h *header.IPv4) {}, nil},
		"with options":       {ownMAC, func(h *header.IPv4) { h.Options = []byte{1, 1, 1, 0} }, nil},
		"with unknown ones":  {ownMAC, func(h *header.IPv4) { h.Options = []byte{0x9e, 6, 1, 2, 3, 4, 7, 3, 4, 0, 0, 0} }, nil}, // MUST-50
		"by a loose route":   {ownMAC, func(h *header.IPv4) { h.Options = []byte{1, 131, 7, 4, 192, 0, 2, 1} }, ErrNotForUs},
		"by a strict route":  {ownMAC, func(h *header.IPv4) { h.Options = []byte{7, 3, 4, 137, 7, 4, 192, 0, 2, 1, 0, 0} }, ErrNotForUs},
		"options cut short":  {ownMAC, func(h *header.IPv4) { h.Options = []byte{1, 1, 1, 7} }, nil},
		"an option of 0":     {ownMAC, func(h *header.IPv4) { h.Options = []byte{7, 0, 131, 3} }, nil},
		"another's MAC":      {peerMAC, func(h *header.IPv4) {}, ErrNotForUs},
		"broadcast frame":    {header.Broadcast, func(h *header.IPv4) {}, ErrNotForUs}, // RFC 9293 MUST-57
		"another's address":  {ownMAC, func(h *header.IPv4) { h.Dst = peer }, ErrNotForUs},
		"to broadcast":       {ownMAC, func(h *header.IPv4) { h.Dst = netip.MustParseAddr("255.255.255.255") }, ErrNotForUs},
		"to our broadcast":   {ownMAC, func(h *header.IPv4) { h.Dst = netip.MustParseAddr("10.0.0.255") }, ErrNotForUs},
		"to multicast":       {ownMAC, func(h *header.IPv4) { h.Dst = netip.MustParseAddr("224.0.0.1") }, ErrNotForUs},
		"from broadcast":     {ownMAC, func(h *header.IPv4) { h.Src = netip.MustParseAddr("255.255.255.255") }, ErrNotForUs}, // MUST-63
		"from our broadcast": {ownMAC, func(h *header.IPv4) { h.Src = netip.MustParseAddr("10.0.0.255") }, ErrNotForUs},
		"from multicast":     {ownMAC, func(h *header.IPv4) { h.Src = netip.MustParseAddr("239.1.2.3") }, ErrNotForUs},
		"from class E":       {ownMAC, func(h *header.IPv4) { h.Src = netip.MustParseAddr("240.0.0.1") }, ErrNotForUs},
		"from nobody":        {ownMAC, func(h *header.IPv4) { h.Src = netip.IPv4Unspecified() }, ErrNotForUs},
		"from within":        {ownMAC, func(h *header.IPv4) { h.Src = netip.MustParseAddr("127.0.0.1") }, ErrNotForUs},
		"from ourselves":     {ownMAC, func(h *header.IPv4) { h.Src = own }, ErrNotForUs},
		"from far":           {ownMAC, func(h *header.IPv4) { h.Src = netip.MustParseAddr("192.0.2.255") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, i := newPart()
			h := head
			c.change(&h)
			pkt := datagram(c.dst, h, "hello")
			d, err := p.Arrive(0, i, pkt)
			if !errors.Is(err, c.want) {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			want := Datagram{Src: h.Src, Dst: own, Protocol: header.ProtocolTCP, TTL: 64}
			if diff := cmp.Diff(want, d, addresses, cmpopts.IgnoreUnexported(Datagram{})); diff != "" || string(pkt.Bytes()) != "hello" {
				t.Errorf("%q %s", pkt.Bytes(), diff)
			}
		})
	}
	p, i := newPart()
	spoilt := datagram(ownMAC, head, "x").Bytes()
	spoilt[header.EthernetLen+8]++
	for name, b := range map[string][]byte{"nothing": {}, "half a header": make([]byte, 20), "a bad sum": spoilt} {
		if _, err := p.Arrive(0, i, buffer.From(b)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestBroadcast: which addresses are everybody's.
func TestBroadcast(t *testing.T) {
	for _, c := range []struct {
		prefix, addr string
		want         bool
	}{
		{"10.0.0.1/24", "10.0.0.255", true}, {"10.0.0.1/24", "10.0.0.254", false}, {"10.0.0.1/24", "10.0.1.255", false},
		{"10.0.0.1/24", "255.255.255.255", true}, {"10.0.0.1/8", "10.255.255.255", true}, {"10.0.0.1/8", "10.0.0.255", false},
		{"10.0.0.0/31", "10.0.0.1", false}, {"10.0.0.1/32", "10.0.0.1", false},
	} {
		i, prefix := new(Interface), netip.MustParsePrefix(c.prefix)
		i.prefix.Store(&prefix)
		if got := i.Broadcast(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s on %s: %v", c.addr, c.prefix, got)
		}
	}
}

// TestNoRoute: no interface leads there.
func TestNoRoute(t *testing.T) {
	p, _ := newPart()
	if _, _, err := p.Lookup(netip.MustParseAddr("192.0.2.1")); !errors.Is(err, ErrNoRoute) {
		t.Error(err)
	}
	p.Route = func(netip.Addr) (*Interface, netip.Addr, error) { return nil, netip.Addr{}, errors.ErrUnsupported }
	if _, _, err := p.Lookup(peer); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("replaced: %v", err)
	}
}
