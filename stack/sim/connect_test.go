//go:build !before4

package sim

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TestConnect: two hosts, a handshake, and both know of each other. It holds from the chapter that brings the handshake.
func TestConnect(t *testing.T) {
	w := New(7)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	c, _ := client.Socket(stack.Stream)
	if err := client.Connect(c, server.Addr(80)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("nobody listens: %v", err)
	}
	l, _ := server.Socket(stack.Stream)
	if err := errors.Join(server.Bind(l, netip.AddrPortFrom(netip.IPv4Unspecified(), 80)), server.Listen(l, 1)); err != nil {
		t.Fatal(err)
	}
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	s, peer, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	a, b := client.Sockets()[0], server.Sockets()[1]
	if a.State != tcp.Established || b.State != tcp.Established || b.FD != s || a.FD != c {
		t.Errorf("%+v and %+v", a, b)
	}
	if a.Local != peer || b.Remote != peer || a.Remote != server.Addr(80) || b.Local != a.Remote {
		t.Errorf("%v to %v, and %v to %v", a.Local, a.Remote, b.Local, b.Remote)
	}
	if err := client.Connect(c, server.Addr(80)); !errors.Is(err, syscall.EISCONN) {
		t.Errorf("again: %v", err)
	}
	if _, _, err := server.Accept(l); !errors.Is(err, ErrStuck) {
		t.Errorf("nobody else: %v", err)
	}
}
