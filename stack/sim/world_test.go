//go:build !before6

package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// serve makes server answer every connection to port 80 with what echo does.
func serve(t *testing.T, w *World, server *stack.Stack, handle func(fd stack.FD)) {
	t.Helper()
	fd, err := server.Socket(stack.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), 80)); err != nil {
		t.Fatal(err)
	}
	if err := server.Listen(fd, 8); err != nil {
		t.Fatal(err)
	}
	w.Go(func() {
		for {
			conn, _, err := server.Accept(fd)
			if err != nil {
				return
			}
			w.Go(func() { handle(conn) })
		}
	})
}

// TestOneRequest goes all the way: socket, connect, write, read, close, on both sides.
func TestOneRequest(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	serve(t, w, server, func(fd stack.FD) {
		b := make([]byte, 100)
		n, err := server.Read(fd, b)
		if err != nil {
			t.Error(err)
		}
		if _, err := server.Write(fd, append([]byte("you said: "), b[:n]...)); err != nil {
			t.Error(err)
		}
		if err := server.Close(fd); err != nil {
			t.Error(err)
		}
	})
	fd, err := client.Socket(stack.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Connect(fd, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write(fd, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	var got []byte
	b := make([]byte, 4)
	for {
		n, err := client.Read(fd, b)
		got = append(got, b[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if string(got) != "you said: hello" {
		t.Errorf("read %q", got)
	}
	if err := client.Close(fd); err != nil {
		t.Fatal(err)
	}
	w.Run()
	for _, h := range w.Hosts() {
		for _, i := range h.Sockets() {
			if i.State != tcp.Listen {
				t.Errorf("%s still has %v", h, i)
			}
		}
	}
}

// TestRefused connects to a port at which nobody listens.
func TestRefused(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	fd, _ := client.Socket(stack.Stream)
	if err := client.Connect(fd, server.Addr(80)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connect: %v", err)
	}
	serve(t, w, server, func(stack.FD) {})
	if err := client.Connect(fd, server.Addr(80)); err != nil {
		t.Errorf("once more, with a listener: %v", err)
	}
}

// TestStuck waits for what cannot come.
func TestStuck(t *testing.T) {
	w := New(1)
	host := w.Host("host")
	peer := w.Host("peer")
	w.Connect(host, peer)
	fd, _ := host.Socket(stack.Stream)
	host.Bind(fd, host.Addr(80))
	host.Listen(fd, 1)
	if _, _, err := host.Accept(fd); !errors.Is(err, ErrStuck) {
		t.Errorf("accept: %v", err)
	}
}

// TestOutside calls from a goroutine the world does not know.
func TestOutside(t *testing.T) {
	w := New(1)
	host := w.Host("host")
	got := make(chan error)
	go func() {
		_, err := host.Socket(stack.Stream)
		got <- err
	}()
	if err := <-got; !errors.Is(err, ErrOutside) {
		t.Errorf("socket: %v", err)
	}
}

// transfer sends data from client to server over a cable with the given fate, echoes it, and returns the trace's bytes.
func transfer(t *testing.T, seed uint64, size int, spoil func(r *rand.Rand) func(nic.Passing) nic.Fate) []byte {
	t.Helper()
	w := New(seed)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	if spoil != nil {
		cable.Fate = spoil(rand.New(rand.NewPCG(seed, 99)))
	}
	l, err := server.Listener("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, size)
	r := rand.New(rand.NewPCG(seed, 7))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	w.Go(func() {
		c, err := l.Accept()
		if err != nil {
			t.Errorf("seed %d: accept: %v", seed, err)
			return
		}
		if _, err := io.Copy(c, c); err != nil {
			t.Errorf("seed %d: echo: %v", seed, err)
		}
		c.Close()
	})
	conn, err := client.DialContext(context.Background(), "tcp", server.Addr(80).String())
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	w.Go(func() {
		if n, err := conn.Write(data); err != nil {
			t.Errorf("seed %d: write: %d, %v", seed, n, err)
		}
		conn.(*stack.Conn).CloseWrite()
	})
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("seed %d: read %d of %d bytes, %v", seed, len(got), size, err)
	}
	conn.Close()
	l.Close()
	w.Run()
	for _, h := range w.Hosts() {
		if left := h.Sockets(); len(left) > 0 {
			t.Errorf("seed %d: %s still has %+v", seed, h, left)
		}
		if at, ok := h.Deadline(); ok {
			t.Errorf("seed %d: %s still wants to be woken at %v", seed, h, at)
		}
	}
	var b bytes.Buffer
	for _, e := range w.Trace().Events() {
		fmt.Fprintf(&b, "%v %s %v %s %x\n", e.At, e.Host, e.Kind, e.Note, e.Frame)
	}
	return b.Bytes()
}

// TestSameSeedSameBytes runs the same world twice.
func TestSameSeedSameBytes(t *testing.T) {
	a, b := transfer(t, 3, 300_000, weather), transfer(t, 3, 300_000, weather)
	if !bytes.Equal(a, b) {
		t.Error("the same seed gave two histories")
	}
}

// weather loses, delays and repeats frames.
func weather(r *rand.Rand) func(nic.Passing) nic.Fate {
	return func(nic.Passing) nic.Fate {
		switch n := r.IntN(100); {
		case n < 3:
			return nic.Fate{Lost: true}
		case n < 8:
			return nic.Fate{Delay: time.Duration(r.IntN(int(5 * time.Millisecond)))}
		case n < 10:
			return nic.Fate{Again: true}
		}
		return nic.Fate{}
	}
}

// TestWeather carries data both ways through worlds of different seeds.
func TestWeather(t *testing.T) {
	transfer(t, 0, 2_000_000, nil)
	for seed := range uint64(40) {
		transfer(t, seed, 1+int(seed)*3571, weather)
	}
}
