//go:build !before10

package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// flooded is a network on which somebody floods a server: all are on one switch.
type flooded struct {
	w              *World
	client, server *stack.Stack
	tap            *Tap
	r              *rand.Rand

	from, to, eve netip.Addr // the client's address, the server's, and the tap's host's
	ends          [2]netip.AddrPort

	// The connection that eve has, whose next segment would begin at hole.
	hostile   netip.AddrPort
	hole, ack header.Seq
}

// somebody is an address that is made up: on the cable, or far away.
func (f *flooded) somebody() netip.Addr {
	if f.r.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte{10, 0, byte(1 + f.r.IntN(255)), byte(f.r.IntN(256))})
	}
	return netip.AddrFrom4([4]byte{172, byte(16 + f.r.IntN(16)), byte(f.r.IntN(256)), byte(f.r.IntN(256))})
}

// frame makes a frame to the server.
func (f *flooded) frame(kind uint16, payload []byte) []byte {
	return f.frameTo(header.MAC(f.server.IP().Interfaces()[0].MAC), kind, payload)
}

func (f *flooded) frameTo(dst header.MAC, kind uint16, payload []byte) []byte {
	b := make([]byte, header.EthernetLen, header.EthernetLen+len(payload))
	e := header.Ethernet{Dst: dst, Src: f.tap.MAC(), Type: kind}
	e.Put(b)
	return append(b, payload...)
}

// packet makes an IP packet to the server, with what h says of it.
func (f *flooded) packet(h header.IPv4, payload []byte) []byte {
	if !h.Dst.IsValid() {
		h.Dst = f.to
	}
	h.TTL, h.TotalLen = 64, uint16(h.Len()+len(payload))
	b := make([]byte, h.Len(), h.TotalLen)
	h.Put(b)
	return append(b, payload...)
}

func (f *flooded) ip(h header.IPv4, payload []byte) []byte {
	return f.frame(header.EtherTypeIPv4, f.packet(h, payload))
}

func (f *flooded) udp(src netip.Addr, from, to uint16, size int) []byte {
	b := make([]byte, header.UDPLen+size)
	binary.BigEndian.PutUint16(b, from)
	binary.BigEndian.PutUint16(b[2:], to)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b))) // and no checksum
	return f.ip(header.IPv4{Src: src, Protocol: header.ProtocolUDP}, b)
}

func (f *flooded) tcp(src netip.AddrPort, h header.TCP, size int) []byte {
	h.SrcPort = src.Port()
	b := make([]byte, h.Len()+size)
	h.Put(b)
	header.SetTCPChecksum(b, src.Addr(), f.to)
	return f.ip(header.IPv4{Src: src.Addr(), Protocol: header.ProtocolTCP}, b)
}

func (f *flooded) icmp(src netip.Addr, h header.ICMP, payload []byte) []byte {
	b := make([]byte, header.ICMPLen, header.ICMPLen+len(payload))
	h.Put(b)
	b = append(b, payload...)
	header.SetICMPChecksum(b)
	return f.ip(header.IPv4{Src: src, Protocol: header.ProtocolICMP}, b)
}

// arp claims that addr is where the tap is.
func (f *flooded) arp(op uint16, dst header.MAC, addr, target netip.Addr) []byte {
	a := header.ARP{Operation: op, SenderMAC: f.tap.MAC(), SenderIP: addr, TargetIP: target}
	if op == header.ARPReply {
		a.TargetMAC = header.MAC(f.server.IP().Interfaces()[0].MAC)
	}
	b := make([]byte, header.ARPLen)
	a.Put(b)
	return f.frameTo(dst, header.EtherTypeARP, b)
}

// floods are what comes, again and again: each gives a frame, of which the number is told. counter is what the server counts
// most of such frames as; some have none.
var floods = []struct {
	name    string
	counter string
	frame   func(f *flooded, i int) []byte
}{
	{"SYNs", "tcp.CookiesSent", func(f *flooded, i int) []byte {
		return f.tcp(netip.AddrPortFrom(f.somebody(), uint16(1+f.r.IntN(65535))), header.TCP{DstPort: 80, Seq: header.Seq(f.r.Uint32()), Flags: header.SYN, Window: 64240}, 0)
	}},
	{"UDP to closed ports", "udp.NoSocket", func(f *flooded, i int) []byte {
		return f.udp(f.somebody(), 7, uint16(10000+f.r.IntN(20000)), 500)
	}},
	{"UDP to a port that nobody reads", "udp.NoRoom", func(f *flooded, i int) []byte { return f.udp(f.somebody(), 7, 9, f.r.IntN(1400)) }},
	{"echo requests", "icmp.Echoes", func(f *flooded, i int) []byte {
		return f.icmp(f.somebody(), header.ICMP{Type: header.ICMPEchoRequest, Seq: uint16(i)}, make([]byte, 1400))
	}},
	{"echo replies unasked", "", func(f *flooded, i int) []byte {
		return f.icmp(f.somebody(), header.ICMP{Type: header.ICMPEchoReply, ID: uint16(f.r.Uint32()), Seq: uint16(i)}, make([]byte, 1400))
	}},
	{"ICMP errors", "tcp.ReportsIgnored", func(f *flooded, i int) []byte {
		// They quote a segment of the connection that stands, whose number is a guess, or of one that there never was.
		from, to := f.ends[1], f.ends[0]
		if i%4 == 0 {
			to = netip.AddrPortFrom(f.somebody(), uint16(f.r.Uint32()))
		}
		h := header.TCP{SrcPort: from.Port(), DstPort: to.Port(), Seq: header.Seq(f.r.Uint32()), Flags: header.ACK}
		segment := make([]byte, header.TCPLen)
		h.Put(segment)
		quote := f.packet(header.IPv4{Src: from.Addr(), Dst: to.Addr(), DontFragment: true, Protocol: header.ProtocolTCP}, segment)
		m := header.ICMP{Type: header.ICMPUnreachable, Code: uint8(i % 16)}
		if m.Code == header.UnreachableFragment {
			m.Seq = 68
		}
		if i%16 == 15 {
			m = header.ICMP{Type: uint8(f.r.IntN(40))}
		}
		return f.icmp(f.somebody(), m, quote)
	}},
	{"ARP requests", "", func(f *flooded, i int) []byte {
		return f.arp(header.ARPRequest, header.Broadcast, netip.AddrFrom4([4]byte{10, 0, byte(1 + i>>8), byte(i)}), f.to)
	}},
	{"ARP replies unasked", "", func(f *flooded, i int) []byte {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(1 + i>>8), byte(i)})
		if i%2 == 0 {
			addr = f.from // who is known already
		}
		return f.arp(header.ARPReply, header.MAC(f.server.IP().Interfaces()[0].MAC), addr, f.to)
	}},
	{"fragments without an end", "ip.ReassemblyEvicted", func(f *flooded, i int) []byte {
		return f.ip(header.IPv4{Src: f.somebody(), ID: uint16(i), MoreFragments: true, Offset: uint16(f.r.IntN(3000) * 8), Protocol: header.ProtocolUDP}, make([]byte, 1400))
	}},
	{"small fragments of one packet", "ip.BadFragment", func(f *flooded, i int) []byte {
		return f.ip(header.IPv4{Src: f.eve, ID: 5, MoreFragments: true, Offset: uint16(i * 16 % 60000), Protocol: header.ProtocolUDP}, make([]byte, 8))
	}},
	{"fragments that overlap", "ip.BadFragment", func(f *flooded, i int) []byte {
		return f.ip(header.IPv4{Src: f.eve, ID: uint16(i % 100), MoreFragments: true, Offset: uint16(f.r.IntN(8000) * 8), Protocol: header.ProtocolUDP}, make([]byte, 800))
	}},
	{"segments to nothing", "tcp.NoSocket", func(f *flooded, i int) []byte {
		return f.tcp(netip.AddrPortFrom(f.somebody(), 5), header.TCP{DstPort: uint16(1000 + f.r.IntN(60000)), Seq: header.Seq(f.r.Uint32()), Flags: header.Flags(f.r.IntN(64)), Window: 1}, 100)
	}},
	{"segments in the client's name", "tcp.ResetsIgnored", func(f *flooded, i int) []byte {
		flags := []header.Flags{header.RST, header.SYN, header.ACK, header.RST | header.ACK, header.FIN | header.ACK}[i%5]
		return f.tcp(f.ends[0], header.TCP{DstPort: 80, Seq: header.Seq(f.r.Uint32()), Ack: header.Seq(f.r.Uint32()), Flags: flags, Window: 1}, 10)
	}},
	{"answers of name servers", "udp.NoSocket", func(f *flooded, i int) []byte { return f.udp(f.from, 53, uint16(49152+f.r.IntN(16384)), 200) }},
	{"a broadcast storm", "ip.NotForUs", func(f *flooded, i int) []byte {
		switch i % 3 {
		case 0:
			return f.arp(header.ARPRequest, header.Broadcast, netip.AddrFrom4([4]byte{10, 0, byte(1 + i>>8), byte(i)}), f.from)
		case 1:
			return f.frameTo(header.Broadcast, header.EtherTypeIPv4, f.udp(f.eve, 9, 9, 900)[header.EthernetLen:])
		}
		return f.frameTo(header.Broadcast, uint16(0x0600+f.r.IntN(1000)), make([]byte, 1000))
	}},
	{"what means nothing", "ip.BadHeader", func(f *flooded, i int) []byte {
		b := f.tcp(f.ends[0], header.TCP{DstPort: 80, Seq: header.Seq(f.r.Uint32()), Flags: header.ACK}, 100)
		for range 3 {
			b[12+f.r.IntN(len(b)-12)] ^= byte(1 + f.r.IntN(255))
		}
		return b[:12+f.r.IntN(len(b)-12)]
	}},
	{"data behind a hole", "tcp.OutOfOrderDropped", func(f *flooded, i int) []byte {
		// A client of its own: it never sends the first byte of what the window takes, and single bytes far apart.
		return f.tcp(f.hostile, header.TCP{DstPort: 80, Seq: f.hole.Add(1 + f.r.IntN(60000)), Ack: f.ack, Flags: header.ACK, Window: 1000}, 1+f.r.IntN(2))
	}},
}

// What a flood may do to a server at most.
const (
	floodFrames = 6000                  // of each, 20,000 a second
	floodHeap   = 8 << 20               // bytes that the whole world has more than before
	floodGrowth = 128 << 10             // bytes in the last third: by then all is full that has a bound
	floodDelay  = 20 * time.Millisecond // for a question and its answer on a connection that stands; four of these are the way
	floodServe  = 5 * time.Second       // for somebody new
)

// TestFloods: whatever somebody sends, and however much of it, the server's memory stays bounded, a connection that stood
// before answers as fast as ever, and a client that comes in the middle of it, and that nobody knew, is served; the server
// itself finds a name. Afterwards nothing is left.
func TestFloods(t *testing.T) {
	for _, c := range floods {
		t.Run(c.name, func(t *testing.T) { floodWith(t, c.frame, c.counter) })
	}
}

func floodWith(t *testing.T, frame func(*flooded, int) []byte, counter string) {
	w := New(8)
	f := &flooded{w: w, client: w.Host("client"), server: w.Host("server"), tap: w.Tap("tap"), r: rand.New(rand.NewPCG(8, 9))}
	sw := w.Switch("switch")
	eve := w.Host("eve")
	eve.TCP().NoTimestamps = true // else what is sent in its name without any is dropped
	w.Link(w.Router("gw"), sw, In("10.0.0.0/16"))
	w.Link(f.client, sw)
	w.Link(f.server, sw)
	w.Link(eve, sw)
	w.Link(f.tap, sw)
	f.from, f.to, f.eve = f.client.Addr(0).Addr(), f.server.Addr(0).Addr(), eve.Addr(0).Addr()
	names := map[string]netip.Addr{}
	for i := range 10 {
		names[fmt.Sprintf("n%d.lab.test", i)] = f.from
	}
	w.ServeNames(f.client, names)
	f.server.UseResolver(f.client.Addr(53))
	serve(t, w, f.server, func(fd stack.FD) { // every client gets back what it says
		b := make([]byte, 1000)
		for {
			n, err := f.server.Read(fd, b)
			if err != nil {
				f.server.Close(fd)
				return
			}
			f.server.Write(fd, b[:n])
		}
	})
	deaf, _ := f.server.Socket(stack.Datagram)
	if err := f.server.Bind(deaf, f.server.Addr(9)); err != nil {
		t.Fatal(err)
	}
	say := func(host *stack.Stack, fd stack.FD, what string) {
		t.Helper()
		b := make([]byte, 100)
		at := w.Now()
		if _, err := host.Write(fd, []byte(what)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if n, err := host.Read(fd, b); err != nil || string(b[:n]) != what || w.Now()-at > floodDelay {
			t.Errorf("%s: %q, %v, after %v", what, b[:n], err, w.Now()-at)
		}
	}
	standing, hostile := stream(t, f.client), stream(t, eve)
	if err := errors.Join(f.client.Connect(standing, f.server.Addr(80)), eve.Connect(hostile, f.server.Addr(80))); err != nil {
		t.Fatal(err)
	}
	say(f.client, standing, "before the flood")
	say(eve, hostile, "so does somebody else")
	f.ends = [2]netip.AddrPort{f.client.Sockets()[1].Local, f.server.Addr(80)}
	for _, e := range w.Trace().Events().Of(trace.Send).By("eve") {
		if h, segment, err := header.ParseIPv4(e.Frame[header.EthernetLen:]); err == nil && h.Protocol == header.ProtocolTCP {
			s, data, _ := header.ParseTCP(segment)
			f.hole, f.ack, f.hostile = s.Seq.Add(len(data)), s.Ack, netip.AddrPortFrom(h.Src, s.SrcPort)
		}
	}
	before := heap(w)
	most, last, grown := int64(0), int64(0), int64(0)
	for i := range floodFrames {
		f.tap.Send(frame(f, i))
		w.Sleep(50 * time.Microsecond)
		if i%2000 != 1999 {
			continue
		}
		now := heap(w) - before
		most, last, grown = max(most, now), now, now-last
		say(f.client, standing, fmt.Sprintf("in the flood, after %d", i))
		late := w.Host(fmt.Sprint("late", i))
		w.Link(late, sw)
		fd := stream(t, late)
		at := w.Now()
		if err := late.Connect(fd, f.server.Addr(80)); err != nil || w.Now()-at > floodServe {
			t.Errorf("somebody new, after %d: %v, after %v", i, err, w.Now()-at)
		} else {
			say(late, fd, "somebody new")
		}
		late.Close(fd)
		if got, err := f.server.LookupHost(context.Background(), fmt.Sprintf("n%d.lab.test", i/2000)); err != nil || len(got) != 1 {
			t.Errorf("the server finds no name: %v, %v", got, err)
		}
	}
	t.Logf("%d frames: %d KiB more at most, the world's switch and hosts included; %d KiB in the last third", floodFrames, most>>10, grown>>10)
	if n := f.server.Counters().Value(counter); counter != "" && n < floodFrames/5 {
		t.Errorf("%s: %d: that is not the flood that was meant", counter, n)
	}
	if grown > floodGrowth {
		t.Errorf("%d bytes more in the last third of the flood: that has no end", grown)
	}
	if most > floodHeap {
		t.Errorf("%d bytes more than before", most)
	}
	say(f.client, standing, "after the flood")
	f.client.Close(standing)
	eve.Close(hostile)
	f.server.Close(deaf)
	w.Sleep(20 * time.Minute)
	if got := fmt.Sprint(states(f.server)); got != "[LISTEN]" {
		t.Errorf("after the flood: %v", got)
	}
	if left := heap(w) - before; left > 4<<20 {
		t.Errorf("%d bytes are left", left)
	}
}

// heap forgets the world's history, and returns how much memory is in use beside it.
func heap(w *World) int64 {
	w.Trace().Clear()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
