//go:build !before6

package sim

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// stream makes a socket.
func stream(t *testing.T, s *stack.Stack) stack.FD {
	t.Helper()
	fd, err := s.Socket(stack.Stream)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// listener makes a socket that listens.
func listener(t *testing.T, s *stack.Stack, port uint16, backlog int) stack.FD {
	t.Helper()
	fd := stream(t, s)
	if err := errors.Join(s.Bind(fd, s.Addr(port)), s.Listen(fd, backlog)); err != nil {
		t.Fatal(err)
	}
	return fd
}

// state returns the states of all sockets of a host, descriptors first.
func states(s *stack.Stack) (list []tcp.State) {
	for _, i := range s.Sockets() {
		list = append(list, i.State)
	}
	return list
}

// TestErrors: what every request says when it cannot be.
func TestErrors(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l := listener(t, server, 80, 5)
	connected, fresh, datagram := stream(t, client), stream(t, client), stack.FD(0)
	if err := client.Connect(connected, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	datagram, _ = client.Socket(stack.Datagram)
	any := netip.IPv4Unspecified()
	bound := stream(t, server)
	if err := server.Bind(bound, server.Addr(82)); err != nil {
		t.Fatal(err)
	}
	second := stream(t, server) // shares its port with one that listens
	shared := stream(t, server)
	for _, fd := range []stack.FD{second, shared} {
		if err := errors.Join(server.SetReuseAddr(fd, true), server.Bind(fd, server.Addr(83))); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Listen(shared, 1); err != nil {
		t.Fatal(err)
	}

	type request struct {
		name string
		do   func() error
		want error
	}
	read := func(s *stack.Stack, fd stack.FD) error { _, err := s.Read(fd, make([]byte, 1)); return err }
	write := func(s *stack.Stack, fd stack.FD) error { _, err := s.Write(fd, make([]byte, 1)); return err }
	accept := func(s *stack.Stack, fd stack.FD) error { _, _, err := s.Accept(fd); return err }
	to := func(a string) func() error {
		return func() error { return client.Connect(fresh, netip.MustParseAddrPort(a)) }
	}
	for _, r := range []request{
		{"read of no socket", func() error { return read(client, 99) }, syscall.EBADF},
		{"write of no socket", func() error { return write(client, 99) }, syscall.EBADF},
		{"accept of no socket", func() error { return accept(client, 99) }, syscall.EBADF},
		{"connect of no socket", func() error { return client.Connect(99, server.Addr(80)) }, syscall.EBADF},
		{"bind of no socket", func() error { return client.Bind(99, client.Addr(1)) }, syscall.EBADF},
		{"listen of no socket", func() error { return client.Listen(99, 1) }, syscall.EBADF},
		{"close of no socket", func() error { return client.Close(99) }, syscall.EBADF},
		{"shutdown of no socket", func() error { return client.Shutdown(99, stack.ShutBoth) }, syscall.EBADF},
		{"nodelay of no socket", func() error { return client.SetNoDelay(99, true) }, syscall.EBADF},
		{"read of a socket that is not connected", func() error { return read(client, fresh) }, syscall.ENOTCONN},
		{"write of a socket that is not connected", func() error { return write(client, fresh) }, syscall.ENOTCONN},
		{"shutdown of a socket that is not connected", func() error { return client.Shutdown(fresh, stack.ShutWrite) }, syscall.ENOTCONN},
		{"nodelay of a socket for datagrams", func() error { fd, _ := client.Socket(stack.Datagram); return client.SetNoDelay(fd, true) }, syscall.ENOPROTOOPT},
		{"accept of a socket that does not listen", func() error { return accept(client, fresh) }, syscall.EINVAL},
		{"listen without an address", func() error { return client.Listen(fresh, 1) }, syscall.EDESTADDRREQ},
		{"listen at a connection", func() error { return client.Listen(connected, 1) }, syscall.EINVAL},
		{"listen where another does", func() error { return server.Listen(second, 1) }, syscall.EADDRINUSE},
		{"bind where another listens", func() error { return server.Bind(stream(t, server), server.Addr(80)) }, syscall.EADDRINUSE},
		{"bind where another is bound", func() error { return server.Bind(stream(t, server), server.Addr(82)) }, syscall.EADDRINUSE},
		{"bind at any address where another is bound", func() error { return server.Bind(stream(t, server), netip.AddrPortFrom(any, 82)) }, syscall.EADDRINUSE},
		{"name of no socket", func() error { _, err := client.Sockname(99); return err }, syscall.EBADF},
		{"peer of no socket", func() error { _, err := client.Peername(99); return err }, syscall.EBADF},
		{"peer of a socket that is not connected", func() error { _, err := client.Peername(fresh); return err }, syscall.ENOTCONN},
		{"peer of a listener", func() error { _, err := server.Peername(l); return err }, syscall.ENOTCONN},
		{"bind to another's address", func() error { return client.Bind(fresh, server.Addr(1)) }, syscall.EADDRNOTAVAIL},
		{"bind to IPv6", func() error { return client.Bind(fresh, netip.MustParseAddrPort("[::1]:1")) }, syscall.EAFNOSUPPORT},
		{"bind again", func() error { return server.Bind(second, server.Addr(81)) }, syscall.EINVAL},
		{"connect again", func() error { return client.Connect(connected, server.Addr(80)) }, syscall.EISCONN},
		{"connect a listener", func() error { return server.Connect(l, client.Addr(80)) }, syscall.EISCONN},
		{"connect to nobody", func() error { return client.Connect(fresh, netip.AddrPortFrom(any, 80)) }, syscall.EINVAL},
		{"connect to port 0", to("10.0.0.2:0"), syscall.EINVAL},
		{"connect to multicast", to("224.0.0.1:80"), syscall.EINVAL}, // MUST-46
		{"connect to broadcast", to("255.255.255.255:80"), syscall.EINVAL},
		{"connect to our broadcast", to("10.0.0.255:80"), syscall.EINVAL},
		{"connect to IPv6", to("[::1]:80"), syscall.EINVAL},
		{"connect to far away", to("192.0.2.1:80"), syscall.ENETUNREACH},
		{"connect where nobody listens", to("10.0.0.2:81"), syscall.ECONNREFUSED},
		{"shutdown of neither", func() error { return client.Shutdown(connected, 0) }, syscall.EINVAL},
	} {
		err := r.do()
		if !errors.Is(err, r.want) {
			t.Errorf("%s: %v, not %v", r.name, err, r.want)
		}
		if call := new(os.SyscallError); !errors.As(err, &call) {
			t.Errorf("%s: %v does not name the request", r.name, err)
		}
	}
	if err := client.Connect(datagram, server.Addr(80)); err == nil {
		t.Log("datagram sockets connect")
	}
	if err := client.Connect(fresh, server.Addr(80)); err != nil {
		t.Errorf("after all these: %v", err)
	}
	w.Run()
}

// TestBoundAgain: what the application has bound stays bound when a connect fails.
func TestBoundAgain(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	fd := stream(t, client)
	client.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), 1234))
	for range 2 {
		if err := client.Connect(fd, server.Addr(80)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
	}
	l := listener(t, server, 80, 5)
	if err := client.Connect(fd, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	_, peer, err := server.Accept(l)
	if err != nil || peer != client.Addr(1234) {
		t.Errorf("%v, %v", peer, err)
	}
	// The same ends once more.
	other := stream(t, client)
	if err := client.Bind(other, client.Addr(1234)); err != nil { // it has its peer: the port can be shared
		t.Error(err)
	}
	if local, err := client.Sockname(other); err != nil || local != client.Addr(1234) {
		t.Errorf("%v, %v", local, err)
	}
	if err := client.Connect(other, server.Addr(80)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v", err)
	}
}

// TestBacklog: no more than the backlog wait, and every place comes free again, however a connection ends.
func TestBacklog(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	l := listener(t, server, 80, 2)
	dial := func() (stack.FD, error) {
		c, err := client.Socket(stack.Stream)
		if err != nil {
			return 0, err
		}
		return c, client.Connect(c, server.Addr(80))
	}
	full := func(what string) {
		t.Helper()
		for range 2 {
			if _, err := dial(); err != nil {
				t.Fatalf("%s: no room: %v", what, err)
			}
		}
		w.Sleep(time.Second)
		third := stream(t, client)
		done := false
		w.Go(func() {
			if err := client.Connect(third, server.Addr(80)); !errors.Is(err, syscall.EBADF) {
				t.Errorf("%s: the third: %v", what, err)
			}
			done = true
		})
		w.Sleep(10 * time.Second)
		if done {
			t.Fatalf("%s: there is room for a third", what)
		}
		client.Close(third)
		w.Sleep(time.Second)
		for _, i := range client.Sockets() {
			if i.FD != 0 {
				client.Close(i.FD)
			}
		}
	}
	accepted := func() {
		for range 2 {
			fd, _, err := server.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			server.Close(fd)
		}
		w.Sleep(5 * time.Minute)
	}
	full("at first")
	accepted()
	full("after two were accepted")
	accepted()

	// Two that are closed while they wait: they can be accepted all the same.
	for range 2 {
		fd, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		client.Close(fd)
	}
	w.Sleep(5 * time.Minute)
	accepted()

	// Two whose handshake is never completed.
	deaf := true
	cable.Fate = func(p nic.Passing) nic.Fate {
		x, _ := cable.Ends()
		return nic.Fate{Lost: deaf && p.To == x && len(p.Frame) > 42 && p.Frame[12] == 8 && p.Frame[13] == 0}
	}
	for range 2 {
		c := stream(t, client)
		w.Go(func() { client.Connect(c, server.Addr(80)) })
		w.Sleep(10 * time.Millisecond)
		client.Close(c)
	}
	if got := fmt.Sprint(states(server)); got != "[LISTEN SYN-RECEIVED SYN-RECEIVED]" {
		t.Errorf("%v", got)
	}
	w.Sleep(10 * time.Minute)
	deaf = false
	full("after two died in SYN-RECEIVED")
	accepted()
	if got := fmt.Sprint(states(server)); got != "[LISTEN]" {
		t.Errorf("%v", got)
	}
}

// TestListenerCloses with connections that nobody has accepted, standing and opening: all are reset, nothing is left.
func TestListenerCloses(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	l := listener(t, server, 80, 5)
	standing, opening := stream(t, client), stream(t, client)
	if err := client.Connect(standing, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	w.Sleep(time.Second)
	// The next connection's last ACK is held up until the listener is closed.
	cable.Fate = func(p nic.Passing) nic.Fate {
		if p.To.Info().Address[5] == 2 && p.Frame[47] == 0x10 {
			return nic.Fate{Delay: time.Second}
		}
		return nic.Fate{}
	}
	if err := client.Connect(opening, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(states(server)); got != "[LISTEN ESTABLISHED SYN-RECEIVED]" {
		t.Errorf("%v", got)
	}
	server.Close(l)
	w.Sleep(10 * time.Second)
	if got := fmt.Sprint(states(server)); got != "[]" {
		t.Errorf("left: %v", got)
	}
	if _, err := client.Read(opening, make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client of the opening one: %v", err)
	}
}

// TestShutdownWhileConnecting: the connect fails, and does not pretend.
func TestShutdownWhileConnecting(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	cable.Fate = func(p nic.Passing) nic.Fate { return nic.Fate{Lost: p.Frame[13] == 0} } // IPv4; not ARP
	fd := stream(t, client)
	w.Go(func() {
		w.Sleep(time.Second)
		if err := client.Shutdown(fd, stack.ShutWrite); err != nil {
			t.Error(err)
		}
	})
	if err := client.Connect(fd, server.Addr(80)); !errors.Is(err, syscall.ECONNABORTED) {
		t.Errorf("connect: %v", err)
	}
	// Nobody there at all: three minutes, and again.
	for range 2 {
		began := w.Now()
		if err := client.Connect(fd, server.Addr(80)); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("connect: %v", err)
		}
		if took := w.Now() - began; took < 3*time.Minute || took > 5*time.Minute {
			t.Errorf("after %v", took)
		}
	}
}

// TestMemory: a closed connection's buffers are given back, in TIME-WAIT already.
func TestMemory(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l := listener(t, server, 80, 5)
	fd := stream(t, client)
	if err := client.Connect(fd, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	conn, _, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	open := client.Sockets()[0].Memory
	client.Close(fd)
	w.Sleep(time.Second)
	if i := client.Sockets()[0]; i.State != tcp.FinWait2 || i.Memory > open/2 {
		t.Errorf("%v with %d bytes, open it was %d", i.State, i.Memory, open)
	}
	server.Close(conn)
	w.Sleep(time.Second)
	if i := client.Sockets()[0]; i.State != tcp.TimeWait || i.Memory > open/2 {
		t.Errorf("%v with %d bytes, open it was %d", i.State, i.Memory, open)
	}
	if n := len(server.Sockets()); n != 1 {
		t.Errorf("the server still has %v", states(server))
	}
	w.Run()
	if n := len(client.Sockets()); n != 0 {
		t.Errorf("the client still has %v", states(client))
	}
}

// TestManyConnections runs dozens at once in bad weather, over a small MTU, each closed in its own way.
func TestManyConnections(t *testing.T) {
	for seed := range uint64(6) {
		w := New(seed)
		client, server := w.Host("client"), w.Host("server")
		cable := w.Connect(client, server)
		cable.Fate = weather(rand.New(rand.NewPCG(seed, 1)))
		cable.Rate = 10_000_000
		l, err := server.Listener("tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		const conns = 30
		done := 0
		w.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				w.Go(func() {
					n, _ := io.Copy(io.Discard, c)
					fmt.Fprintf(c, "%d", n)
					c.Close()
					done++
				})
			}
		})
		finished := 0
		for n := range conns {
			w.Go(func() {
				defer func() { finished++ }()
				fd, err := client.Socket(stack.Stream)
				if err != nil {
					t.Error(err)
					return
				}
				if err := client.Connect(fd, server.Addr(80)); err != nil {
					t.Errorf("seed %d, connection %d: %v", seed, n, err)
					return
				}
				want := n * 700
				if _, err := client.Write(fd, make([]byte, want)); err != nil {
					t.Errorf("seed %d, connection %d: %v", seed, n, err)
				}
				if n%3 == 0 {
					client.Close(fd) // and never hears the answer
					return
				}
				client.Shutdown(fd, stack.ShutWrite)
				b := make([]byte, 20)
				k, err := client.Read(fd, b)
				if err != nil || string(b[:k]) != fmt.Sprint(want) {
					t.Errorf("seed %d, connection %d: %q, %v, not %d", seed, n, b[:k], err, want)
				}
				client.Close(fd)
			})
		}
		w.Sleep(time.Hour)
		if finished != conns || done != conns {
			t.Errorf("seed %d: %d of %d have finished, %d at the server", seed, finished, conns, done)
		}
		l.Close()
		w.Run()
		for _, h := range w.Hosts() {
			if left := h.Sockets(); len(left) > 0 {
				t.Errorf("seed %d: %s still has %+v", seed, h, left)
			}
		}
	}
}
