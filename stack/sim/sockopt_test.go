//go:build !before9

package sim

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack"
)

// TestOptions: what has been set can be asked for, and goes from a listening socket to its connections.
func TestOptions(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l, fd := stream(t, server), stream(t, client)
	fresh, err := client.Options(fd)
	if err != nil {
		t.Fatal(err)
	}
	if want := (stack.Options{Type: stack.Stream, KeepAliveIdle: 2 * time.Hour, Linger: -1, SendBuffer: fresh.SendBuffer, ReceiveBuffer: fresh.ReceiveBuffer}); fresh != want {
		t.Error(cmp.Diff(want, fresh))
	}
	if err := errors.Join(
		server.SetReuseAddr(l, true), server.SetNoDelay(l, true), server.SetKeepAlive(l, time.Minute), server.SetKeepAliveProbes(l, time.Second, 4),
		server.SetUserTimeout(l, time.Hour), server.SetLinger(l, 3*time.Second), server.SetBuffers(l, 30_000, 40_000), server.SetTOS(l, 0xb8), server.SetTTL(l, 9),
		server.Bind(l, server.Addr(80)), server.Listen(l, 5), client.Connect(fd, server.Addr(80)),
	); err != nil {
		t.Fatal(err)
	}
	child, _, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	want := stack.Options{
		Type: stack.Stream, Listening: true, ReuseAddr: true, NoDelay: true, KeepAlive: true, KeepAliveIdle: time.Minute, KeepAliveInterval: time.Second,
		KeepAliveProbes: 4, UserTimeout: time.Hour, Linger: 3 * time.Second, SendBuffer: 30_000, ReceiveBuffer: 40_000, TOS: 0xb8, TTL: 9,
	}
	got, err := server.Options(l)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	want.Listening, want.ReuseAddr = false, false // the port is the listener's own affair
	got, err = server.Options(child)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// TestReceiveBufferOfDatagrams: what does not fit is lost.
func TestReceiveBufferOfDatagrams(t *testing.T) {
	w, a, b, _ := pair()
	from, to := datagramSocket(t, a, 7), datagramSocket(t, b, 7)
	if err := b.SetBuffers(to, 0, 10_000); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := a.SendTo(from, make([]byte, 1000), b.Addr(7)); err != nil {
			t.Fatal(err)
		}
		w.Sleep(5 * time.Millisecond)
	}
	o, err := b.Options(to)
	if i := b.Sockets()[0]; err != nil || o.ReceiveBuffer != 10_000 || i.ReceiveQueue > 10_000 || i.ReceiveQueue < 5000 {
		t.Errorf("%v, %+v, %+v", err, o, i)
	}
}
