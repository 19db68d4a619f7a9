//go:build !before8

package show_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/sim"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// names is a world in which names were looked up, an echo came back and a datagram did not arrive.
func names(t *testing.T) (*sim.World, *stack.Stack) {
	t.Helper()
	w := sim.New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	w.ServeNames(server, map[string]netip.Addr{"www.lab.test": server.Addr(0).Addr()})
	client.UseResolver(server.Addr(53))
	client.LookupHost(context.Background(), "www.lab.test")
	client.LookupHost(context.Background(), "nobody.lab.test")
	if _, err := client.Ping(server.Addr(0).Addr(), 56); err != nil {
		t.Fatal(err)
	}
	fd, _ := client.Socket(stack.Datagram)
	client.SendTo(fd, []byte("hello"), server.Addr(9))
	w.Run()
	return w, client
}

func TestUpperLadder(t *testing.T) {
	w, _ := names(t)
	text := show.Ladder(w.Trace()).Text()
	at := 0
	for _, want := range []string{
		" → 53: DNS A www.lab.test? ─", "─ UDP 53 → ", ": DNS A www.lab.test = 10.0.0.2 ─", ": DNS A nobody.lab.test? ─",
		": DNS A nobody.lab.test: no such name ─", "─ ICMP: echo request seq=1 len=56 ─", "─ ICMP: echo reply seq=1 len=56 ─",
		" → 9 len=5 ─", "─ ICMP: port unreachable (about UDP to 10.0.0.2:9) ─",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("not, or not in this order: %q\n%s", want, text)
		}
		at += i
	}
}

func TestUpperHeader(t *testing.T) {
	w, _ := names(t)
	seen := map[byte]string{}
	for _, e := range w.Trace().Events() {
		if e.Kind == trace.Send && len(e.Frame) > 34 && e.Frame[12] == 0x08 && e.Frame[13] == 0x00 {
			seen[e.Frame[23]<<4|e.Frame[34]&15] = show.Header(e.Frame).Text()
		}
	}
	for key, want := range map[byte][]string{
		header.ProtocolICMP<<4 | 8: {"│ ICMP header │ data", "type                     8 echo request", "identifier", ", right"},
		header.ProtocolICMP<<4 | 3: {"│ ICMP header │ quoted packet", "code                     3 port unreachable", ", right"},
	} {
		for _, piece := range want {
			if !strings.Contains(seen[key], piece) {
				t.Errorf("%#x: no %q in\n%s", key, piece, seen[key])
			}
		}
	}
	query := w.Trace().Events().Of(trace.Send)[2].Frame
	text := show.Header(query).Text()
	for _, piece := range []string{"│ UDP header │ DNS message", "destination port         53", "length                   49 bytes", ", right", "DNS message, 41 bytes"} {
		if !strings.Contains(text, piece) {
			t.Errorf("no %q in\n%s", piece, text)
		}
	}
	// Bytes that are no such thing are shown as what they are.
	for end := range query {
		show.Header(query[:end]).Text()
		broken := append([]byte(nil), query...)
		broken[end] ^= 0xff
		show.Header(broken).Text()
		show.Ladder(trace.Events{{Kind: trace.Send, Host: "a", Frame: broken}}).Text()
	}
}

func TestUpperPath(t *testing.T) {
	w, _ := names(t)
	text := show.Path(w.Trace(), "client", "sendto").Text()
	for _, piece := range []string{"UDP part        5 bytes of data + UDP header", "looks for the socket: nothing"} {
		if !strings.Contains(text, piece) {
			t.Errorf("no %q in\n%s", piece, text)
		}
	}
	text = show.Path(w.Trace(), "server", "sendto").Text()
	for _, piece := range []string{"UDP part        33 bytes of data + UDP header", "gets its answer: recvfrom 33 bytes from 10.0.0.2:53"} {
		if !strings.Contains(text, piece) {
			t.Errorf("no %q in\n%s", piece, text)
		}
	}
}
