//go:build !before6

package sim

import (
	"errors"
	"syscall"
	"testing"

	"github.com/tsunagu/tsunagu/stack"
)

// TestUrgent: urgent bytes overtake nothing, and the application is told of them while it does something else.
func TestUrgent(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l := listener(t, server, 80, 1)
	c := stream(t, client)
	if _, err := client.WriteUrgent(c, []byte("x")); !errors.Is(err, syscall.ENOTCONN) {
		t.Errorf("before it is connected: %v", err)
	}
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	s, _, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	var told []int
	var last error
	w.Go(func() {
		for {
			n, err := server.WaitUrgent(s)
			if err != nil {
				last = err
				return
			}
			told = append(told, n)
		}
	})
	client.Write(c, []byte("plain "))
	client.WriteUrgent(c, []byte("soon "))
	w.Run()
	if n, err := server.Urgent(s); n != 11 || err != nil {
		t.Errorf("%d bytes to the end of what is urgent, %v", n, err)
	}
	b := make([]byte, 100)
	if n, err := server.Read(s, b); string(b[:n]) != "plain soon " || err != nil {
		t.Errorf("%q, %v", b[:n], err)
	}
	client.WriteUrgent(c, []byte("now"))
	client.Write(c, []byte(" later"))
	w.Run()
	if n, err := server.Read(s, b); string(b[:n]) != "now later" || err != nil {
		t.Errorf("%q, %v", b[:n], err)
	}
	client.Close(c)
	w.Run()
	if len(told) != 2 || told[0] != 11 || told[1] != 3 || !errors.Is(last, syscall.EPIPE) {
		t.Errorf("told of %v, then %v", told, last)
	}
	server.Close(s)
	for _, fd := range []stack.FD{s, 99} {
		if _, err := server.Urgent(fd); !errors.Is(err, syscall.EBADF) {
			t.Error(err)
		}
	}
}
