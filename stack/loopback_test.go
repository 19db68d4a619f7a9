//go:build !before11

package stack

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// TestLoopbackLive: a stack that runs in real time, and has no adapter at all, speaks to itself; several connections at once.
func TestLoopbackLive(t *testing.T) {
	s := New(Config{Name: "alone"})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	l, err := s.Listener("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(onlyWriter{c}, onlyReader{c})
				c.Close()
			}()
		}
	}()
	want := bytes.Repeat([]byte("to oneself "), 100_000)
	done := make(chan error)
	const connections = 4
	for range connections {
		go func() {
			c, err := s.DialContext(t.Context(), "tcp", l.Addr().String())
			if err != nil {
				done <- err
				return
			}
			go func() {
				c.Write(want)
				c.(interface{ CloseWrite() error }).CloseWrite()
			}()
			got, err := io.ReadAll(c)
			if err == nil && !bytes.Equal(got, want) {
				err = io.ErrUnexpectedEOF
			}
			c.Close()
			done <- err
		}()
	}
	for range connections {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	p, err := s.PacketConn("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.WriteTo(want[:40000], p.LocalAddr()); err != nil {
		t.Error(err)
	}
	b := make([]byte, 1<<16)
	if n, from, err := p.ReadFrom(b); err != nil || !bytes.Equal(b[:n], want[:40000]) || from.String() != p.LocalAddr().String() {
		t.Errorf("%d bytes from %v, %v", n, from, err)
	}
}

// TestStopFragments: a stack that ends lets go of packets of which only some fragments have come.
func TestStopFragments(t *testing.T) {
	x, y := nic.Pipe(
		nic.Info{Name: "eth0", Address: net.HardwareAddr{2, 0, 0, 0, 0, 1}, MTU: 1500},
		nic.Info{Name: "eth0", Address: net.HardwareAddr{2, 0, 0, 0, 0, 2}, MTU: 1500},
	)
	s := New(Config{})
	if err := s.Attach(x, netip.MustParsePrefix("10.0.0.1/24")); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	pkt := buffer.New(800)
	pkt.Put(800)
	h := header.IPv4{
		TotalLen: 820, MoreFragments: true, TTL: 64, Protocol: header.ProtocolUDP,
		Src: netip.MustParseAddr("10.0.0.2"), Dst: netip.MustParseAddr("10.0.0.1"),
	}
	h.Put(pkt.Push(header.IPv4Len))
	(&header.Ethernet{Dst: header.MAC{2, 0, 0, 0, 0, 1}, Src: header.MAC{2, 0, 0, 0, 0, 2}, Type: header.EtherTypeIPv4}).Put(pkt.Push(header.EthernetLen))
	if _, err := y.Send([]*buffer.Packet{pkt}); err != nil {
		t.Fatal(err)
	}
	for !s.IP().Waiting() {
		time.Sleep(time.Millisecond)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if n := s.IP().Reassembly(); n.Waiting != 0 || n.Bytes != 0 {
		t.Errorf("still there: %+v", n)
	}
	y.Close()
}
