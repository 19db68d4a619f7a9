//go:build !before6

package sim

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
)

// TestReadEnds: whoever waits for data when its direction is shut down reads the end of the stream, and what then comes is
// answered by a RST. After that there is no connection left to be shut down.
func TestReadEnds(t *testing.T) {
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
	w.Go(func() {
		w.Sleep(time.Second)
		if err := client.Shutdown(fd, stack.ShutRead); err != nil {
			t.Error(err)
		}
	})
	if n, err := client.Read(fd, make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read: %d, %v", n, err)
	}
	if _, err := server.Write(conn, []byte("late")); err != nil {
		t.Error(err)
	}
	if _, err := server.Read(conn, make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer reads: %v", err)
	}
	if _, err := client.Write(fd, []byte("?")); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("write: %v", err)
	}
	if _, err := client.Read(fd, make([]byte, 1)); err != io.EOF {
		t.Errorf("read: %v", err)
	}
	for _, how := range []stack.How{stack.ShutRead, stack.ShutWrite, stack.ShutBoth} {
		if err := client.Shutdown(fd, how); !errors.Is(err, syscall.ENOTCONN) {
			t.Errorf("shutdown: %v", err)
		}
	}
}

// TestErrorsOfNet: errors read as package net writes them.
func TestErrorsOfNet(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	_, err := client.DialContext(context.Background(), "tcp", server.Addr(81).String())
	if want := "dial tcp 10.0.0.2:81: connect: connection refused"; err == nil || err.Error() != want {
		t.Errorf("%v, not %v", err, want)
	}
	_, err = client.DialContext(context.Background(), "nonsense", server.Addr(81).String())
	if want := "dial nonsense: unknown network nonsense"; err == nil || err.Error() != want {
		t.Errorf("%v, not %v", err, want)
	}
	listener(t, server, 80, 5)
	c, err := client.DialContext(context.Background(), "tcp", server.Addr(80).String())
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.Read(make([]byte, 1)); err == nil || !err.(net.Error).Timeout() {
		t.Errorf("%v", err)
	}
	if n, err := c.Read(nil); n != 0 || err != nil {
		t.Errorf("nothing to be read, and not in time: %d, %v", n, err)
	}
}
