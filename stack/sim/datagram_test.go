//go:build !before8

package sim

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

func pair() (w *World, a, b *stack.Stack, cable *nic.Cable) {
	w = New(1)
	a, b = w.Host("a"), w.Host("b")
	return w, a, b, w.Connect(a, b)
}

// datagramSocket makes a socket bound to a port.
func datagramSocket(t *testing.T, s *stack.Stack, port uint16) stack.FD {
	t.Helper()
	fd, err := s.Socket(stack.Datagram)
	if err == nil {
		err = s.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestDatagrams(t *testing.T) {
	w, a, b, _ := pair()
	server := datagramSocket(t, b, 7)
	client, _ := a.Socket(stack.Datagram)
	buf := make([]byte, 1<<16)
	if _, _, err := a.ReceiveFrom(client, buf); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("receive without a port: %v", err)
	}
	for _, size := range []int{0, 1, 1472, 1473, 65507} {
		sent := []byte(strings.Repeat("x", size))
		if n, err := a.SendTo(client, sent, b.Addr(7)); err != nil || n != size {
			t.Fatalf("send %d: %d, %v", size, n, err)
		}
		n, from, err := b.ReceiveFrom(server, buf)
		if err != nil || n != size || from.Addr() != a.Addr(0).Addr() || from.Port() < 49152 {
			t.Fatalf("receive %d: %d from %v, %v", size, n, from, err)
		}
		if _, err := b.SendTo(server, []byte("seen"), from); err != nil {
			t.Fatal(err)
		}
		if n, from, err := a.ReceiveFrom(client, buf[:2]); err != nil || n != 2 || from != b.Addr(7) {
			t.Errorf("the answer, cut: %d from %v, %v", n, from, err)
		}
	}
	for want, send := range map[error]func() (int, error){
		syscall.EMSGSIZE:     func() (int, error) { return a.SendTo(client, make([]byte, 65508), b.Addr(7)) },
		syscall.ENETUNREACH:  func() (int, error) { return a.SendTo(client, nil, netip.MustParseAddrPort("192.0.2.1:7")) },
		syscall.EACCES:       func() (int, error) { return a.SendTo(client, nil, netip.MustParseAddrPort("10.0.0.255:7")) },
		syscall.EINVAL:       func() (int, error) { return a.SendTo(client, nil, netip.MustParseAddrPort("10.0.0.2:0")) },
		syscall.EDESTADDRREQ: func() (int, error) { return a.Write(client, nil) },
		syscall.EBADF:        func() (int, error) { return a.SendTo(99, nil, b.Addr(7)) },
	} {
		if _, err := send(); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	stream, _ := a.Socket(stack.Stream)
	if _, err := a.SendTo(stream, nil, b.Addr(7)); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("a datagram from a socket for streams: %v", err)
	}
	if err := b.Listen(server, 1); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("listen at a socket for datagrams: %v", err)
	}
	other, _ := b.Socket(stack.Datagram)
	if err := b.Bind(other, b.Addr(7)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the same port twice: %v", err)
	}
	if _, _, err := a.ReceiveFrom(client, buf); !errors.Is(err, ErrStuck) {
		t.Errorf("receive what nobody sends: %v", err)
	}
	if err := b.Close(server); err != nil {
		t.Fatal(err)
	}
	if err := b.Bind(other, b.Addr(7)); err != nil {
		t.Errorf("the same port after it was given back: %v", err)
	}
	w.Run()
}

// TestQueue lets datagrams wait until there is no room.
func TestQueue(t *testing.T) {
	w, a, b, _ := pair()
	server, client := datagramSocket(t, b, 7), datagramSocket(t, a, 8)
	const many = 500
	for range many {
		if _, err := a.SendTo(client, make([]byte, 1000), b.Addr(7)); err != nil {
			t.Fatal(err)
		}
		w.Run() // the adapters' rings and ARP's queue are not what this is about
	}
	i := b.Sockets()[0]
	if i.ReceiveQueue == 0 || i.ReceiveQueue > i.ReceiveBuffer || i.Memory < i.ReceiveQueue {
		t.Errorf("%+v", i)
	}
	buf, got := make([]byte, 2000), 0
	for ; b.Sockets()[0].ReceiveQueue > 0; got++ {
		if n, _, err := b.ReceiveFrom(server, buf); err != nil || n != 1000 {
			t.Fatal(n, err)
		}
	}
	dropped := 0
	for _, e := range w.Trace().Events() {
		if e.Kind == trace.Drop && e.Name == "no room" {
			dropped++
		}
	}
	if got == 0 || dropped == 0 || got+dropped != many {
		t.Errorf("%d received and %d dropped of %d", got, dropped, many)
	}
}

func TestConnectedDatagrams(t *testing.T) {
	_, a, b, _ := pair()
	client, _ := a.Socket(stack.Datagram)
	if err := a.Connect(client, b.Addr(7)); err != nil {
		t.Fatal(err)
	}
	i := a.Sockets()[0]
	if i.Local.Addr() != a.Addr(0).Addr() || i.Local.Port() == 0 || i.Remote != b.Addr(7) {
		t.Errorf("connected: %+v", i)
	}
	buf := make([]byte, 10)
	// Nobody is there: the datagram is lost, and the next request says so, once.
	if _, err := a.Write(client, []byte("hello?")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Read(client, buf); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("read: %v", err)
	}
	server, stranger := datagramSocket(t, b, 7), datagramSocket(t, b, 8)
	if _, err := a.Write(client, []byte("hello?")); err != nil {
		t.Errorf("write, with somebody there: %v", err)
	}
	n, from, err := b.ReceiveFrom(server, buf)
	if err != nil || n != 6 || from != i.Local {
		t.Fatal(n, from, err)
	}
	b.SendTo(stranger, []byte("me!"), from)
	b.SendTo(server, []byte("yes"), from)
	if n, err := a.Read(client, buf); err != nil || string(buf[:n]) != "yes" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if _, err := a.SendTo(client, nil, b.Addr(8)); !errors.Is(err, syscall.EISCONN) {
		t.Errorf("to somebody else: %v", err)
	}
	if err := a.Connect(client, b.Addr(8)); err != nil {
		t.Errorf("connected again: %v", err)
	}
	a.Write(client, []byte("hello"))
	if n, from, err := b.ReceiveFrom(stranger, buf); err != nil || n != 5 || from != i.Local {
		t.Errorf("%d from %v, %v", n, from, err)
	}
	// A server that answers somebody who has gone hears nothing of it.
	a.Close(client)
	b.SendTo(stranger, []byte("hello"), from)
	if _, _, err := b.ReceiveFrom(stranger, buf); !errors.Is(err, ErrStuck) {
		t.Errorf("the server: %v", err)
	}
	// Nobody has that address at all.
	lost, _ := a.Socket(stack.Datagram)
	a.Connect(lost, netip.MustParseAddrPort("10.0.0.9:7"))
	a.Write(lost, []byte("hello"))
	if _, err := a.Read(lost, buf); !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("to nobody's address: %v", err)
	}
}

func TestPacketConn(t *testing.T) {
	w, a, b, _ := pair()
	server, err := b.PacketConn("udp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	w.Go(func() {
		buf := make([]byte, 100)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("the server: %v", err)
				}
				return
			}
			server.WriteTo(buf[:n], from)
		}
	})
	c, err := a.DialContext(t.Context(), "udp", b.Addr(7).String())
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	c.Write([]byte("hello"))
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if got := c.RemoteAddr().String(); got != "10.0.0.2:7" || c.LocalAddr().Network() != "udp" {
		t.Errorf("%v → %v", c.LocalAddr(), c.RemoteAddr())
	}
	began := w.Now()
	if err := c.SetReadDeadline(w.Time().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() || w.Now()-began != time.Second {
		t.Errorf("after %v: %v", w.Now()-began, err)
	}
	if _, err := c.(*stack.PacketConn).WriteTo(nil, c.RemoteAddr()); !errors.Is(err, net.ErrWriteToConnected) {
		t.Errorf("WriteTo, connected: %v", err)
	}
	if _, err := b.PacketConn("udp", ":7"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the same port twice: %v", err)
	}
	if _, err := b.PacketConn("unix", ":7"); err == nil || err.Error() != "listen unix: unknown network unix" {
		t.Errorf("another network: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	w.Run()
	c.SetReadDeadline(time.Time{})
	c.Write([]byte("hello"))
	if _, err := c.Read(buf); !errors.Is(err, syscall.ECONNREFUSED) || err.Error() != "read udp "+c.LocalAddr().String()+"->10.0.0.2:7: read: connection refused" {
		t.Errorf("closed: %v", err)
	}
	c.Close()
	if _, err := c.Read(buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read, closed: %v", err)
	}
}
