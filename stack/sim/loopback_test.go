//go:build !before8

package sim

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"syscall"
	"testing"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// TestLoopback: a host speaks to itself, by 127.0.0.1 and by its own address: TCP both ways, datagrams, echoes, and a port at
// which nobody is. Nothing of it leaves.
func TestLoopback(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "127.1.2.3", "10.0.0.1"} {
		w := New(1)
		host, other := w.Host("host"), w.Host("other")
		w.Connect(host, other)
		a := netip.MustParseAddr(addr)
		l := stream(t, host)
		if err := errors.Join(host.Bind(l, netip.AddrPortFrom(netip.IPv4Unspecified(), 80)), host.Listen(l, 1)); err != nil {
			t.Fatal(err)
		}
		want := bytes.Repeat([]byte("to oneself, "), 25_000)
		var got []byte
		w.Go(func() {
			c, from, err := host.Accept(l)
			if err != nil {
				t.Error(err)
				return
			}
			if !host.IP().Own(from.Addr()) {
				t.Errorf("from %v", from)
			}
			if got, err = io.ReadAll(reader{host, c}); err != nil {
				t.Error(err)
			}
			if _, err := host.Write(c, got); err != nil {
				t.Error(err)
			}
			host.Close(c)
		})
		c := stream(t, host)
		if err := host.Connect(c, netip.AddrPortFrom(a, 80)); err != nil {
			t.Fatalf("%s: %v", addr, err)
		}
		if _, err := host.Write(c, want); err != nil {
			t.Error(err)
		}
		if err := host.Shutdown(c, stack.ShutWrite); err != nil {
			t.Error(err)
		}
		back, err := io.ReadAll(reader{host, c})
		if err != nil || !bytes.Equal(got, want) || !bytes.Equal(back, want) {
			t.Errorf("%s: %d bytes came, and %d back, %v", addr, len(got), len(back), err)
		}
		host.Close(c)
		if err := host.Connect(stream(t, host), netip.AddrPortFrom(a, 81)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s, nobody there: %v", addr, err)
		}

		fd := datagramSocket(t, host, 7)
		if _, err := host.SendTo(fd, want[:65507], netip.AddrPortFrom(a, 7)); err != nil {
			t.Error(err)
		}
		b := make([]byte, 1<<16)
		if n, from, err := host.ReceiveFrom(fd, b); err != nil || !bytes.Equal(b[:n], want[:65507]) || from.Port() != 7 {
			t.Errorf("%s: %d bytes from %v, %v", addr, n, from, err)
		}
		if took, err := host.Ping(a, 60000); err != nil || took != 0 {
			t.Errorf("%s: ping %v, %v", addr, took, err)
		}
		w.Run()
		for _, e := range w.Trace().Events().Of(trace.Send).By("host") {
			if e.Frame[0] != 0 || e.Frame[header.EthernetLen-2] != 8 {
				t.Fatalf("%s: a frame has left: %x", addr, e.Frame[:40])
			}
		}
		if n := len(w.Trace().Events().Of(trace.Receive).By("other")); n != 0 {
			t.Errorf("%s: %d frames came to another host", addr, n)
		}
	}
}

// TestTwoCables: a host on two cables is reached on either, and answers by the one it was reached by; from beyond a cable
// it is reached by a route.
func TestTwoCables(t *testing.T) {
	w := New(1)
	middle, left, right := w.Host("middle"), w.Host("left"), w.Host("right")
	w.Connect(middle, left)
	w.Connect(middle, right)
	server := datagramSocket(t, middle, 7)
	b := make([]byte, 100)
	for n, s := range []interface {
		SendTo(fd stack.FD, p []byte, to netip.AddrPort) (int, error)
		ReceiveFrom(fd stack.FD, p []byte) (int, netip.AddrPort, error)
	}{left, right} {
		at := netip.AddrPortFrom(middle.IP().Interfaces()[n].Addr(), 7)
		fd := datagramSocket(t, w.Hosts()[n+1], 9)
		if _, err := s.SendTo(fd, []byte("hello"), at); err != nil {
			t.Fatal(err)
		}
		_, from, err := middle.ReceiveFrom(server, b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := middle.SendTo(server, []byte("you too"), from); err != nil {
			t.Fatal(err)
		}
		if n, from, err := s.ReceiveFrom(fd, b); string(b[:n]) != "you too" || from != at || err != nil {
			t.Errorf("%q from %v, %v", b[:n], from, err)
		}
	}
}
