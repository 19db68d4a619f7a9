//go:build !before7

package ip

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

var (
	ourMAC   = header.MAC{2, 0, 0, 0, 0, 1}
	theirMAC = header.MAC{2, 0, 0, 0, 0, 2}
	ours     = netip.MustParseAddr("10.0.0.1")
	theirs   = netip.MustParseAddr("10.0.0.2")
)

// still is a driver that nothing goes through: these tests hand the part its frames themselves.
type still struct{ nic.Driver }

func (still) Info() nic.Info { return nic.Info{Name: "eth0", Address: ourMAC[:], MTU: 1500} }

// alone makes an IP part whose one neighbour is known.
func alone() (*Part, *Interface) {
	p := new(Part)
	i := p.Attach(still{}, netip.PrefixFrom(ours, 24))
	p.SetNeighbour(theirs, theirMAC)
	return p, i
}

// frameOf makes a frame for us.
func frameOf(protocol uint8, src, dst netip.Addr, payload []byte) *buffer.Packet {
	pkt := buffer.New(len(payload))
	copy(pkt.Put(len(payload)), payload)
	h := header.IPv4{TotalLen: uint16(header.IPv4Len + len(payload)), TTL: 64, Protocol: protocol, Src: src, Dst: dst}
	h.Put(pkt.Push(header.IPv4Len))
	e := header.Ethernet{Dst: ourMAC, Src: theirMAC, Type: header.EtherTypeIPv4}
	e.Put(pkt.Push(header.EthernetLen))
	return pkt
}

func icmpOf(h header.ICMP, payload []byte) []byte {
	b := make([]byte, header.ICMPLen)
	h.Put(b)
	b = append(b, payload...)
	header.SetICMPChecksum(b)
	return b
}

// sent takes the next frame that the part wants to send, as an ICMP message.
func sent(t *testing.T, p *Part) (header.IPv4, header.ICMP, []byte, bool) {
	t.Helper()
	_, pkt, ok := p.Next()
	if !ok {
		return header.IPv4{}, header.ICMP{}, nil, false
	}
	_, b, err := header.ParseEthernet(pkt.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	h, b, err := header.ParseIPv4(b)
	if err != nil {
		t.Fatal(err)
	}
	m, b, err := header.ParseICMP(b)
	if err != nil {
		t.Fatal(err)
	}
	return h, m, b, true
}

func TestEcho(t *testing.T) {
	p, i := alone()
	message := icmpOf(header.ICMP{Type: header.ICMPEchoRequest, ID: 7, Seq: 3}, []byte("say it again"))
	d, err := p.Arrive(0, i, frameOf(header.ProtocolICMP, theirs, ours, message))
	if err != nil || d.Src.IsValid() {
		t.Errorf("an echo request went up: %+v, %v", d, err)
	}
	h, m, data, ok := sent(t, p)
	if !ok || h.Src != ours || h.Dst != theirs || m.Type != header.ICMPEchoReply || m.ID != 7 || m.Seq != 3 || string(data) != "say it again" {
		t.Errorf("answered by %+v %+v %q", h, m, data)
	}
	message[len(message)-1]++
	if _, err := p.Arrive(0, i, frameOf(header.ProtocolICMP, theirs, ours, message)); !errors.Is(err, header.ErrInvalid) {
		t.Errorf("a broken request: %v", err)
	}
	for name, frame := range map[string]*buffer.Packet{
		"to everybody":      frameOf(header.ProtocolICMP, theirs, broadcast, message),
		"to all on a net":   frameOf(header.ProtocolICMP, theirs, netip.MustParseAddr("10.0.0.255"), message),
		"from everybody":    frameOf(header.ProtocolICMP, broadcast, ours, message),
		"from all on a net": frameOf(header.ProtocolICMP, netip.MustParseAddr("10.0.0.255"), ours, message),
		"a timestamp":       frameOf(header.ProtocolICMP, theirs, ours, icmpOf(header.ICMP{Type: 13}, make([]byte, 12))),
		"a source quench":   frameOf(header.ProtocolICMP, theirs, ours, icmpOf(header.ICMP{Type: header.ICMPSourceQuench}, make([]byte, 28))),
		"an unknown thing":  frameOf(header.ProtocolICMP, theirs, ours, icmpOf(header.ICMP{Type: 200}, nil)),
	} {
		if d, err := p.Arrive(0, i, frame); err == nil {
			t.Errorf("%s: went up as %+v", name, d)
		}
		if _, m, _, ok := sent(t, p); ok {
			t.Errorf("%s: answered by %+v", name, m)
		}
	}
}

func TestPing(t *testing.T) {
	p, i := alone()
	if err := p.Ping(0, netip.MustParseAddr("192.0.2.1"), 1, 1, nil); !errors.Is(err, ErrNoRoute) {
		t.Errorf("to nowhere: %v", err)
	}
	if err := p.Ping(0, theirs, 1, 1, make([]byte, 65508)); !errors.Is(err, ErrTooLong) {
		t.Errorf("65508 bytes: %v", err)
	}
	if err := p.Ping(0, theirs, 5, 6, make([]byte, 1472)); err != nil {
		t.Fatal(err)
	}
	h, m, data, ok := sent(t, p)
	if !ok || h.Dst != theirs || m.Type != header.ICMPEchoRequest || m.ID != 5 || m.Seq != 6 || len(data) != 1472 {
		t.Fatalf("asked by %+v %+v", h, m)
	}
	m.Type = header.ICMPEchoReply
	if d, err := p.Arrive(0, i, frameOf(header.ProtocolICMP, theirs, ours, icmpOf(m, data))); err != nil || d.Src != theirs {
		t.Errorf("the answer: %+v, %v", d, err)
	}
}

func TestRefuse(t *testing.T) {
	p, i := alone()
	payload := bytes.Repeat([]byte("0123456789"), 100)
	refuse := func(now time.Duration, protocol uint8, src netip.Addr, payload []byte) bool {
		t.Helper()
		pkt := frameOf(protocol, src, ours, payload)
		d, err := p.Arrive(now, i, pkt)
		if err != nil {
			t.Fatal(err)
		}
		p.Refuse(now, d, pkt, header.UnreachablePort)
		if !bytes.Equal(pkt.Bytes(), payload) {
			t.Fatal("the packet is not as it was")
		}
		h, m, quote, ok := sent(t, p)
		if !ok {
			return false
		}
		if h.TotalLen > 576 || h.Dst != src || h.Src != ours || m.Type != header.ICMPUnreachable || m.Code != header.UnreachablePort {
			t.Errorf("%+v %+v", h, m)
		}
		q, start, err := header.ParseQuote(quote)
		if err != nil || q.Src != src || q.Dst != ours || q.Protocol != protocol || !bytes.HasPrefix(payload, start) {
			t.Errorf("quotes %+v %q, %v", q, start, err)
		}
		return true
	}
	if !refuse(0, header.ProtocolUDP, theirs, payload) || !refuse(0, 200, theirs, payload[:9]) {
		t.Error("nothing was sent")
	}
	quote := make([]byte, 28)
	q := header.IPv4{TTL: 1, Protocol: header.ProtocolUDP, Src: ours, Dst: theirs}
	q.Put(quote)
	if refuse(0, header.ProtocolICMP, theirs, icmpOf(header.ICMP{Type: header.ICMPTimeExceeded}, quote)) {
		t.Error("sent about an ICMP error")
	}
	if p.ICMPCounts() != (ICMPCounts{Errors: 2, Barred: 1}) {
		t.Errorf("counted %+v", p.ICMPCounts())
	}
	n := 2
	for refuse(time.Millisecond, header.ProtocolUDP, theirs, payload) {
		n++
	}
	if n != hostBurst {
		t.Errorf("%d errors at once to one host", n)
	}
	other := theirs
	for n < errorLimit+10 { // many hosts
		other = other.Next()
		p.SetNeighbour(other, theirMAC)
		if !refuse(time.Millisecond, header.ProtocolUDP, other, payload) {
			break
		}
		n++
	}
	if n != errorLimit {
		t.Errorf("%d errors in a second", n)
	}
	for k := range 5 {
		if now := time.Duration(k+1) * time.Second; !refuse(now+1, header.ProtocolUDP, theirs, payload) || refuse(now+2, header.ProtocolUDP, theirs, payload) {
			t.Errorf("after %v not one error", now)
		}
	}
}

// TestLimitTable: however many there are that would be told, not more are remembered, and each gets its own share.
func TestLimitTable(t *testing.T) {
	p, _ := alone()
	host := netip.MustParseAddr("198.51.0.0")
	for n := range 100 {
		now := time.Duration(n) * errorInterval / 10
		for range 200 {
			host = host.Next()
			p.allowError(now, host)
		}
		if len(p.icmp.hosts) > hostMost {
			t.Fatalf("%d hosts remembered", len(p.icmp.hosts))
		}
	}
	c := p.ICMPCounts()
	if c.Errors > 11*errorLimit || c.Errors+c.Limited != 20000 {
		t.Errorf("%+v", c)
	}
	if !p.allowError(time.Minute, theirs) {
		t.Error("nothing for who is new")
	}
}

// TestUndelivered has a neighbour that never answers.
func TestUndelivered(t *testing.T) {
	p, i := alone()
	nobody := netip.MustParseAddr("10.0.0.9")
	pkt := buffer.New(8)
	copy(pkt.Put(8), "12345678")
	if p.Wrap(0, i, nobody, pkt, Datagram{Src: ours, Dst: nobody, Protocol: header.ProtocolUDP}) {
		t.Fatal("the neighbour is known")
	}
	for at, ok := p.Deadline(); ok; at, ok = p.Deadline() {
		if _, _, failed := p.Undelivered(); failed {
			t.Fatalf("given up before %v", at)
		}
		p.Timeout(at)
	}
	h, start, ok := p.Undelivered()
	if !ok || h.Dst != nobody || string(start) != "12345678" {
		t.Errorf("given up: %+v %q, %v", h, start, ok)
	}
	if _, _, again := p.Undelivered(); again {
		t.Error("given up twice")
	}
}
