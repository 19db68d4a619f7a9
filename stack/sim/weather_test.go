//go:build !before6

package sim

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// small puts a cable of the given MTU between two hosts of a world that knows nothing of it otherwise.
func small(t *testing.T, w *World, a, b *stack.Stack, mtu int) *nic.Cable {
	t.Helper()
	n := &w.network
	cable := n.plug(w, a, b, mtu)
	p, q := cable.Ends()
	ap, aq := netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("10.9.0.2")
	if err := errors.Join(a.Attach(p, netip.PrefixFrom(ap, 24)), b.Attach(q, netip.PrefixFrom(aq, 24))); err != nil {
		t.Fatal(err)
	}
	introduce(a, aq, q)
	introduce(b, ap, p)
	return cable
}

// TestSmallMTU carries bytes over cables that take hardly any, in bad weather.
func TestSmallMTU(t *testing.T) {
	for seed, mtu := range []int{68, 100, 296, 576, 1006} {
		w := New(uint64(seed))
		client, server := w.Host("client"), w.Host("server")
		cable := small(t, w, client, server, mtu)
		cable.Fate = weather(rand.New(rand.NewPCG(uint64(seed), 5)))
		fd := listener(t, server, 80, 3)
		want := make([]byte, 30*mtu)
		for i := range want {
			want[i] = byte(rand.N(256))
		}
		var got []byte
		w.Go(func() {
			conn, _, err := server.Accept(fd)
			if err != nil {
				t.Error(err)
				return
			}
			got, err = io.ReadAll(reader{server, conn})
			if err != nil {
				t.Errorf("MTU %d: %v", mtu, err)
			}
			server.Close(conn)
		})
		c := stream(t, client)
		if err := client.Connect(c, server.Addr(80)); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Write(c, want); err != nil {
			t.Error(err)
		}
		client.Close(c)
		w.Run()
		if !bytes.Equal(got, want) {
			t.Errorf("MTU %d: %d bytes came of %d", mtu, len(got), len(want))
		}
	}
}

// reader reads a descriptor.
type reader struct {
	s  *stack.Stack
	fd stack.FD
}

func (r reader) Read(p []byte) (int, error) { return r.s.Read(r.fd, p) }

// TestEnds closes from either side, first or at once, by half or whole or with a bang, and in bad weather: whatever comes,
// all sockets are gone in the end, and who reads learns of it.
func TestEnds(t *testing.T) {
	ways := map[string]func(s *stack.Stack, fd stack.FD) error{
		"close": func(s *stack.Stack, fd stack.FD) error { return s.Close(fd) },
		"half, read, close": func(s *stack.Stack, fd stack.FD) error {
			s.Shutdown(fd, stack.ShutWrite)
			io.Copy(io.Discard, reader{s, fd})
			return s.Close(fd)
		},
		"read, close": func(s *stack.Stack, fd stack.FD) error {
			io.Copy(io.Discard, reader{s, fd})
			return s.Close(fd)
		},
		"write, close": func(s *stack.Stack, fd stack.FD) error {
			s.Write(fd, make([]byte, 5000))
			return s.Close(fd)
		},
		"deaf, write, close": func(s *stack.Stack, fd stack.FD) error {
			s.Shutdown(fd, stack.ShutRead)
			s.Write(fd, make([]byte, 5000))
			return s.Close(fd)
		},
	}
	for one, end := range ways {
		for other, endOther := range ways {
			if one == "read, close" && other == one {
				continue // they would wait for each other for ever, and be right
			}
			for seed := range uint64(5) {
				w := New(seed)
				client, server := w.Host("client"), w.Host("server")
				cable := w.Connect(client, server)
				if seed > 0 {
					cable.Fate = weather(rand.New(rand.NewPCG(seed, 77)))
				}
				l := listener(t, server, 80, 1)
				c := stream(t, client)
				if err := client.Connect(c, server.Addr(80)); err != nil {
					t.Fatal(err)
				}
				w.Go(func() {
					conn, _, err := server.Accept(l)
					if err != nil {
						return // reset before it was accepted
					}
					if err := endOther(server, conn); err != nil {
						t.Errorf("%s / %s, seed %d: the server's end: %v", one, other, seed, err)
					}
					server.Close(l)
				})
				if err := end(client, c); err != nil {
					t.Errorf("%s / %s, seed %d: the client's end: %v", one, other, seed, err)
				}
				w.Sleep(time.Hour)
				server.Close(l)
				w.Run()
				for _, h := range w.Hosts() {
					if left := h.Sockets(); len(left) > 0 {
						t.Errorf("%s / %s, seed %d: %s still has %+v", one, other, seed, h, left)
					}
				}
			}
		}
	}
}

// TestBlackHole: the cable is cut in the middle of things. Everybody learns of it in the end.
func TestBlackHole(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	l, err := server.Listener("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	var readErr error
	w.Go(func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		c.SetDeadline(w.Time().Add(time.Hour))
		_, readErr = io.Copy(io.Discard, c)
		c.Close()
	})
	c := stream(t, client)
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	w.Go(func() {
		w.Sleep(time.Second)
		cable.Fate = func(nic.Passing) nic.Fate { return nic.Fate{Lost: true} }
	})
	for err == nil {
		_, err = client.Write(c, make([]byte, 10_000))
		w.Sleep(time.Millisecond)
	}
	began := w.Now()
	client.Close(c)
	l.Close()
	w.Run()
	if timeout, ok := readErr.(net.Error); !ok || !timeout.Timeout() {
		t.Errorf("the server: %v", readErr)
	}
	if began < 10*time.Minute || began > 15*time.Minute {
		t.Errorf("the client was told after %v: %v", began, err)
	}
	for _, h := range w.Hosts() {
		if left := h.Sockets(); len(left) > 0 {
			t.Errorf("%s still has %+v", h, left)
		}
	}
}
