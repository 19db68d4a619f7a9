//go:build !before9

package sim

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// TestSegmentsSent looks at every TCP segment of many conversations in bad weather, as it lies on the cable.
func TestSegmentsSent(t *testing.T) {
	seen := 0
	for seed := range uint64(5) {
		w := New(seed)
		client, server := w.Host("client"), w.Host("server")
		w.Connect(client, server).Fate = weather(rand.New(rand.NewPCG(seed, 9)))
		carried(t, w, client, server, random(200_000, seed))
		client.Connect(stream(t, client), server.Addr(9)) // answered by a RST
		for _, e := range w.Trace().Events().Of(trace.Send) {
			_, packet, err := header.ParseEthernet(e.Frame)
			if err != nil {
				t.Fatal(err)
			}
			ip, segment, err := header.ParseIPv4(packet)
			if err != nil || ip.Protocol != header.ProtocolTCP {
				continue
			}
			seen++
			if !header.TCPChecksumValid(segment, ip.Src, ip.Dst) { // MUST-2
				t.Errorf("seed %d: a segment at %v with a wrong checksum", seed, e.At)
			}
			h, _, err := header.ParseTCP(segment)
			if err != nil || !header.OptionsValid(h.Options) {
				t.Errorf("seed %d: a segment at %v that cannot be read: %v", seed, e.At, err)
			}
			if h.Flags.Has(header.URG) || h.Urgent != 0 { // SHLD-13
				t.Errorf("seed %d: an urgent pointer at %v that nobody has asked for", seed, e.At)
			}
		}
	}
	if seen < 1000 {
		t.Errorf("only %d segments", seen)
	}
}

// reply sends a segment that answers the one in the frame about, as if it came from that one's receiver. spoil may change its
// bytes, which then are not those that the checksum is of.
func reply(t *testing.T, cable *nic.Cable, about []byte, h header.TCP, payload string, spoil func(segment []byte)) {
	t.Helper()
	e, packet, err := header.ParseEthernet(about)
	if err != nil {
		t.Fatal(err)
	}
	ip, segment, err := header.ParseIPv4(packet)
	if err != nil {
		t.Fatal(err)
	}
	to, _, err := header.ParseTCP(segment)
	if err != nil {
		t.Fatal(err)
	}
	h.SrcPort, h.DstPort = to.DstPort, to.SrcPort
	pkt := buffer.New(len(payload))
	copy(pkt.Put(len(payload)), payload)
	h.Put(pkt.Push(h.Len()))
	header.SetTCPChecksum(pkt.Bytes(), ip.Dst, ip.Src)
	if spoil != nil {
		spoil(pkt.Bytes())
	}
	outer := header.IPv4{TotalLen: uint16(header.IPv4Len + pkt.Len()), TTL: 64, Protocol: header.ProtocolTCP, Src: ip.Dst, Dst: ip.Src}
	outer.Put(pkt.Push(header.IPv4Len))
	back := header.Ethernet{Dst: e.Src, Src: e.Dst, Type: header.EtherTypeIPv4}
	back.Put(pkt.Push(header.EthernetLen))
	fate := cable.Fate
	cable.Fate = nil
	defer func() { cable.Fate = fate }()
	_, from := cable.Ends()
	if _, err := from.Send([]*buffer.Packet{pkt}); err != nil {
		t.Fatal(err)
	}
}

// mute loses what an end of a cable sends from port 80.
func mute(cable *nic.Cable, end *nic.Adapter) {
	cable.Fate = func(p nic.Passing) nic.Fate {
		tcp := p.Frame[header.EthernetLen+header.IPv4Len:]
		return nic.Fate{Lost: p.From == end && p.Frame[header.EthernetLen+9] == header.ProtocolTCP && tcp[0] == 0 && tcp[1] == 80}
	}
}

// TestChecksumVerified: a SYN,ACK of which one bit was changed on its way opens no connection, whichever bit it was; the next
// one, which is whole, does. RFC 9293 3.1, MUST-3.
func TestChecksumVerified(t *testing.T) {
	for bit := range 8 * header.TCPLen {
		if at := bit / 8; at < 4 || at == 12 {
			continue // the ports say whose it is, and the offset where it ends
		}
		w := New(1)
		client, server := w.Host("client"), w.Host("server")
		cable := w.Connect(client, server)
		_, end := cable.Ends()
		mute(cable, end)
		fd := stream(t, client)
		var err error
		done := false
		w.Go(func() { err, done = client.Connect(fd, server.Addr(80)), true })
		for lastTCP(w, client) == nil {
			w.Step()
		}
		about := lastTCP(w, client)
		_, packet, _ := header.ParseEthernet(about)
		_, segment, _ := header.ParseIPv4(packet)
		syn, _, _ := header.ParseTCP(segment)
		good := header.TCP{Seq: 7, Ack: syn.Seq.Add(1), Flags: header.SYN | header.ACK, Window: 1000}
		reply(t, cable, about, good, "", func(b []byte) { b[bit/8] ^= 1 << (bit % 8) })
		for range 3 {
			w.Step()
		}
		if done || client.Sockets()[0].State != tcp.SynSent {
			t.Fatalf("with bit %d of the header changed it was believed: %v", bit, err)
		}
		reply(t, cable, about, good, "", nil)
		for !done {
			w.Step()
		}
		if err != nil || client.Sockets()[0].State != tcp.Established {
			t.Fatalf("the whole one was not believed: %v", err)
		}
	}
}

// TestPassiveOpen: it makes a listener or fails, and changes nothing about the connections there are. RFC 9293 3.9.1.1.
func TestPassiveOpen(t *testing.T) {
	fail := func(t *testing.T, s *stack.Stack, port uint16, want error) {
		t.Helper()
		fd := stream(t, s)
		if err := errors.Join(s.Bind(fd, s.Addr(port)), s.Listen(fd, 1)); !errors.Is(err, want) {
			t.Errorf("a second listener: %v", err)
		}
		s.Close(fd)
	}
	echo := func(t *testing.T, a *stack.Stack, afd stack.FD, b *stack.Stack, bfd stack.FD) {
		t.Helper()
		buf := make([]byte, 10)
		a.Write(afd, []byte("hello"))
		if n, err := b.Read(bfd, buf); err != nil || !bytes.Equal(buf[:n], []byte("hello")) {
			t.Errorf("%q, %v", buf[:n], err)
		}
	}
	t.Run("beside what stands", func(t *testing.T) { // MUST-41
		w := New(1)
		client, server := w.Host("client"), w.Host("server")
		w.Connect(client, server)
		l := listener(t, server, 80, 1)
		c := stream(t, client)
		if err := client.Connect(c, server.Addr(80)); err != nil {
			t.Fatal(err)
		}
		s, _, err := server.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		fail(t, server, 80, syscall.EADDRINUSE)
		echo(t, client, c, server, s)
		server.Close(l)
		l = listener(t, server, 80, 1) // and one more, on the port of a connection
		echo(t, server, s, client, c)
		d := stream(t, client)
		if err := client.Connect(d, server.Addr(80)); err != nil {
			t.Error(err)
		}
		if s, _, err = server.Accept(l); err != nil {
			t.Error(err)
		}
		echo(t, client, d, server, s)
	})
	for _, opening := range []tcp.State{tcp.SynSent, tcp.SynReceived} { // MUST-42
		t.Run("beside "+opening.String(), func(t *testing.T) {
			w := New(1)
			host, peer := w.Host("host"), w.Host("peer")
			cable := w.Connect(host, peer)
			_, end := cable.Ends()
			mute(cable, end)
			fd := stream(t, host)
			if err := host.Bind(fd, host.Addr(5000)); err != nil {
				t.Fatal(err)
			}
			var connected error
			w.Go(func() { connected = host.Connect(fd, peer.Addr(80)) })
			for lastTCP(w, host) == nil {
				w.Step()
			}
			if opening == tcp.SynReceived {
				reply(t, cable, lastTCP(w, host), header.TCP{Seq: 7, Flags: header.SYN, Window: 1000}, "", nil)
			}
			for host.Sockets()[0].State != opening {
				if !w.Step() {
					t.Fatal("nothing happens any more")
				}
			}
			l := listener(t, host, 5000, 1)
			c := stream(t, peer)
			if err := peer.Connect(c, host.Addr(5000)); err != nil {
				t.Fatal(err)
			}
			s, _, err := host.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			echo(t, peer, c, host, s)
			if now := host.Sockets()[0].State; connected != nil || now != opening {
				t.Errorf("the opening: %v, %v", now, connected)
			}
		})
	}
}

// TestLocalAddress: a connection is made from the address that the application has bound (RFC 9293 3.9.1.1, MUST-43), and
// keeps it, whatever ways there are later (MUST-45).
func TestLocalAddress(t *testing.T) {
	w := New(1)
	client, server, other := w.Host("client"), w.Host("server"), w.Host("other")
	w.Connect(client, other)
	w.Connect(client, server)
	own := client.IP().Interfaces()[0].Addr() // that of the cable which does not lead there
	server.IP().SetGateway(client.IP().Interfaces()[1].Addr())
	l := listener(t, server, 80, 2)
	c := stream(t, client)
	if err := client.Bind(c, netip.AddrPortFrom(netip.MustParseAddr("10.9.9.9"), 0)); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("another's address: %v", err)
	}
	if err := client.Bind(c, netip.AddrPortFrom(own, 0)); err != nil {
		t.Fatal(err)
	}
	to := netip.AddrPortFrom(server.IP().Interfaces()[0].Addr(), 80)
	var err error
	w.Go(func() { err = client.Connect(c, to) })
	w.Sleep(500 * time.Millisecond)
	packets := packetsOf(t, w, trace.Send, client)
	if len(packets) == 0 || packets[0].ip.Src != own {
		t.Fatalf("%+v, %v", packets, err)
	}

	// From an address that leads there, and then there is another.
	d := stream(t, client)
	if err := client.Connect(d, to); err != nil {
		t.Fatal(err)
	}
	s, from, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	client.Write(d, []byte("one"))
	w.Connect(client, other)
	client.Write(d, []byte(" two"))
	client.Close(d)
	if got, err := io.ReadAll(reader{server, s}); string(got) != "one two" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, p := range packetsOf(t, w, trace.Send, client) {
		if p.tcp.SrcPort == from.Port() && p.ip.Src != from.Addr() {
			t.Errorf("a packet from %v", p.ip.Src)
		}
	}
}
