//go:build !before11

package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// pair returns two running stacks with a cable between them.
func pair(t testing.TB, change func(*nic.Info)) (a, b *Stack) {
	t.Helper()
	var infos [2]nic.Info
	for i := range infos {
		infos[i] = nic.Info{Name: "pipe", Address: net.HardwareAddr{2, 0, 0, 0, 0, byte(i + 1)}, MTU: 1500}
		if change != nil {
			change(&infos[i])
		}
	}
	x, y := nic.Pipe(infos[0], infos[1])
	a, b = New(Config{Name: "a"}), New(Config{Name: "b"})
	for _, end := range []struct {
		s    *Stack
		d    nic.Driver
		addr string
	}{{a, x, "10.0.0.1/24"}, {b, y, "10.0.0.2/24"}} {
		if err := end.s.Attach(end.d, netip.MustParsePrefix(end.addr)); err != nil {
			t.Fatal(err)
		}
		if err := end.s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { a.Stop(); b.Stop() })
	return a, b
}

// connect makes a connection from a to b.
func connect(t testing.TB, a, b *Stack) (client, server net.Conn) {
	t.Helper()
	l, err := b.Listener("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	if client, err = a.DialContext(context.Background(), "tcp", fmt.Sprintf("%v:%d", b.Addr(0).Addr(), port)); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// offloads lets the adapters sum and cut.
func offloads(i *nic.Info) { i.Checksum, i.SegmentMax = true, 44*1460 }

// TestConn is what the authors of package net expect of a net.Conn.
func TestConn(t *testing.T) {
	for name, change := range map[string]func(*nic.Info){"plain": nil, "offloads": offloads, "small": func(i *nic.Info) { i.MTU = 296 }} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				a, b := pair(t, change)
				c1, c2 = connect(t, a, b)
				return c1, c2, func() { a.Stop(); b.Stop() }, nil
			})
		})
	}
}

// TestHTTP runs the standard library's client and server over two stacks.
func TestHTTP(t *testing.T) {
	a, b := pair(t, offloads)
	l, err := b.Listener("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Repeat("what is written here is read there\n", 10_000)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%d bytes\n%s", len(body), page)
	})}
	go server.Serve(l)
	defer server.Close()
	transport := &http.Transport{DialContext: a.DialContext}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 10 {
				sent := strings.Repeat("x", 1000*i*j)
				answer, err := client.Post("http://10.0.0.2/", "text/plain", strings.NewReader(sent))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if want := fmt.Sprintf("%d bytes\n%s", len(sent), page); err != nil || string(body) != want {
					t.Errorf("%d bytes of answer, not %d: %v", len(body), len(want), err)
				}
			}
		})
	}
	group.Wait()
}

// TestStop has requests of every kind wait, and ends the stack under them.
func TestStop(t *testing.T) {
	before := runtime.NumGoroutine()
	a, b := pair(t, nil)
	client, _ := connect(t, a, b)
	l, err := b.Listener("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		call string
		err  error
	}
	results := make(chan result)
	request := func(call string, f func() error) { go func() { results <- result{call, f()} }() }
	request("accept", func() error { _, err := l.Accept(); return err })
	request("read", func() error { _, err := client.Read(make([]byte, 1)); return err })
	request("write", func() error {
		for {
			if _, err := client.Write(make([]byte, 1<<20)); err != nil {
				return err
			}
		}
	})
	request("dial", func() error { // to an address that nobody has
		_, err := a.DialContext(context.Background(), "tcp", "10.0.0.9:80")
		return err
	})
	for { // until the last of them is on its way
		waiting := false
		for _, i := range a.Sockets() {
			waiting = waiting || i.State == tcp.SynSent
		}
		if waiting {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := a.Stop(); err != nil {
		t.Error(err)
	}
	if err := b.Stop(); err != nil {
		t.Error(err)
	}
	for range 4 {
		if r := <-results; !errors.Is(r.err, net.ErrClosed) {
			t.Errorf("%s: %v", r.call, r.err)
		}
	}
	for _, s := range []*Stack{a, b} {
		if left := s.Sockets(); len(left) > 0 {
			t.Errorf("%v still has %+v", s, left)
		}
		if at, ok := s.nextTimer(); ok {
			t.Errorf("%v still wants to be woken at %v", s, at)
		}
		if err := s.Stop(); err != nil {
			t.Errorf("once more: %v", err)
		}
		if _, err := s.DialContext(context.Background(), "tcp", "10.0.0.1:80"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dial after Stop: %v", err)
		}
		if err := s.Start(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("start after Stop: %v", err)
		}
	}
	for range 1000 { // goroutines that have done all they had to need a moment to be gone
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}

// TestCloseWakes closes a connection and a listener at which somebody waits.
func TestCloseWakes(t *testing.T) {
	a, b := pair(t, nil)
	client, _ := connect(t, a, b)
	l, err := b.Listener("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error)
	go func() { _, err := client.Read(make([]byte, 1)); results <- err }()
	go func() { _, err := l.Accept(); results <- err }()
	time.Sleep(5 * time.Millisecond) // it is right either way; this way they most likely wait
	client.Close()
	l.Close()
	for range 2 {
		if err := <-results; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
	if err := client.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
}

// TestStale uses a connection that has been closed, when its descriptor is another's.
func TestStale(t *testing.T) {
	a, b := pair(t, nil)
	old, _ := connect(t, a, b)
	old.Close()
	client, server := connect(t, a, b)
	if old.(*Conn).fd != client.(*Conn).fd {
		t.Fatalf("descriptors %v and %v: the test wants the same", old.(*Conn).fd, client.(*Conn).fd)
	}
	c := old.(*Conn)
	for call, err := range map[string]error{"close": c.Close(), "closewrite": c.CloseWrite(), "closeread": c.CloseRead(), "nodelay": c.SetNoDelay(true)} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v", call, err)
		}
	}
	if _, err := client.Write([]byte("still here")); err != nil {
		t.Error(err)
	}
	got := make([]byte, 10)
	if _, err := io.ReadFull(server, got); err != nil || string(got) != "still here" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDialEnds gives up a connect by its context.
func TestDialEnds(t *testing.T) {
	a, _ := pair(t, nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := a.DialContext(ctx, "tcp", "10.0.0.9:80")
	var timeout net.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	cancel()
	if _, err := a.DialContext(ctx, "tcp", "10.0.0.9:80"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left := a.Sockets(); len(left) > 0 {
		t.Errorf("left: %+v", left)
	}
}

// TestWritesDoNotMix writes much from several goroutines at once.
func TestWritesDoNotMix(t *testing.T) {
	a, b := pair(t, nil)
	client, server := connect(t, a, b)
	const writers, size = 4, 600_000 // more than the buffers hold
	for i := range writers {
		go client.Write(bytes.Repeat([]byte{byte(i)}, size))
	}
	for range writers {
		got := make([]byte, size)
		if _, err := io.ReadFull(server, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, bytes.Repeat(got[:1], size)) {
			t.Fatal("the bytes of two writes came mixed")
		}
	}
}
