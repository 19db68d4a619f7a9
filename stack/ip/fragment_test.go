//go:build !before7

package ip

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// fragmentsOf returns what a part wants to be sent, as IP headers and payloads.
func fragmentsOf(t rapid.TB, p *Part) (list []header.IPv4, payloads [][]byte) {
	t.Helper()
	for {
		_, pkt, ok := p.Next()
		if !ok {
			return list, payloads
		}
		e, packet, err := header.ParseEthernet(pkt.Bytes())
		if err != nil || e.Type != header.EtherTypeIPv4 || e.Dst != theirMAC || e.Src != ourMAC {
			t.Fatalf("%+v, %v", e, err)
		}
		h, payload, err := header.ParseIPv4(packet)
		if err != nil || len(packet) != int(h.TotalLen) {
			t.Fatalf("%+v, %v", h, err)
		}
		list, payloads = append(list, h), append(payloads, bytes.Clone(payload))
		pkt.Release()
	}
}

// wrapped hands data down, half of it as a body that lies elsewhere.
func wrapped(p *Part, i *Interface, data []byte, d Datagram) bool {
	pkt := buffer.New(len(data))
	copy(pkt.Put(len(data)/2), data)
	pkt.Body[0] = data[len(data)/2:]
	defer pkt.Release()
	return p.Wrap(0, i, d.Dst, pkt, d)
}

// TestFragments cuts packets of any length for cables of any kind: no fragment is longer than the cable takes, each but the
// last as long as can be, all with the same identification, and another part makes the same packet of them.
func TestFragments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, i := alone()
		i.Info.MTU = rapid.OneOf(rapid.IntRange(68, 1500), rapid.IntRange(68, 70), rapid.Just(9000), rapid.Just(65535)).Draw(t, "MTU")
		size := rapid.OneOf(rapid.IntRange(0, 3000), rapid.Just(65515), rapid.IntRange(i.Info.MTU-30, i.Info.MTU+30)).Draw(t, "size")
		data := counting(min(size, 65515))
		d := Datagram{Src: ours, Dst: theirs, Protocol: header.ProtocolUDP, TOS: 0xb8, TTL: 7, MayFragment: true}
		if whole := wrapped(p, i, data, d); whole != (header.IPv4Len+len(data) <= i.Info.MTU) {
			t.Fatalf("%d bytes over %d: %v", len(data), i.Info.MTU, whole)
		} else if whole {
			return
		}
		list, payloads := fragmentsOf(t, p)
		q, k := alone()
		at := 0
		for n, h := range list {
			last := n == len(list)-1
			full := (i.Info.MTU - header.IPv4Len) &^ 7
			if int(h.Offset) != at || h.MoreFragments == last || h.DontFragment || h.ID != list[0].ID || h.TOS != 0xb8 || h.TTL != 7 ||
				int(h.TotalLen) > i.Info.MTU || !last && len(payloads[n]) != full {
				t.Fatalf("fragment %d of %d: %+v with %d bytes", n, len(list), h, len(payloads[n]))
			}
			at += len(payloads[n])
			got, whole, err := give(q, k, 0, piecework{from: int(h.Offset), data: payloads[n], more: h.MoreFragments, id: h.ID})
			if err != nil || (whole != nil) != last || last && !bytes.Equal(whole, data) {
				t.Fatalf("fragment %d of %d: %+v, %d bytes, %v", n, len(list), got, len(whole), err)
			}
		}
	})
}

// TestFragmentsWait: a packet that is to be cut waits for the neighbour as a whole, and as one.
func TestFragmentsWait(t *testing.T) {
	p, i := newPart()
	data := counting(60000)
	for range arpKeep {
		if wrapped(p, i, data, Datagram{Src: own, Dst: peer, Protocol: 17, MayFragment: true}) {
			t.Fatal("sent to a neighbour that nobody knows")
		}
	}
	expect(t, p, who(peer))
	hear(p, i, 0, peerMAC, has(peer, peerMAC))
	list, _ := fragmentsOf(t, p)
	if want := arpKeepBytes / 60020 * (60000/1480 + 1); len(list) != want { // of more, the newest
		t.Errorf("%d fragments, not %d", len(list), want)
	}
	if p.Pending() {
		t.Error("and more")
	}
}

// TestIdentification: the packets of one flow that may be cut have numbers one after the other, from where chance wants;
// those of another flow say nothing of them. What must not be cut says so.
func TestIdentification(t *testing.T) {
	p, i := alone()
	seed := uint64(7)
	p.Rand = func() uint64 { return seed }
	id := func(dst netip.Addr, protocol uint8, may bool) header.IPv4 {
		t.Helper()
		pkt := buffer.New(8)
		defer pkt.Release()
		pkt.Put(8)
		p.SetNeighbour(dst, theirMAC)
		if !p.Wrap(0, i, dst, pkt, Datagram{Src: ours, Dst: dst, Protocol: protocol, MayFragment: may}) {
			t.Fatal("not sent")
		}
		h, _, err := header.ParseIPv4(pkt.Bytes()[header.EthernetLen:])
		if err != nil || h.DontFragment == may {
			t.Fatalf("%+v, %v", h, err)
		}
		return h
	}
	first := id(theirs, 17, true).ID
	seen := map[uint16]bool{first: true}
	for range 1000 {
		id(theirs, 6, false) // these have numbers of their own
		next := id(theirs, 17, true).ID
		if seen[next] {
			t.Fatalf("%d comes again", next)
		}
		seen[next] = true
	}
	a, b := id(netip.MustParseAddr("10.0.0.3"), 17, true).ID, id(netip.MustParseAddr("10.0.0.4"), 17, true).ID
	if a == b || a == first || id(theirs, 1, true).ID == first+1001 {
		t.Errorf("flows have the same numbers: %d, %d, %d", first, a, b)
	}
	p, i = alone()
	p.Rand = func() uint64 { return 8 }
	if id(theirs, 17, true).ID == first {
		t.Error("another host begins with the same number")
	}
}

// TestBroadcastArrives: what is for everybody on the cable is taken if it is UDP, and answered by no error.
func TestBroadcastArrives(t *testing.T) {
	for _, dst := range []string{"255.255.255.255", "10.0.0.255"} {
		for _, protocol := range []uint8{header.ProtocolUDP, header.ProtocolTCP, header.ProtocolICMP, 99} {
			p, i := alone()
			pkt := frameOf(protocol, theirs, netip.MustParseAddr(dst), counting(20))
			copy(pkt.Bytes(), header.Broadcast[:])
			d, err := p.Arrive(0, i, pkt)
			if (err == nil) != (protocol == header.ProtocolUDP) {
				t.Errorf("protocol %d to %s: %+v, %v", protocol, dst, d, err)
			}
			if err == nil {
				p.Refuse(0, d, pkt, header.UnreachablePort)
			}
			if _, m, _, ok := sent(t, p); ok {
				t.Errorf("answered by %+v", m)
			}
		}
	}
}

// TestStrongEnds: a host with two cables takes on each only what is for its address there (RFC 1122 3.3.4.2), and nothing on
// any that says it comes from or goes to the host itself (3.2.1.3).
func TestStrongEnds(t *testing.T) {
	p, i := several("10.0.0.1/24", "10.0.1.1/24")
	lo := p.AttachLoopback(card{info: loopInfo})
	for _, c := range []struct {
		by       *Interface
		src, dst string
		want     bool
	}{
		{i[0], "10.0.0.2", "10.0.0.1", true},
		{i[1], "10.0.0.2", "10.0.1.1", true}, // from afar
		{i[0], "10.0.0.2", "10.0.1.1", false},
		{i[0], "10.0.1.1", "10.0.0.1", false}, // our own other address
		{i[0], "10.0.0.2", "127.0.0.1", false},
		{i[0], "127.0.0.1", "10.0.0.1", false},
		{i[0], "0.1.2.3", "10.0.0.1", false},
		{lo, "10.0.1.1", "10.0.0.1", true},
		{lo, "127.0.0.1", "127.0.0.99", true},
		{lo, "10.0.0.2", "10.0.0.1", false},
		{lo, "10.0.0.1", "10.0.0.2", false},
	} {
		pkt := frameOf(header.ProtocolTCP, netip.MustParseAddr(c.src), netip.MustParseAddr(c.dst), counting(20))
		copy(pkt.Bytes(), c.by.MAC[:])
		if _, err := p.Arrive(0, c.by, pkt); (err == nil) != c.want {
			t.Errorf("by %s, %s to %s: %v", c.by.Info.Name, c.src, c.dst, err)
		}
	}
	for dst, src := range map[string]string{"127.0.0.1": "127.0.0.1", "127.9.9.9": "127.0.0.1", "10.0.0.1": "10.0.0.1", "10.0.1.1": "10.0.1.1"} {
		via, hop, err := p.Lookup(netip.MustParseAddr(dst))
		if err != nil || via != lo || hop.String() != dst || via.Source(hop).String() != src || !p.Own(hop) {
			t.Errorf("%s: %v, %v, %v", dst, via, hop, err)
		}
	}
	if p.Own(netip.MustParseAddr("127.255.255.255")) || p.Own(theirs) {
		t.Error("everybody's address, or another's, is taken for our own")
	}
	if len(p.Interfaces()) != 2 {
		t.Error("the way back is listed with the others")
	}
}

// TestTTL: a packet is not for a host to drop because its time is over (RFC 1122 3.2.1.7); and options of the greatest
// length are skipped.
func TestTTL(t *testing.T) {
	for ttl := range uint8(3) {
		p, i := alone()
		f := piecework{data: counting(16), options: bytes.Repeat([]byte{1}, 40)}
		pkt := frameOfFragment(f)
		packet := pkt.Bytes()[header.EthernetLen:]
		h, _, _ := header.ParseIPv4(packet)
		h.TTL = ttl
		h.Put(packet)
		if d, err := p.Arrive(time.Second, i, pkt); err != nil || d.TTL != ttl || !bytes.Equal(pkt.Bytes(), f.data) {
			t.Errorf("TTL %d: %+v, %v", ttl, d, err)
		}
	}
}
