//go:build !before7

package sim

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// TestSoftErrors: what is wrong with a connection that goes on is told to an application that asks (RFC 9293 3.9.1.8, MUST-47;
// 3.9.2.2, SHLD-25), and one that does not ask is not disturbed by it (SHLD-20).
func TestSoftErrors(t *testing.T) {
	unreachable := header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableHost}
	for _, c := range []struct {
		what string
		news *header.ICMP
		want error
	}{
		{"a router's word", &unreachable, syscall.EHOSTUNREACH},
		{"nobody's word", nil, syscall.ETIMEDOUT},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := New(1)
			client, server := w.Host("client"), w.Host("server")
			cable := w.Connect(client, server)
			_, end := cable.Ends()
			l := listener(t, server, 80, 1)
			fd := stream(t, client)
			if err := client.Connect(fd, server.Addr(80)); err != nil {
				t.Fatal(err)
			}
			s, _, err := server.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			if err := client.SoftError(fd); err != nil {
				t.Errorf("all is well, and: %v", err)
			}
			cable.Fate = func(p nic.Passing) nic.Fate {
				return nic.Fate{Lost: p.From != end && p.Frame[13] == 0 && p.Frame[header.EthernetLen+9] == header.ProtocolTCP}
			}
			if _, err := client.Write(fd, []byte("hello ")); err != nil {
				t.Fatal(err)
			}
			if c.news != nil {
				tell(t, end, lastTCP(w, client), *c.news, 0)
			}
			w.Sleep(5 * time.Second)
			if err := client.SoftError(fd); !errors.Is(err, c.want) {
				t.Errorf("%v, not %v", err, c.want)
			}
			// Whoever does not ask goes on.
			if _, err := client.Write(fd, []byte("again")); err != nil {
				t.Errorf("write: %v", err)
			}
			if _, err := server.Write(s, []byte("answer")); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 20)
			if n, err := client.Read(fd, b); err != nil || string(b[:n]) != "answer" {
				t.Errorf("%q, %v", b[:n], err)
			}
			cable.Fate = nil
			w.Sleep(time.Minute)
			if n, err := server.Read(s, b); err != nil || string(b[:n]) != "hello again" {
				t.Errorf("%q, %v", b[:n], err)
			}
			if err := client.SoftError(fd); err != nil {
				t.Errorf("all is well again, and: %v", err)
			}
			if err := client.SoftError(stack.FD(99)); !errors.Is(err, syscall.EBADF) {
				t.Error(err)
			}
		})
	}
}
