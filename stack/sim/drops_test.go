//go:build !before9

package sim

import (
	"net/netip"
	"testing"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// TestDrops: whatever does not get through to a socket is counted, by its reason, and each reason has happened here.
func TestDrops(t *testing.T) {
	w := New(1)
	host, other := w.Host("host"), w.Host("other")
	cable := w.Connect(host, other)
	to, from := cable.Ends()
	src, dst := other.Addr(0).Addr(), host.Addr(0).Addr()
	// packet sends what a peer might: spoil may change the IP header before it is written, and damage the packet afterwards.
	packet := func(protocol uint8, payload []byte, spoil func(h *header.IPv4), damage func(b []byte)) {
		pkt := buffer.New(len(payload))
		copy(pkt.Put(len(payload)), payload)
		h := header.IPv4{TotalLen: uint16(header.IPv4Len + len(payload)), TTL: 64, Protocol: protocol, Src: src, Dst: dst}
		if spoil != nil {
			spoil(&h)
		}
		h.Put(pkt.Push(header.IPv4Len))
		if damage != nil {
			damage(pkt.Bytes())
		}
		e := header.Ethernet{Dst: header.MAC(to.Info().Address), Src: header.MAC(from.Info().Address), Type: header.EtherTypeIPv4}
		e.Put(pkt.Push(header.EthernetLen))
		if _, err := from.Send([]*buffer.Packet{pkt}); err != nil {
			t.Fatal(err)
		}
		w.Run()
	}
	segment := func(sum bool, change func(b []byte)) []byte {
		h := header.TCP{SrcPort: 1, DstPort: 9, Flags: header.RST, Options: []byte{1, 1, 1, 1}}
		b := make([]byte, h.Len())
		h.Put(b)
		if change != nil {
			change(b)
		}
		if sum {
			header.SetTCPChecksum(b, src, dst)
		}
		return b
	}
	datagram := func(port uint16, length int) []byte {
		h := header.UDP{SrcPort: 1, DstPort: port, Length: uint16(length)}
		b := make([]byte, header.UDPLen+4)
		h.Put(b)
		if length == len(b) {
			header.SetUDPChecksum(b, src, dst)
		}
		return b
	}
	fd := datagramSocket(t, host, 7)

	packet(header.ProtocolTCP, segment(true, nil), func(h *header.IPv4) { h.Dst = netip.MustParseAddr("10.0.0.77") }, nil)
	packet(header.ProtocolTCP, segment(true, nil), nil, func(b []byte) { b[8]++ })
	packet(253, []byte("what is this?"), nil, nil)
	packet(header.ProtocolTCP, segment(false, nil), nil, nil)
	packet(header.ProtocolTCP, segment(true, func(b []byte) { b[12] = 4 << 4 }), nil, nil)
	packet(header.ProtocolTCP, segment(true, func(b []byte) { b[20], b[21] = 2, 99 }), nil, nil)
	packet(header.ProtocolTCP, segment(true, nil), nil, nil)
	packet(header.ProtocolUDP, append(datagram(7, header.UDPLen+4)[:header.UDPLen], "spoi"...), nil, nil)
	packet(header.ProtocolUDP, datagram(7, 500), nil, nil)
	packet(header.ProtocolUDP, datagram(9, header.UDPLen+4), nil, nil)
	packet(header.ProtocolUDP, datagram(9, header.UDPLen+4), func(h *header.IPv4) { h.Offset = 65528 }, nil)
	for range 2000 {
		packet(header.ProtocolUDP, datagram(7, header.UDPLen+4), nil, nil)
	}
	quote := make([]byte, header.IPv4Len+8)
	(&header.IPv4{TotalLen: 100, TTL: 1, Protocol: header.ProtocolTCP, Src: netip.MustParseAddr("10.0.0.77"), Dst: src}).Put(quote)
	message := append(make([]byte, header.ICMPLen), quote...)
	(&header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableHost}).Put(message)
	header.SetICMPChecksum(message)
	packet(header.ProtocolICMP, message, nil, nil)
	host.SendTo(fd, []byte("nowhere"), netip.MustParseAddrPort("192.0.2.1:9"))
	host.Connect(stream(t, host), netip.MustParseAddrPort("10.0.0.99:80")) // nobody has that address

	for name, least := range map[string]uint64{
		"ip.NotForUs": 1, "ip.BadHeader": 1, "ip.NoRoute": 1, "ip.Undelivered": 1, "ip.UnknownProtocol": 1,
		"icmp.ForeignQuote": 1, "tcp.BadChecksum": 1, "tcp.BadHeader": 2, "tcp.NoSocket": 1,
		"udp.BadChecksum": 1, "udp.BadHeader": 1, "udp.NoSocket": 1, "udp.NoRoom": 1, "ip.BadFragment": 1,
	} {
		several := name == "udp.NoRoom" || name == "ip.Undelivered"
		if got := host.Counters().Value(name); got < least || !several && got > least {
			t.Errorf("%s: %d, not %d", name, got, least)
		}
	}
	for _, c := range host.Counters()[:14] {
		if c.Value == 0 {
			t.Errorf("%s has not happened", c.Name)
		}
	}
}
