//go:build !before7

package ip

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// packet is what a part wants to be sent, read.
type packet struct {
	Dst     header.MAC
	ARP     header.ARP
	Payload string // of an IP packet
}

// out returns all that the part itself wants to be sent.
func out(t *testing.T, p *Part) (list []packet) {
	t.Helper()
	for {
		_, pkt, ok := p.Next()
		if !ok {
			return list
		}
		e, payload, err := header.ParseEthernet(pkt.Bytes())
		if err != nil || e.Src != ownMAC {
			t.Fatalf("%+v, %v", e, err)
		}
		got := packet{Dst: e.Dst}
		if e.Type == header.EtherTypeARP {
			got.ARP, err = header.ParseARP(payload)
		} else {
			var text []byte
			_, text, err = header.ParseIPv4(payload)
			got.Payload = string(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, got)
		pkt.Release()
	}
}

func expect(t *testing.T, p *Part, want ...packet) {
	t.Helper()
	if diff := cmp.Diff(want, out(t, p), addresses); diff != "" {
		t.Fatalf("wanted - and got +:\n%s", diff)
	}
}

// send hands a packet down, and says whether it could go out at once.
func send(p *Part, i *Interface, now time.Duration, dst netip.Addr, text string) bool {
	pkt := buffer.New(100)
	copy(pkt.Put(len(text)), text)
	defer pkt.Release()
	return p.Wrap(now, i, dst, pkt, Datagram{Src: own, Dst: dst, Protocol: 6})
}

// hear hands an ARP packet up.
func hear(p *Part, i *Interface, now time.Duration, from header.MAC, a header.ARP) error {
	pkt := buffer.New(100)
	a.Put(pkt.Put(header.ARPLen))
	(&header.Ethernet{Dst: header.Broadcast, Src: from, Type: header.EtherTypeARP}).Put(pkt.Push(header.EthernetLen))
	_, err := p.Arrive(now, i, pkt)
	return err
}

func who(addr netip.Addr) packet {
	return packet{Dst: header.Broadcast, ARP: header.ARP{Operation: header.ARPRequest, SenderMAC: ownMAC, SenderIP: own, TargetIP: addr}}
}

func has(addr netip.Addr, mac header.MAC) header.ARP {
	return header.ARP{Operation: header.ARPReply, SenderMAC: mac, SenderIP: addr, TargetMAC: ownMAC, TargetIP: own}
}

func deadline(t *testing.T, p *Part, want time.Duration) {
	t.Helper()
	if got, ok := p.Deadline(); got != want || ok != (want != 0) {
		t.Fatalf("wants to be woken at %v (%v), not %v", got, ok, want)
	}
}

// TestARP asks, hears, sends what has waited, and asks no more.
func TestARP(t *testing.T) {
	p, i := newPart()
	if send(p, i, 0, peer, "one") {
		t.Fatal("sent to a neighbour that nobody knows")
	}
	if send(p, i, 0, peer, "two") {
		t.Fatal("sent to a neighbour that nobody knows")
	}
	expect(t, p, who(peer)) // once
	deadline(t, p, arpRetry)
	if err := hear(p, i, 5, peerMAC, has(peer, peerMAC)); err != nil {
		t.Fatal(err)
	}
	expect(t, p, packet{Dst: peerMAC, Payload: "one"}, packet{Dst: peerMAC, Payload: "two"})
	deadline(t, p, 0)
	if !send(p, i, 6, peer, "three") {
		t.Error("known, and not sent")
	}
	expect(t, p)
}

// TestARPRequest answers who asks for us, and knows him from then on.
func TestARPRequest(t *testing.T) {
	p, i := newPart()
	ask := header.ARP{Operation: header.ARPRequest, SenderMAC: peerMAC, SenderIP: peer, TargetIP: own}
	if err := hear(p, i, 0, peerMAC, ask); err != nil {
		t.Fatal(err)
	}
	expect(t, p, packet{Dst: peerMAC, ARP: header.ARP{Operation: header.ARPReply, SenderMAC: ownMAC, SenderIP: own, TargetMAC: peerMAC, TargetIP: peer}})
	if !send(p, i, 0, peer, "hello") {
		t.Error("who asked for us is not known")
	}
	ask.TargetIP = netip.MustParseAddr("10.0.0.3")
	hear(p, i, 0, peerMAC, ask)
	expect(t, p) // that one may answer himself
}

// TestARPRefused: what nobody asked for, and what cannot be, changes nothing.
func TestARPRefused(t *testing.T) {
	liar := header.MAC{2, 0, 0, 0, 0, 66}
	for name, c := range map[string]struct {
		from header.MAC
		a    header.ARP
	}{
		"reply unasked":           {peerMAC, has(netip.MustParseAddr("10.0.0.3"), peerMAC)},
		"known, and told again":   {liar, has(peer, liar)},
		"another's frame":         {liar, has(peer, peerMAC)},
		"a group's address":       {header.MAC{3}, has(peer, header.MAC{3})},
		"nobody's address":        {header.MAC{}, has(peer, header.MAC{})},
		"everybody's address":     {liar, has(netip.MustParseAddr("10.0.0.255"), liar)},
		"from beyond the network": {liar, has(netip.MustParseAddr("10.0.1.2"), liar)},
	} {
		t.Run(name, func(t *testing.T) {
			p, i := newPart()
			send(p, i, 0, peer, "x")
			hear(p, i, 0, peerMAC, has(peer, peerMAC))
			out(t, p)
			hear(p, i, 1, c.from, c.a)
			if mac, ok := p.resolve(1, i, peer, buffer.New(0)); !ok || mac != peerMAC {
				t.Errorf("the neighbour is now %v, %v", mac, ok)
			}
			if len(p.neighbours.entries) != 1 {
				t.Errorf("%d neighbours", len(p.neighbours.entries))
			}
			expect(t, p)
		})
	}
}

// TestARPGivesUp asks once a second, three times, and then lets go what waited.
func TestARPGivesUp(t *testing.T) {
	p, i := newPart()
	send(p, i, 0, peer, "x")
	expect(t, p, who(peer))
	for n := 1; n < arpTries; n++ {
		now := time.Duration(n) * arpRetry
		deadline(t, p, now)
		p.Timeout(now - 1)
		expect(t, p)
		send(p, i, now-1, peer, "y") // does not ask sooner
		expect(t, p)
		p.Timeout(now)
		expect(t, p, who(peer))
	}
	p.Timeout(arpTries * arpRetry)
	expect(t, p)
	deadline(t, p, 0)
	if len(p.neighbours.entries) != 0 {
		t.Errorf("%d entries left", len(p.neighbours.entries))
	}
	hear(p, i, arpTries*arpRetry, peerMAC, has(peer, peerMAC)) // too late
	send(p, i, arpTries*arpRetry, peer, "z")
	expect(t, p, who(peer))
}

// TestARPKeeps the newest packets, a few for each address.
func TestARPKeeps(t *testing.T) {
	p, i := newPart()
	want := []packet{who(peer)}
	for n := range arpKeep + 7 {
		send(p, i, 0, peer, fmt.Sprint(n))
		if n >= 7 {
			want = append(want, packet{Dst: peerMAC, Payload: fmt.Sprint(n)})
		}
	}
	hear(p, i, 0, peerMAC, has(peer, peerMAC))
	expect(t, p, want...)
}

// poll is the question to one neighbour alone.
func poll(addr netip.Addr, mac header.MAC) packet {
	q := who(addr)
	q.Dst = mac
	return q
}

// TestARPAge asks again for what is old, first the neighbour itself and then all, goes on using it meanwhile, and forgets it
// when nobody answers.
func TestARPAge(t *testing.T) {
	p, i := newPart()
	send(p, i, 0, peer, "x")
	hear(p, i, 0, peerMAC, has(peer, peerMAC))
	out(t, p)
	now := arpLifetime + 1
	if !send(p, i, now, peer, "x") {
		t.Error("old is not unknown")
	}
	expect(t, p, poll(peer, peerMAC))
	other := header.MAC{2, 0, 0, 0, 0, 7} // it has a new adapter
	hear(p, i, now, other, has(peer, other))
	if mac, _ := p.resolve(now, i, peer, buffer.New(0)); mac != peerMAC {
		t.Errorf("who was not asked is believed: %v", mac)
	}
	now += arpRetry
	send(p, i, now, peer, "x")
	expect(t, p, who(peer))
	hear(p, i, now, other, has(peer, other))
	if mac, _ := p.resolve(now, i, peer, buffer.New(0)); mac != other {
		t.Errorf("still %v", mac)
	}
	now += arpLifetime + 1
	for n := range arpTries {
		if !send(p, i, now, peer, "x") {
			t.Error("old is not unknown")
		}
		if n == 0 {
			expect(t, p, poll(peer, other))
		} else {
			expect(t, p, who(peer))
		}
		now += arpRetry
	}
	if send(p, i, now, peer, "x") {
		t.Error("nobody answers any more, and it is believed")
	}
}

// TestARPSpoof: somebody says, in every way there is, that a neighbour's address is his. The neighbour is asked, alone, and
// once a second; as long as it answers, nothing changes.
func TestARPSpoof(t *testing.T) {
	liar := header.MAC{2, 0, 0, 0, 0, 66}
	lies := map[string]header.ARP{
		"reply":                 has(peer, liar),
		"request for us":        {Operation: header.ARPRequest, SenderMAC: liar, SenderIP: peer, TargetIP: own},
		"request for another":   {Operation: header.ARPRequest, SenderMAC: liar, SenderIP: peer, TargetIP: netip.MustParseAddr("10.0.0.3")},
		"announcement":          {Operation: header.ARPRequest, SenderMAC: liar, SenderIP: peer, TargetIP: peer},
		"announcement, a reply": {Operation: header.ARPReply, SenderMAC: liar, SenderIP: peer, TargetMAC: liar, TargetIP: peer},
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			p, i := newPart()
			send(p, i, 0, peer, "x")
			hear(p, i, 0, peerMAC, has(peer, peerMAC))
			out(t, p)
			polls := 0
			for now := arpRetry; now < 20*arpRetry; now += arpRetry / 10 {
				hear(p, i, now, liar, lie)
				if !send(p, i, now, peer, "y") {
					t.Fatal("not known any more")
				}
				for _, q := range out(t, p) {
					if q == poll(peer, peerMAC) {
						polls++
						hear(p, i, now, peerMAC, has(peer, peerMAC))
					} else if q.ARP.Operation != header.ARPReply {
						t.Fatalf("asks %+v", q)
					}
				}
				if n := p.neighbours.entries[peer]; n.mac != peerMAC {
					t.Fatalf("at %v the neighbour is %v", now, n.mac)
				}
			}
			if polls < 18 || polls > 20 {
				t.Errorf("asked %d times in 19 seconds", polls)
			}
		})
	}
}

// TestARPMoved: a neighbour that has taken over an address says so to all. Who had it does not answer any more.
func TestARPMoved(t *testing.T) {
	p, i := newPart()
	send(p, i, 0, peer, "x")
	hear(p, i, 0, peerMAC, has(peer, peerMAC))
	out(t, p)
	heir := header.MAC{2, 0, 0, 0, 0, 7}
	now := 5 * time.Second
	hear(p, i, now, heir, header.ARP{Operation: header.ARPRequest, SenderMAC: heir, SenderIP: peer, TargetIP: peer})
	expect(t, p, poll(peer, peerMAC))
	now += arpRetry
	send(p, i, now, peer, "y")
	expect(t, p, who(peer))
	hear(p, i, now, heir, has(peer, heir))
	if mac, _ := p.resolve(now, i, peer, buffer.New(0)); mac != heir {
		t.Errorf("still %v", mac)
	}
	expect(t, p)
}

// TestARPTable bounds the table, whoever asks for us.
func TestARPTable(t *testing.T) {
	p := new(Part)
	_, i := newPart()
	wide := netip.PrefixFrom(own, 8)
	i.prefix.Store(&wide)
	addr := netip.MustParseAddr("10.1.0.0")
	for n := range arpTableSize + 100 {
		addr = addr.Next()
		hear(p, i, time.Duration(n), peerMAC, header.ARP{Operation: header.ARPRequest, SenderMAC: peerMAC, SenderIP: addr, TargetIP: own})
		out(t, p)
	}
	if n := len(p.neighbours.entries); n != arpTableSize {
		t.Errorf("%d entries", n)
	}
	if _, ok := p.neighbours.entries[addr]; !ok {
		t.Error("the newest is not among them")
	}
	for range arpTableSize + 100 { // we ask for more than it holds, and nobody answers
		addr = addr.Next()
		send(p, i, time.Hour, addr, "x")
	}
	if n := len(p.neighbours.entries); n != arpTableSize || p.neighbours.asking != arpAsking {
		t.Errorf("%d entries, %d asked for", n, p.neighbours.asking)
	}
	for at, ok := p.Deadline(); ok; at, ok = p.Deadline() {
		p.Timeout(at)
	}
	if n := len(p.neighbours.entries); n != arpTableSize-arpAsking || p.neighbours.asking != 0 {
		t.Errorf("%d entries left, %d asked for", n, p.neighbours.asking)
	}
}

// TestARPTableKeeps what we have asked for ourselves, however many ask for us: the router first of all.
func TestARPTableKeeps(t *testing.T) {
	p, i := newPart()
	wide := netip.PrefixFrom(own, 8)
	i.prefix.Store(&wide)
	send(p, i, 0, peer, "x")
	hear(p, i, 0, peerMAC, has(peer, peerMAC))
	crowd := header.MAC{2, 1}
	addr := netip.MustParseAddr("10.1.0.0")
	for n := range 3 * arpTableSize {
		addr = addr.Next()
		hear(p, i, time.Duration(n), crowd, header.ARP{Operation: header.ARPRequest, SenderMAC: crowd, SenderIP: addr, TargetIP: own})
	}
	if !send(p, i, time.Second, peer, "x") {
		t.Error("forgotten")
	}
}

// TestGateway: beyond our cables the router's is the next hop.
func TestGateway(t *testing.T) {
	p, i := newPart()
	far := netip.MustParseAddr("192.0.2.1")
	p.SetGateway(peer)
	if via, hop, err := p.Lookup(far); via != i || hop != peer || err != nil {
		t.Errorf("%v %v %v", via, hop, err)
	}
	p.SetGateway(netip.MustParseAddr("10.9.9.9"))
	if _, _, err := p.Lookup(far); err == nil {
		t.Error("a gateway that is on none of our cables")
	}
}
