//go:build !before8

package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// TestShout sends to everybody: by permission alone, and everybody hears it who listens at any address.
func TestShout(t *testing.T) {
	w, a, b, _ := pair()
	fd := datagramSocket(t, a, 1000)
	any := datagramSocket(t, b, 7)
	own, _ := b.Socket(stack.Datagram)
	if err := b.Bind(own, b.Addr(8)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	for _, to := range []string{"255.255.255.255", "10.0.0.255"} {
		end := netip.AddrPortFrom(netip.MustParseAddr(to), 7)
		if _, err := a.SendTo(fd, nil, end); !errors.Is(err, syscall.EACCES) {
			t.Errorf("without permission: %v", err)
		}
		if err := a.Connect(fd, end); !errors.Is(err, syscall.EACCES) {
			t.Errorf("connected, without permission: %v", err)
		}
		if err := a.SetBroadcast(fd, true); err != nil {
			t.Fatal(err)
		}
		if _, err := a.SendTo(fd, []byte(to), end); err != nil {
			t.Errorf("with permission: %v", err)
		}
		list := []stack.Message{{Data: buf}}
		if n, err := b.ReceiveMessages(any, list); err != nil || n != 1 || string(buf[:list[0].N]) != to || list[0].Peer != a.Addr(1000) || list[0].Local != end.Addr() {
			t.Errorf("heard %+v, %v", list[0], err)
		}
		// At its own address alone a socket does not hear it, and nobody complains.
		if _, err := a.SendTo(fd, []byte(to), netip.AddrPortFrom(end.Addr(), 8)); err != nil {
			t.Error(err)
		}
		w.Run()
		if i := b.Sockets()[1]; i.ReceiveQueue != 0 {
			t.Errorf("%+v", i)
		}
		if err := a.SetBroadcast(fd, false); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range w.Trace().Events().Of(trace.Send) {
		if e.Host == "b" && e.Frame[12] == 8 && e.Frame[13] == 0 {
			t.Errorf("answered by %x", e.Frame)
		}
	}
	if err := a.SetBroadcast(stream(t, a), true); !errors.Is(err, syscall.ENOPROTOOPT) {
		t.Errorf("at a socket for streams: %v", err)
	}
	c, err := a.PacketConn("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo(nil, &net.UDPAddr{IP: net.IPv4bcast, Port: 7}); err != nil {
		t.Errorf("a PacketConn: %v", err)
	}
	if err := c.(*stack.PacketConn).SetBroadcast(false); err != nil {
		t.Error(err)
	}
	if _, err := c.WriteTo(nil, &net.UDPAddr{IP: net.IPv4bcast, Port: 7}); !errors.Is(err, syscall.EACCES) {
		t.Errorf("a PacketConn that may not: %v", err)
	}
}

// TestMessages sends and receives several at a time, from and to the addresses that the application names (RFC 1122
// 4.1.3.5).
func TestMessages(t *testing.T) {
	w := New(1)
	client, router, server := w.Host("client"), w.Host("router"), w.Host("server")
	w.Connect(client, server)
	w.Connect(router, server)
	fd, srv := datagramSocket(t, client, 1000), datagramSocket(t, server, 7)
	client.SendTo(fd, nil, server.Addr(7)) // and ARP has done its work
	w.Run()
	server.ReceiveFrom(srv, nil)
	here, there := server.Addr(7), server.IP().Interfaces()[1].Addr()
	var list []stack.Message
	for i := range 5 {
		list = append(list, stack.Message{Data: []byte(fmt.Sprint("number ", i)), Peer: here})
	}
	list = append(list, stack.Message{Data: []byte("to port 0"), Peer: netip.AddrPortFrom(here.Addr(), 0)})
	if n, err := client.SendMessages(fd, list); n != 5 || !errors.Is(err, syscall.EINVAL) || list[4].N != 8 || list[5].N != 0 {
		t.Errorf("%d, %v", n, err)
	}
	w.Run()
	room := make([]stack.Message, 10)
	for i := range room {
		room[i].Data = make([]byte, 7)
	}
	n, err := server.ReceiveMessages(srv, room)
	if err != nil || n != 5 {
		t.Fatal(n, err)
	}
	for i, m := range room[:n] {
		if string(m.Data[:m.N]) != "number " || !m.Cut || m.Peer != client.Addr(1000) || m.Local != here.Addr() {
			t.Errorf("%d: %+v", i, m)
		}
	}
	// From another of our addresses, and from one that is not ours.
	from := func(src netip.Addr) error {
		_, err := server.SendMessages(srv, []stack.Message{{Data: []byte("x"), Peer: client.Addr(1000), Local: src}})
		return err
	}
	if err := from(netip.MustParseAddr("10.0.0.77")); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("from nobody's address: %v", err)
	}
	if err := from(here.Addr()); err != nil {
		t.Error(err)
	}
	if _, peer, err := client.ReceiveFrom(fd, nil); err != nil || peer != here {
		t.Errorf("from %v, %v", peer, err)
	}
	if err := from(there); err != nil && !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("from another cable's: %v", err)
	}
	if _, err := client.SendMessages(fd, []stack.Message{{}}); !errors.Is(err, syscall.EDESTADDRREQ) {
		t.Errorf("to nobody: %v", err)
	}
	c, err := client.PacketConn("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	pc := c.(*stack.PacketConn)
	if n, err := pc.WriteMessages([]stack.Message{{Data: []byte("hello"), Peer: here}}); n != 1 || err != nil {
		t.Error(n, err)
	}
	if n, err := server.ReceiveMessages(srv, room); n != 1 || err != nil || room[0].N != 5 || room[0].Cut {
		t.Errorf("%+v, %v", room[0], err)
	}
	pc.Close()
	if _, err := pc.ReadMessages(room); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// TestConnectDrops: what strangers have sent before a socket was connected is not read afterwards, and what is sent after
// it is connected to nobody is.
func TestConnectDrops(t *testing.T) {
	w, a, b, _ := pair()
	server, stranger, client := datagramSocket(t, b, 7), datagramSocket(t, b, 8), datagramSocket(t, a, 1000)
	for range 3 {
		b.SendTo(stranger, []byte("me!"), a.Addr(1000))
		b.SendTo(server, []byte("yes"), a.Addr(1000))
	}
	w.Run()
	if err := a.Connect(client, b.Addr(7)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	for range 3 {
		if n, err := a.Read(client, buf); err != nil || string(buf[:n]) != "yes" {
			t.Errorf("%q, %v", buf[:n], err)
		}
	}
	if _, err := a.Read(client, buf); !errors.Is(err, ErrStuck) {
		t.Error(err)
	}
	if err := a.Connect(client, netip.AddrPort{}); err != nil {
		t.Fatal(err)
	}
	if i := a.Sockets()[0]; i.Remote.IsValid() || i.Local.Port() != 1000 || !i.Local.Addr().IsUnspecified() {
		t.Errorf("%+v", i)
	}
	b.SendTo(stranger, []byte("me!"), a.Addr(1000))
	if n, from, err := a.ReceiveFrom(client, buf); err != nil || string(buf[:n]) != "me!" || from != b.Addr(8) {
		t.Errorf("%q from %v, %v", buf[:n], from, err)
	}
	if _, err := a.Write(client, nil); !errors.Is(err, syscall.EDESTADDRREQ) {
		t.Errorf("write to nobody: %v", err)
	}
}

// TestDatagramRules sends what a peer may, and may not: RFC 768, RFC 1122 4.1.3.
func TestDatagramRules(t *testing.T) {
	w, a, b, cable := pair()
	_, from := cable.Ends()
	fd := datagramSocket(t, a, 7)
	a.SetBroadcast(fd, true)
	src, dst := b.Addr(0).Addr(), a.Addr(0).Addr()
	send := func(srcPort, dstPort uint16, payload string, change func(b []byte), padding int) {
		n := header.UDPLen + len(payload)
		d := make([]byte, n+padding)
		h := header.UDP{SrcPort: srcPort, DstPort: dstPort, Length: uint16(n)}
		h.Put(d)
		copy(d[header.UDPLen:], payload)
		header.SetUDPChecksum(d[:n], src, dst)
		if change != nil {
			change(d)
		}
		pkt := buffer.New(len(d))
		copy(pkt.Put(len(d)), d)
		ip := header.IPv4{TotalLen: uint16(header.IPv4Len + len(d)), TTL: 64, Protocol: header.ProtocolUDP, Src: src, Dst: dst}
		ip.Put(pkt.Push(header.IPv4Len))
		e := header.Ethernet{Dst: header.MAC(a.IP().Interfaces()[0].MAC), Src: header.MAC(from.Info().Address), Type: header.EtherTypeIPv4}
		e.Put(pkt.Push(header.EthernetLen))
		if _, err := from.Send([]*buffer.Packet{pkt}); err != nil {
			t.Fatal(err)
		}
		w.Run()
	}
	length := func(n int) func([]byte) {
		return func(b []byte) { binary.BigEndian.PutUint16(b[4:], uint16(n)) }
	}
	for _, c := range []struct {
		what     string
		src, dst uint16
		change   func(b []byte)
		padding  int
		want     bool
	}{
		{"as it should be", 9, 7, nil, 0, true},
		{"without a checksum", 9, 7, func(b []byte) { b[6], b[7] = 0, 0 }, 0, true},
		{"with a wrong checksum", 9, 7, func(b []byte) { b[7]++ }, 0, false},
		{"with a checksum, and damaged", 9, 7, func(b []byte) { b[9]++ }, 0, false},
		{"shorter than its packet", 9, 7, nil, 5, true},
		{"longer than its packet", 9, 7, length(header.UDPLen + 6), 0, false},
		{"shorter than its header", 9, 7, length(7), 0, false},
		{"of no length", 9, 7, length(0), 0, false},
		{"from port 0", 0, 7, nil, 0, true},
		{"to port 0", 9, 0, nil, 0, false},
	} {
		send(c.src, c.dst, "hello", c.change, c.padding)
		got := a.Sockets()[0].ReceiveQueue > 0
		if got != c.want {
			t.Errorf("%s: received %v", c.what, got)
		}
		if got {
			buf := make([]byte, 100)
			n, peer, err := a.ReceiveFrom(fd, buf)
			if err != nil || string(buf[:n]) != "hello" || peer.Port() != c.src {
				t.Errorf("%s: %q from %v, %v", c.what, buf[:n], peer, err)
			}
			if c.src == 0 {
				if _, err := a.SendTo(fd, nil, peer); !errors.Is(err, syscall.EINVAL) {
					t.Errorf("an answer to port 0: %v", err) // RFC 768: the port is "none"
				}
			}
		}
	}
	drops := map[string]int{}
	for _, e := range w.Trace().Events().Of(trace.Drop) {
		drops[e.Name]++
	}
	if drops["checksum"] != 2 || drops["header"] != 3 {
		t.Errorf("dropped: %v", drops)
	}
	// A checksum that comes out as 0 is sent as 0xffff, for 0 says that there is none.
	h := header.UDP{SrcPort: 7, DstPort: 9, Length: header.UDPLen + 2}
	payload := []byte{0, 0}
	for v := range 1 << 16 {
		b := make([]byte, header.UDPLen)
		h.Put(b)
		binary.BigEndian.PutUint16(payload, uint16(v))
		if header.SetUDPChecksum(b, dst, src, payload); b[6]&b[7] == 0xff {
			break
		}
	}
	if _, err := a.SendTo(fd, payload, b.Addr(9)); err != nil {
		t.Fatal(err)
	}
	w.Run()
	for _, e := range w.Trace().Events().Of(trace.Send) {
		if u := e.Frame; e.Host == "a" && u[12] == 8 && u[13] == 0 && u[23] == header.ProtocolUDP {
			if u[40]&u[41] != 0xff {
				t.Errorf("sent: %x", u)
			}
			return
		}
	}
	t.Error("nothing was sent")
}
