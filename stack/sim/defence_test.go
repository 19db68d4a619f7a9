//go:build !before10

package sim

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// forger sends TCP segments with made-up addresses to a host, by a cable of its own.
type forger struct {
	w      *World
	from   *nic.Adapter
	to     *nic.Adapter
	victim netip.Addr
}

// forge gives a victim a cable at whose other end somebody forges. What the victim answers goes there, and nowhere.
func forge(w *World, victim *stack.Stack) *forger {
	subnet := len(w.network.cables)
	cable := w.Connect(w.Host("forger"), victim)
	f := &forger{w: w}
	f.from, f.to = cable.Ends()
	f.victim = netip.AddrFrom4([4]byte{10, 0, byte(subnet), 2})
	part := victim.IP()
	part.Route = func(dst netip.Addr) (*ip.Interface, netip.Addr, error) {
		if i, hop, err := part.FindRoute(dst); err == nil {
			return i, hop, nil
		}
		return part.FindRoute(netip.AddrFrom4([4]byte{10, 0, byte(subnet), 1}))
	}
	return f
}

// send sends a segment as if it came from src.
func (f *forger) send(src netip.AddrPort, h header.TCP) {
	h.SrcPort = src.Port()
	b := make([]byte, header.EthernetLen+header.IPv4Len+h.Len())
	eth := header.Ethernet{Src: header.MAC(f.from.Info().Address), Dst: header.MAC(f.to.Info().Address), Type: header.EtherTypeIPv4}
	ip := header.IPv4{TotalLen: uint16(len(b) - header.EthernetLen), TTL: 64, Protocol: header.ProtocolTCP, Src: src.Addr(), Dst: f.victim}
	eth.Put(b)
	ip.Put(b[header.EthernetLen:])
	segment := b[header.EthernetLen+header.IPv4Len:]
	h.Put(segment)
	header.SetTCPChecksum(segment, ip.Src, ip.Dst)
	f.from.Send([]*buffer.Packet{buffer.From(b)})
}

// TestFlood: a hundred thousand SYNs from addresses that somebody has made up, twenty thousand a second. The server's memory
// stays bounded, a true client gets through in the middle of it, and a connection that stood before notices nothing.
func TestFlood(t *testing.T) {
	t.Run("under pressure", func(t *testing.T) { flood(t, tcp.CookiesUnderPressure, 100_000) })
	t.Run("always", func(t *testing.T) { flood(t, tcp.CookiesAlways, 10_000) })
	t.Run("never", func(t *testing.T) { flood(t, tcp.CookiesNever, 10_000) })
}

func flood(t *testing.T, cookies tcp.Cookies, syns int) {
	w := New(4987)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	server.TCP().Cookies = cookies
	f := forge(w, server)
	l := stream(t, server)
	if err := errors.Join(server.Bind(l, netip.AddrPortFrom(netip.IPv4Unspecified(), 80)), server.Listen(l, 16)); err != nil {
		t.Fatal(err)
	}
	w.Go(func() { // every client gets back what it says
		for {
			c, _, err := server.Accept(l)
			if err != nil {
				return
			}
			w.Go(func() {
				b := make([]byte, 1000)
				for {
					n, err := server.Read(c, b)
					if err != nil {
						server.Close(c)
						return
					}
					server.Write(c, b[:n])
				}
			})
		}
	})
	echo := func(c stack.FD, what string) {
		b := make([]byte, 100)
		at := w.Now()
		if _, err := client.Write(c, []byte(what)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if n, err := client.Read(c, b); err != nil || string(b[:n]) != what || w.Now()-at > 10*time.Millisecond {
			t.Errorf("%s: %q, %v, after %v", what, b[:n], err, w.Now()-at)
		}
	}
	before := stream(t, client)
	if err := client.Connect(before, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	echo(before, "before the flood")

	r := rand.New(rand.NewPCG(1, 2))
	most, opening, through := 0, 0, 0
	for i := range syns {
		made := netip.AddrPortFrom(netip.AddrFrom4([4]byte{172, byte(16 + r.IntN(16)), byte(r.IntN(256)), byte(r.IntN(256))}), uint16(1+r.IntN(65535)))
		f.send(made, header.TCP{DstPort: 80, Seq: header.Seq(r.Uint32()), Flags: header.SYN, Window: 64240, Options: header.AppendMSS(nil, 1460)})
		w.Sleep(50 * time.Microsecond)
		if i%1000 == 999 {
			memory, n := 0, 0
			for _, s := range server.Sockets() {
				memory += s.Memory
				if s.State == tcp.SynReceived {
					n++
				}
			}
			most, opening = max(most, memory), max(opening, n)
			echo(before, "in the flood")
			c := stream(t, client)
			if err := client.Connect(c, server.Addr(80)); err == nil {
				echo(c, "a new one")
				through++
			} else {
				t.Errorf("a client does not get through: %v", err)
			}
			client.Close(c)
			w.Trace().Clear()
		}
	}
	t.Logf("%d SYNs: %d bytes of sockets at most, %d opening, %d of %d clients get through\n%v", syns, most, opening, through, syns/1000, server.Counters())
	if opening > 257 || most > 4<<20 {
		t.Errorf("%d opening, %d bytes", opening, most)
	}
	client.Close(before)
	w.Sleep(10 * time.Minute)
	if got := fmt.Sprint(states(server)); got != "[LISTEN]" {
		t.Errorf("after the flood: %v", got)
	}
}

// TestTimeWaitReused: a client that closes first, and whose next connection comes from the same port, gets through at once:
// the server, which is in TIME-WAIT, takes its SYN for what it is.
func TestTimeWaitReused(t *testing.T) {
	for _, stamps := range []bool{true, false} {
		w := New(6191)
		client, server := w.Host("client"), w.Host("server")
		w.Connect(client, server)
		client.TCP().NoTimestamps = !stamps
		l := listener(t, server, 80, 4)
		for i := range 20 {
			c := stream(t, client)
			if err := errors.Join(client.Bind(c, client.Addr(5000)), client.Connect(c, server.Addr(80))); err != nil {
				t.Fatalf("timestamps %v, %d: %v", stamps, i, err)
			}
			s, _, err := server.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			server.Write(s, []byte("bye"))
			server.Close(s) // the server closes first: TIME-WAIT is here
			b, err := io.ReadAll(reader{client, c})
			if string(b) != "bye" || err != nil {
				t.Fatalf("%q, %v", b, err)
			}
			client.Close(c)
			w.Sleep(10 * time.Millisecond)
			if got := fmt.Sprint(states(server)); got != "[LISTEN TIME-WAIT]" {
				t.Fatalf("timestamps %v, %d: %v", stamps, i, got)
			}
		}
		if n := server.Counters().Value("tcp.TimeWaitsReopened"); n != 19 {
			t.Errorf("%d reopened", n)
		}
		w.Run()
	}
}

// TestOldSYNInTimeWait: a SYN that looks new, and is an old duplicate after all: the client knows nothing of it and says so,
// and TIME-WAIT goes on (RFC 9293 3.6.1, MAY-2, condition 2).
func TestOldSYNInTimeWait(t *testing.T) {
	w := New(793)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	f := &forger{w: w, victim: server.Addr(80).Addr()}
	f.from, f.to = cable.Ends()
	l := listener(t, server, 80, 4)
	c := stream(t, client)
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	s, peer, _ := server.Accept(l)
	server.Close(s)
	w.Sleep(time.Second)
	client.Close(c)
	w.Sleep(time.Second)
	if got := fmt.Sprint(states(server)); got != "[LISTEN TIME-WAIT]" {
		t.Fatal(got)
	}
	var last header.TCP // of the client
	for frame := range w.Trace().Events().Frames() {
		if h, _, err := header.ParseTCP(frame[header.EthernetLen+header.IPv4Len:]); err == nil && h.SrcPort == peer.Port() {
			last = h
		}
	}
	f.send(peer, header.TCP{DstPort: 80, Seq: last.Seq.Add(100_000), Flags: header.SYN, Window: 1000})
	w.Sleep(1500 * time.Microsecond)
	if got := fmt.Sprint(states(server)); got != "[LISTEN SYN-RECEIVED]" {
		t.Errorf("%v", got)
	}
	w.Sleep(10 * time.Millisecond)
	if got := fmt.Sprint(states(server)); got != "[LISTEN TIME-WAIT]" {
		t.Errorf("%v", got)
	}
	w.Run()
	if got := fmt.Sprint(states(server)); got != "[LISTEN]" {
		t.Errorf("%v", got)
	}
}

// TestListenDisturbsNothing: a second passive open fails, and another may begin while connections from the same port are
// opening; neither changes anything of what there is (RFC 9293 3.9.1.1, MUST-41, MUST-42).
func TestListenDisturbsNothing(t *testing.T) {
	w := New(41)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	l := listener(t, server, 80, 4)
	standing := stream(t, client)
	if err := client.Connect(standing, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	// One opens from the server's port 81, and its SYN is never answered; one opens to port 80, and its ACK never arrives.
	deaf := true
	cable.Fate = func(p nic.Passing) nic.Fate {
		x, _ := cable.Ends()
		return nic.Fate{Lost: deaf && p.From == x && p.Frame[47] == byte(header.ACK) || deaf && p.From != x && p.Frame[47] == byte(header.SYN)}
	}
	out := stream(t, server)
	if err := server.Bind(out, server.Addr(81)); err != nil {
		t.Fatal(err)
	}
	w.Go(func() { server.Connect(out, client.Addr(9)) })
	in := stream(t, client)
	w.Go(func() { client.Connect(in, server.Addr(80)) })
	w.Sleep(100 * time.Millisecond)
	before := fmt.Sprint(states(server))
	if before != "[LISTEN SYN-SENT ESTABLISHED SYN-RECEIVED]" {
		t.Fatal(before)
	}
	second := stream(t, server)
	if err := errors.Join(server.Bind(second, server.Addr(80)), server.Listen(second, 1)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second one: %v", err)
	}
	server.Close(second)
	fd := stream(t, server)
	if err := errors.Join(server.Bind(fd, server.Addr(81)), server.Listen(fd, 1)); err != nil {
		t.Errorf("at a port from which something is opening: %v", err)
	}
	if got := fmt.Sprint(states(server)); got != "[LISTEN SYN-SENT LISTEN ESTABLISHED SYN-RECEIVED]" {
		t.Errorf("%v", got)
	}
	deaf = false
	w.Sleep(5 * time.Second)
	for range 2 {
		if _, _, err := server.Accept(l); err != nil {
			t.Error(err)
		}
	}
}

// TestPortsUnlike: what one peer sees of our ports says nothing of those that another sees (RFC 6056 3.3.3).
func TestPortsUnlike(t *testing.T) {
	w := New(6056)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	var ports [2][]int
	for i := range 20 {
		port := uint16(80 + i%2)
		l := listener(t, server, port, 1)
		c := stream(t, client)
		if err := client.Connect(c, server.Addr(port)); err != nil {
			t.Fatal(err)
		}
		for _, s := range client.Sockets() {
			if s.FD == c {
				ports[i%2] = append(ports[i%2], int(s.Local.Port()))
			}
		}
		client.Close(c)
		server.Close(l)
	}
	for i := 1; i < 10; i++ {
		if d := ports[0][i] - ports[0][i-1]; d != 2 && d != 2-16384 {
			t.Errorf("to the same peer: %v", ports[0])
		}
		if d := ports[1][i] - ports[0][i]; d == 1 || d == 1-16384 {
			t.Errorf("to two peers: %v, %v", ports[0], ports[1])
		}
	}
}

// TestAcceptQueueFull: two clients open at once, and the application lets one wait. The other's ACK is dropped: it stays in
// SYN-RECEIVED, is asked again, and stands as soon as there is room. Nothing that it has sent meanwhile is lost.
func TestAcceptQueueFull(t *testing.T) {
	w := New(10)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l := listener(t, server, 80, 1)
	for i := range 2 {
		c := stream(t, client)
		w.Go(func() {
			if err := client.Connect(c, server.Addr(80)); err != nil {
				t.Error(err)
			}
			client.Write(c, []byte{byte(i)})
		})
	}
	w.Sleep(500 * time.Millisecond)
	if got := fmt.Sprint(states(server)); got != "[LISTEN ESTABLISHED SYN-RECEIVED]" && got != "[LISTEN SYN-RECEIVED ESTABLISHED]" {
		t.Fatal(got)
	}
	// A third finds neither room nor an answer.
	third := stream(t, client)
	w.Go(func() { client.Connect(third, server.Addr(80)) })
	w.Sleep(100 * time.Millisecond)
	if n := server.Counters().Value("tcp.SYNsDropped"); n == 0 {
		t.Error("no SYN was dropped")
	}
	client.Close(third)
	said := map[byte]bool{}
	for range 2 {
		s, _, err := server.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := server.Read(s, b); err != nil {
			t.Fatal(err)
		}
		said[b[0]] = true
	}
	if len(said) != 2 {
		t.Errorf("%v", said)
	}
}
