//go:build !before6

package sim

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TestWishesBefore: what is asked of a socket before there is a connection holds when there is one, and a listening socket passes
// it on.
func TestWishesBefore(t *testing.T) {
	for _, side := range []string{"client", "server"} {
		t.Run(side, func(t *testing.T) {
			w := New(1)
			client, server := w.Host("client"), w.Host("server")
			cable := w.Connect(client, server)
			l, c := listener(t, server, 80, 5), stream(t, client)
			s, fd := client, c
			if side == "server" {
				s, fd = server, l
			}
			if err := errors.Join(s.SetKeepAlive(fd, time.Minute), s.SetKeepAliveProbes(fd, 5*time.Second, 3)); err != nil {
				t.Fatal(err)
			}
			if err := client.Connect(c, server.Addr(80)); err != nil {
				t.Fatal(err)
			}
			child, _, err := server.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			if side == "server" {
				fd = child
			}
			w.Sleep(10 * time.Millisecond)
			cable.Fate = func(nic.Passing) nic.Fate { return nic.Fate{Lost: true} }
			before := w.Now()
			if _, err := s.Read(fd, make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
				t.Error(err)
			}
			if took := (w.Now() - before).Round(time.Second); took != time.Minute+3*5*time.Second {
				t.Errorf("given up after %v", took)
			}
		})
	}
}

// TestLinger: what Close does with data that is under way.
func TestLinger(t *testing.T) {
	for _, c := range []struct {
		linger, least, most time.Duration
		lost                bool
		want                error
		state               string
	}{
		{-1, 0, 0, false, io.EOF, "[FIN-WAIT-1]"},
		{0, 0, 0, false, syscall.ECONNRESET, "[]"},
		{10 * time.Second, time.Millisecond, time.Second, false, io.EOF, "[FIN-WAIT-2]"},
		{10 * time.Second, 10 * time.Second, 10 * time.Second, true, nil, "[FIN-WAIT-1]"},
	} {
		t.Run(fmt.Sprint(c.linger, c.lost), func(t *testing.T) {
			w := New(1)
			client, server := w.Host("client"), w.Host("server")
			cable := w.Connect(client, server)
			l, fd := listener(t, server, 80, 5), stream(t, client)
			if err := errors.Join(client.SetLinger(fd, c.linger), client.Connect(fd, server.Addr(80))); err != nil {
				t.Fatal(err)
			}
			child, _, err := server.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			if c.lost {
				cable.Fate = func(nic.Passing) nic.Fate { return nic.Fate{Lost: true} }
			}
			if _, err := client.Write(fd, make([]byte, 10_000)); err != nil {
				t.Fatal(err)
			}
			before := w.Now()
			if err := client.Close(fd); err != nil {
				t.Error(err)
			}
			if took := w.Now() - before; took < c.least || took > c.most {
				t.Errorf("it took %v", took)
			}
			if got := fmt.Sprint(states(client)); got != c.state {
				t.Errorf("%v, not %v", got, c.state)
			}
			if c.want == nil {
				return
			}
			if got, err := readAll(server, child); err != c.want && !errors.Is(err, c.want) || c.want == io.EOF && got != 10_000 {
				t.Errorf("%d bytes, %v", got, err)
			}
		})
	}
}

// readAll counts what comes until there is an end.
func readAll(s *stack.Stack, fd stack.FD) (n int, err error) {
	for err == nil {
		var more int
		more, err = s.Read(fd, make([]byte, 4096))
		n += more
	}
	return n, err
}

// TestSocketsLikeSS: every socket is in the list: those that listen, with who waits, those in TIME-WAIT, which have no descriptor,
// and from chapter 8 on those for datagrams.
func TestSocketsLikeSS(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l, fd, waits := listener(t, server, 80, 5), stream(t, client), stream(t, client)
	if err := errors.Join(client.Connect(fd, server.Addr(80)), client.Connect(waits, server.Addr(80))); err != nil {
		t.Fatal(err)
	}
	child, _, err := server.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	client.Close(fd)
	w.Sleep(10 * time.Millisecond)
	server.Close(child)
	w.Sleep(10 * time.Millisecond)
	if got := fmt.Sprint(states(client)); got != "[ESTABLISHED TIME-WAIT]" {
		t.Error(got)
	}
	all := server.Sockets()
	if len(all) != 2 || all[0].State != tcp.Listen || all[0].ReceiveQueue != 1 || all[0].ReceiveBuffer != 5 || all[0].Local != server.Addr(80) ||
		all[1].FD != 0 || all[1].State != tcp.Established || all[1].Local != server.Addr(80) || all[1].Remote.Addr() != client.Addr(0).Addr() {
		t.Errorf("%+v", all)
	}
}
