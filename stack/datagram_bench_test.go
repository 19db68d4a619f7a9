//go:build !before8

package stack

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// mirror is an adapter at which every frame comes back, without a copy of the packet, to the port it came from.
type mirror struct{ frames []*buffer.Packet }

func (*mirror) Info() nic.Info {
	return nic.Info{Name: "mirror", Address: net.HardwareAddr{2, 0, 0, 0, 0, 1}, MTU: 1500}
}

func (m *mirror) Send(frames []*buffer.Packet) (int, error) {
	for _, pkt := range frames {
		b := pkt.Bytes()
		ip := b[header.EthernetLen:]
		var a [6]byte
		copy(a[:], b)
		copy(b, b[6:12])
		copy(b[6:], a[:])
		var addr [4]byte
		copy(addr[:], ip[12:16])
		copy(ip[12:16], ip[16:20])
		copy(ip[16:20], addr[:])
		ports := ip[header.IPv4Len:]
		ports[0], ports[1], ports[2], ports[3] = ports[2], ports[3], ports[0], ports[1]
		for _, piece := range pkt.Body {
			copy(pkt.Put(len(piece)), piece)
		}
		pkt.Body = [2][]byte{}
		pkt.Retain()
		m.frames = append(m.frames, pkt)
	}
	return len(frames), nil
}

func (m *mirror) Receive(frames []*buffer.Packet) (int, error) {
	n := copy(frames, m.frames)
	m.frames = m.frames[:copy(m.frames, m.frames[n:])]
	return n, nil
}

func (*mirror) Close() error { return nil }

// BenchmarkDatagram sends a datagram and receives it again.
func BenchmarkDatagram(b *testing.B) {
	s := New(Config{Now: func() time.Duration { return 0 }})
	if err := s.Attach(new(mirror), netip.MustParsePrefix("10.0.0.1/24")); err != nil {
		b.Fatal(err)
	}
	peer := netip.MustParseAddr("10.0.0.2")
	s.IP().SetNeighbour(peer, header.MAC{2, 0, 0, 0, 0, 2})
	fd, _ := s.Socket(Datagram)
	p := make([]byte, 1000)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.SendTo(fd, p, netip.AddrPortFrom(peer, 7)); err != nil {
			b.Fatal(err)
		}
		s.Poll()
		if n, _, err := s.ReceiveFrom(fd, p); err != nil || n != len(p) {
			b.Fatal(n, err)
		}
	}
}
