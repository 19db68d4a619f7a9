//go:build !before8

package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
)

// ready asks what sockets are ready for, and writes it down in their order.
func ready(t *testing.T, s *stack.Stack, timeout time.Duration, fds ...stack.FD) string {
	t.Helper()
	var list []stack.Watch
	for _, fd := range fds {
		list = append(list, stack.Watch{FD: fd, For: stack.Readable | stack.Writable | stack.UrgentData})
	}
	n, err := s.Select(list, timeout)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, w := range list {
		if w.Ready != 0 {
			n--
		}
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprint(&b, w.Ready)
	}
	if n != 0 {
		t.Errorf("%d too many: %v", n, b.String())
	}
	return b.String()
}

// TestReadiness: what sockets are ready for as a conversation goes on.
func TestReadiness(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	check := func(what string, s *stack.Stack, want string, fds ...stack.FD) {
		t.Helper()
		if got := ready(t, s, 0, fds...); got != want {
			t.Errorf("%s: %s, not %s", what, got, want)
		}
	}
	l := listener(t, server, 80, 5)
	fd := stream(t, client)
	check("a listener", server, "nothing", l)
	check("a new socket", client, "readable, writable, hung up", fd)
	check("of no socket", client, "no socket", 99)
	w.Go(func() {
		if err := client.Connect(fd, server.Addr(80)); err != nil {
			t.Error(err)
		}
	})
	w.Sleep(time.Millisecond / 2)
	check("while connecting", client, "nothing", fd)
	w.Sleep(10 * time.Millisecond)
	check("connected", client, "writable", fd)
	check("somebody to be accepted", server, "readable", l)
	child, _, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	check("accepted", server, "nothing; writable", l, child)

	if _, err := client.Write(fd, []byte("data")); err != nil {
		t.Fatal(err)
	}
	w.Sleep(5 * time.Millisecond)
	check("data", server, "readable, writable", child)
	if _, err := server.Read(child, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	check("all read", server, "writable", child)
	if _, err := client.WriteUrgent(fd, []byte("!")); err != nil {
		t.Fatal(err)
	}
	w.Sleep(5 * time.Millisecond)
	check("urgent data", server, "readable, writable, urgent data", child)
	if _, err := server.Read(child, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}

	full := false // until the peer's buffer and ours are
	for !full {
		n, err := server.Select([]stack.Watch{{FD: child, For: stack.Writable}}, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if full = n == 0; !full {
			if _, err := server.Write(child, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if full || w.Now() > time.Hour {
			break
		}
		w.Go(func() { server.Write(child, make([]byte, 100_000)) })
		w.Sleep(time.Millisecond)
	}
	check("no room", server, "nothing", child)
	check("much to read", client, "readable, writable", fd)

	if err := client.Shutdown(fd, stack.ShutWrite); err != nil {
		t.Fatal(err)
	}
	w.Sleep(5 * time.Millisecond)
	check("the end is there to be read", server, "readable", child)
	if err := client.Close(fd); err != nil { // with data unread: a RST
		t.Fatal(err)
	}
	w.Sleep(5 * time.Millisecond)
	check("reset", server, "readable, writable, failed, hung up", child)
	if err := server.SocketError(child); !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
	check("closed", client, "no socket", fd)

	a, b := datagramSocket(t, client, 7), datagramSocket(t, server, 7)
	check("a socket for datagrams", server, "writable", b)
	if _, err := client.SendTo(a, nil, server.Addr(7)); err != nil {
		t.Fatal(err)
	}
	w.Sleep(5 * time.Millisecond)
	check("a datagram, empty", server, "readable, writable", b)
}

// TestSelect: one task serves many, and waits no longer than it wants to.
func TestSelect(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l := listener(t, server, 80, 5)
	d := datagramSocket(t, server, 7)
	if got := ready(t, server, time.Second, l); got != "nothing" || w.Now() != time.Second {
		t.Errorf("%s after %v", got, w.Now())
	}
	if n, err := server.Select(nil, time.Second); n != 0 || err != nil || w.Now() != 2*time.Second {
		t.Errorf("for nothing at all: %d, %v, after %v", n, err, w.Now())
	}
	if _, err := server.Select([]stack.Watch{{FD: l, For: stack.Readable}}, -1); !errors.Is(err, ErrStuck) {
		t.Errorf("for ever: %v", err)
	}
	const clients, each = 5, 20
	for i := range clients {
		w.Go(func() {
			fd := stream(t, client)
			if err := client.Connect(fd, server.Addr(80)); err != nil {
				t.Error(err)
			}
			for j := range each {
				w.Sleep(time.Duration(i*j) * time.Millisecond)
				if _, err := client.Write(fd, []byte{byte(i)}); err != nil {
					t.Error(err)
				}
				if _, err := client.Read(fd, make([]byte, 1)); err != nil {
					t.Error(err)
				}
			}
			client.Close(fd)
		})
	}
	w.Go(func() {
		fd, _ := client.Socket(stack.Datagram)
		w.Sleep(time.Second)
		client.SendTo(fd, []byte("end"), server.Addr(7))
	})
	list := []stack.Watch{{FD: l, For: stack.Readable}, {FD: d, For: stack.Readable}}
	served, ended := 0, 0
	for list[1].Ready == 0 {
		if _, err := server.Select(list, -1); err != nil {
			t.Fatal(err)
		}
		for i := range list {
			switch w := &list[i]; {
			case w.Ready&stack.Readable == 0 || w.FD == d:
			case w.FD == l:
				fd, _, err := server.Accept(l)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, stack.Watch{FD: fd, For: stack.Readable})
			default:
				var b [1]byte
				if n, _ := server.Read(w.FD, b[:]); n == 0 {
					server.Close(w.FD)
					w.FD, w.Ready = -1, 0 // of no socket, and it says so: that is not waited for
					ended++
					continue
				}
				server.Write(w.FD, b[:])
				served++
			}
		}
		kept := list[:0]
		for _, w := range list {
			if w.FD >= 0 {
				kept = append(kept, w)
			}
		}
		list = kept
	}
	if served != clients*each || ended != clients {
		t.Errorf("served %d, ended %d", served, ended)
	}
	if left := len(server.Sockets()); left != 2 {
		t.Errorf("%d sockets left", left)
	}
	if n, _, err := server.ReceiveFrom(d, make([]byte, 10)); n != 3 || err != nil {
		t.Error(n, err)
	}
}

// TestSocketErrorOfDatagram: what became of a datagram is told once.
func TestSocketErrorOfDatagram(t *testing.T) {
	w, a, b, _ := pair()
	fd, _ := a.Socket(stack.Datagram)
	if err := a.Connect(fd, b.Addr(9)); err != nil {
		t.Fatal(err)
	}
	if peer, err := a.Peername(fd); err != nil || peer != b.Addr(9) {
		t.Error(peer, err)
	}
	a.Write(fd, []byte("anybody?"))
	w.Sleep(10 * time.Millisecond)
	if got := ready(t, a, 0, fd); got != "readable, writable" {
		t.Error(got)
	}
	if err := a.SocketError(fd); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	if err := a.SocketError(fd); err != nil {
		t.Errorf("again: %v", err)
	}
	if local, err := a.Sockname(fd); err != nil || local.Addr() != netip.MustParseAddr("10.0.0.1") {
		t.Error(local, err)
	}
}
