//go:build !before6

package show_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/sim"
)

// exchange lets a client fetch a page from a server in a simulated world, on a cable to which setUp may do something, and
// returns the world when all is over.
func exchange(t *testing.T, setUp func(*nic.Cable)) (w *sim.World, client, server *stack.Stack) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w = sim.New(1)
	client, server = w.Host("client"), w.Host("server")
	setUp(w.Connect(client, server))

	listener, err := server.Socket(stack.Stream)
	must(err)
	must(server.Bind(listener, netip.AddrPortFrom(netip.IPv4Unspecified(), 80)))
	must(server.Listen(listener, 8))
	fd, err := client.Socket(stack.Stream)
	must(err)
	must(client.Connect(fd, server.Addr(80)))
	_, err = client.Write(fd, []byte("GET / HTTP/1.1\r\n\r\n"))
	must(err)

	conn, _, err := server.Accept(listener)
	must(err)
	b := make([]byte, 100)
	_, err = server.Read(conn, b)
	must(err)
	_, err = server.Write(conn, []byte("HTTP/1.1 200 OK\r\n\r\nhello"))
	must(err)
	must(server.Close(conn))
	for err = nil; err == nil; {
		_, err = client.Read(fd, b)
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	must(client.Close(fd))
	w.Run()
	return w, client, server
}

// TestTheSixteenSteps runs a real exchange: every step must be found in what happened.
func TestTheSixteenSteps(t *testing.T) {
	w, client, server := exchange(t, func(*nic.Cable) {})
	steps := show.Steps(w.Trace())
	if missing := steps.Missing(); missing != nil {
		t.Errorf("missing %v in\n%s", missing, steps.Text())
	}
	wellFormed(t, steps.SVG())
	sequenceDiagram(t, steps)

	// The states that both sides went through.
	for host, want := range map[string][]string{
		"client": {"CLOSED", "SYN-SENT", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"},
		"server": {"LISTEN", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED"},
	} {
		p := show.State(w.Trace(), host)
		if diff := cmp.Diff(want, p.States()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", host, diff)
		}
		if strings.Contains(p.Text(), "not in the diagram") {
			t.Errorf("%s:\n%s", host, p.Text())
		}
	}

	// The way of the request, through every part down and up.
	path := show.Path(w.Trace(), "client", "write").Text()
	for _, part := range []string{"application", "Socket library", "TCP part", "IP part", "LAN driver", "LAN adapter", "gets its answer: read 18 bytes"} {
		if !strings.Contains(path, part) {
			t.Errorf("%s is not in\n%s", part, path)
		}
	}

	// What is left is the socket that listens.
	text(t, show.Sockets(client), "no sockets")
	lines := strings.Split(show.Sockets(client, server).Text(), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "host    descriptor  type") || !strings.Contains(lines[1], "LISTEN") {
		t.Errorf("sockets:\n%s", strings.Join(lines, "\n"))
	}
}

// TestTheLadderIsTheSameEveryTime draws two worlds from the same seed.
func TestTheLadderIsTheSameEveryTime(t *testing.T) {
	lossy := func(c *nic.Cable) {
		lost := false
		c.Fate = func(p nic.Passing) nic.Fate {
			if !lost && p.Frame[12] == 8 && p.Frame[13] == 0 { // the first that carries IP, not ARP: the SYN
				lost = true
				return nic.Fate{Lost: true}
			}
			return nic.Fate{}
		}
	}
	first, _, _ := exchange(t, lossy)
	second, _, _ := exchange(t, lossy)
	a, b := show.Ladder(first.Trace()), show.Ladder(second.Trace())
	if diff := cmp.Diff(a.Text()+a.SVG()+a.Mermaid(), b.Text()+b.SVG()+b.Mermaid()); diff != "" {
		t.Error(diff)
	}
	if strings.Count(a.Text(), "✗") != 1 {
		t.Errorf("not one packet is lost in\n%s", a.Text())
	}
	// The SYN was sent, which is step 8, though it was sent again before anything came of it.
	steps := show.Steps(first.Trace())
	if missing := steps.Missing(); missing != nil || strings.Count(steps.Text(), "─ SYN seq=0") != 2 {
		t.Errorf("missing %v in\n%s", missing, steps.Text())
	}
}
