//go:build !before9

package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// carried sends want from one host to another, which listens, and returns what came.
func carried(t *testing.T, w *World, from, to *stack.Stack, want []byte) (got []byte) {
	t.Helper()
	l := listener(t, to, 80, 1)
	w.Go(func() {
		conn, _, err := to.Accept(l)
		if err != nil {
			t.Error(err)
			return
		}
		if got, err = io.ReadAll(reader{to, conn}); err != nil {
			t.Error(err)
		}
		to.Close(conn)
		to.Close(l)
	})
	c := stream(t, from)
	if err := from.Connect(c, to.Addr(80)); err != nil {
		t.Fatal(err)
	}
	if _, err := from.Write(c, want); err != nil {
		t.Error(err)
	}
	from.Close(c)
	w.Run()
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes came of %d, or others", len(got), len(want))
	}
	return got
}

// passed is a TCP packet that a host has sent or received.
type passed struct {
	ip   header.IPv4
	tcp  header.TCP
	size int // of the payload
}

// packetsOf returns the TCP packets of one kind of event at a host.
func packetsOf(t *testing.T, w *World, kind trace.Kind, host *stack.Stack) (list []passed) {
	t.Helper()
	for _, e := range w.Trace().Events().Of(kind).By(host.Name()) {
		_, packet, err := header.ParseEthernet(e.Frame)
		if err != nil {
			t.Fatal(err)
		}
		if h, segment, err := header.ParseIPv4(packet); err == nil && h.Protocol == header.ProtocolTCP {
			s, payload, err := header.ParseTCP(segment)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, passed{h, s, len(payload)})
		}
	}
	return list
}

// repeated counts the packets with data that begin before the end of an earlier one.
func repeated(list []passed) (n int) {
	var top header.Seq
	for i, p := range list {
		if p.size == 0 {
			continue
		}
		end := p.tcp.Seq.Add(p.size)
		if i == 0 || top == 0 || top.Before(end) {
			top = end
		} else {
			n++
		}
	}
	return n
}

// random returns n bytes that no mistake leaves as they are.
func random(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 3))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestCongestionMarked has a router mark packets instead of dropping them: nothing is sent again, and the window is
// reduced once for each round trip with a mark. In both roles.
func TestCongestionMarked(t *testing.T) {
	for _, serverSends := range []bool{false, true} {
		for seed := range uint64(5) {
			w := New(seed)
			client, server := w.Host("client"), w.Host("server")
			cable := w.Connect(client, server)
			cable.Rate = 10_000_000
			r := rand.New(rand.NewPCG(seed, 8))
			marks := 0
			cable.Fate = func(p nic.Passing) nic.Fate {
				mark := len(p.Frame) > 1000 && r.IntN(20) == 0
				if mark {
					marks++
				}
				return nic.Fate{Marked: mark}
			}
			from, to := client, server
			if serverSends {
				// The listener asks for nothing; the client's SYN does.
				from, to = server, client
			}
			client.TCP().ECN = tcp.ECNRequest
			want := random(300_000, seed)
			if serverSends {
				fetched(t, w, client, server, want)
			} else {
				carried(t, w, client, server, want)
			}
			out := packetsOf(t, w, trace.Send, from)
			if n := repeated(out); n > 0 {
				t.Errorf("seed %d: %d packets sent again", seed, n)
			}
			cwr := 0
			for _, p := range out {
				if p.tcp.Flags.Has(header.CWR) && !p.tcp.Flags.Has(header.SYN) {
					cwr++
				}
			}
			ce := 0
			for _, p := range packetsOf(t, w, trace.Receive, to) {
				if p.ip.TOS&3 == 3 {
					ce++
				}
			}
			if marks == 0 || ce != marks || cwr == 0 || cwr > ce {
				t.Errorf("seed %d: %d marked, %d arrived marked, %d times CWR", seed, marks, ce, cwr)
			}
		}
	}
}

// fetched is carried the other way round: the one who connects receives.
func fetched(t *testing.T, w *World, client, server *stack.Stack, want []byte) {
	t.Helper()
	l := listener(t, server, 80, 1)
	w.Go(func() {
		conn, _, err := server.Accept(l)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := server.Write(conn, want); err != nil {
			t.Error(err)
		}
		server.Close(conn)
		server.Close(l)
	})
	c := stream(t, client)
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(reader{client, c})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came of %d, or others: %v", len(got), len(want), err)
	}
	client.Close(c)
	w.Run()
}

// TestCongestionUnknown: a box on the way drops SYNs that ask for ECN. The connection stands a second later, without.
func TestCongestionUnknown(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	client.TCP().ECN = tcp.ECNRequest
	w.Connect(client, server).Fate = func(p nic.Passing) nic.Fate {
		const flags = header.EthernetLen + header.IPv4Len + 13
		return nic.Fate{Lost: len(p.Frame) > flags && p.Frame[flags]&byte(header.ECE|header.CWR) != 0}
	}
	carried(t, w, client, server, random(10_000, 1))
	if at := w.Trace().Events().Of(trace.Receive).By("server")[0].At; at > 2e9 {
		t.Errorf("the first SYN arrives at %v", at)
	}
	for _, p := range packetsOf(t, w, trace.Receive, server) {
		if p.ip.TOS != 0 {
			t.Fatalf("a packet is marked with %#x", p.ip.TOS)
		}
	}
}

// TestCarriage: the DSCP and the TTL that an application asks for stand in every packet, the listener's in its
// connections'; they may change, and for datagrams too.
func TestCarriage(t *testing.T) {
	const ef, cs1 = 46 << 2, 8 << 2
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	w.Connect(client, server)
	l := listener(t, server, 80, 1)
	if err := errors.Join(server.SetTOS(l, cs1|3), server.SetTTL(l, 9)); err != nil {
		t.Fatal(err)
	}
	w.Go(func() {
		conn, _, err := server.Accept(l)
		if err != nil {
			t.Error(err)
			return
		}
		io.Copy(io.Discard, reader{server, conn})
		server.Close(conn)
		server.Close(l)
	})
	c := stream(t, client)
	if err := errors.Join(client.SetTOS(c, ef), client.SetTTL(c, 3)); err != nil {
		t.Fatal(err)
	}
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	before := len(packetsOf(t, w, trace.Send, client))
	if err := errors.Join(client.SetTOS(c, 0), client.SetTTL(c, 0)); err != nil {
		t.Fatal(err)
	}
	client.Write(c, make([]byte, 1000))
	client.Close(c)
	w.Run()
	for i, p := range packetsOf(t, w, trace.Send, client) {
		want := passed{ip: header.IPv4{TOS: ef, TTL: 3}}
		if i >= before {
			want.ip.TOS, want.ip.TTL = 0, 64
		}
		if p.ip.TOS != want.ip.TOS || p.ip.TTL != want.ip.TTL {
			t.Errorf("packet %d: TOS %#x, TTL %d", i, p.ip.TOS, p.ip.TTL)
		}
	}
	for i, p := range packetsOf(t, w, trace.Receive, client) {
		if p.ip.TOS != cs1 || p.ip.TTL != 9 {
			t.Errorf("the server's packet %d: TOS %#x, TTL %d", i, p.ip.TOS, p.ip.TTL)
		}
	}
	listener, err := server.Listener("tcp", ":81")
	if err != nil {
		t.Fatal(err)
	}
	if s := listener.(*stack.Listener); s.SetTOS(ef) != nil || s.SetTTL(11) != nil {
		t.Error("a listener takes neither")
	}
	w.Go(func() { listener.Accept() })
	conn, err := client.DialContext(context.Background(), "tcp", server.Addr(81).String())
	if err != nil {
		t.Fatal(err)
	}
	if s := conn.(*stack.Conn); s.SetTOS(cs1) != nil || s.SetTTL(12) != nil {
		t.Error("a connection takes neither")
	}
	conn.Write([]byte("hello"))
	w.Sleep(time.Second)
	in, out := packetsOf(t, w, trace.Receive, client), packetsOf(t, w, trace.Send, client)
	if p := in[len(in)-1].ip; p.TOS != ef || p.TTL != 11 {
		t.Errorf("the listener's: TOS %#x, TTL %d", p.TOS, p.TTL)
	}
	if p := out[len(out)-1].ip; p.TOS != cs1 || p.TTL != 12 {
		t.Errorf("the connection's: TOS %#x, TTL %d", p.TOS, p.TTL)
	}
	if listener.Close(); listener.(*stack.Listener).SetTOS(0) == nil {
		t.Error("what is closed takes a DSCP")
	}

	fd, err := client.Socket(stack.Datagram)
	if err := errors.Join(err, client.SetTOS(fd, ef|3), client.SetTTL(fd, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendTo(fd, []byte("hello"), netip.AddrPortFrom(server.Addr(0).Addr(), 7)); err != nil {
		t.Fatal(err)
	}
	w.Run()
	var h header.IPv4
	for _, e := range w.Trace().Events().Of(trace.Send).By("client") {
		if ip, _, err := header.ParseIPv4(e.Frame[header.EthernetLen:]); err == nil {
			h = ip
		}
	}
	if h.Protocol != header.ProtocolUDP || h.TOS != ef || h.TTL != 5 {
		t.Errorf("%+v", h)
	}
}

// sizes returns how long the longest TCP packets were that arrived at a host until and after a time.
func sizes(t *testing.T, w *World, host *stack.Stack, at time.Duration) (before, after int) {
	t.Helper()
	for _, e := range w.Trace().Events().Of(trace.Receive).By(host.Name()) {
		h, _, err := header.ParseIPv4(e.Frame[header.EthernetLen:])
		if err != nil || h.Protocol != header.ProtocolTCP {
			continue
		}
		if e.At <= at {
			before = max(before, int(h.TotalLen))
		} else {
			after = max(after, int(h.TotalLen))
		}
	}
	return before, after
}

// TestPathMTU sends over a way on which a router takes smaller packets than the cable's ends, and says so: now, by the
// old kind of message, or not at all.
func TestPathMTU(t *testing.T) {
	for _, c := range []struct {
		what string
		way  Narrow
		want int           // the largest packet that arrives
		soon time.Duration // all is there by then
	}{
		{"wide", Narrow{}, 1500, time.Second},
		{"told", Narrow{MTU: 1400}, 1400, time.Second},
		{"told little", Narrow{MTU: 600}, 600, time.Second},
		{"told by an old router", Narrow{MTU: 1400, Old: true}, 1006, time.Second}, // 1492 was too long as well
		{"black hole", Narrow{MTU: 1400, Silent: true}, 1400, 10 * time.Second},
		{"deep black hole", Narrow{MTU: 600, Silent: true}, 600, time.Minute},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := New(1)
			client, server := w.Host("client"), w.Host("server")
			w.Connect(client, server).Fate = c.way.Fate
			carried(t, w, client, server, random(500_000, 1))
			if got, _ := sizes(t, w, server, time.Hour); got > c.want || got < c.want-10 {
				t.Errorf("the longest packet has %d bytes, not %d", got, c.want)
			}
			last := w.Trace().Events().Of(trace.Receive).By("server")
			if at := last[len(last)-1].At; at > c.soon {
				t.Errorf("all is there after %v", at)
			}
		})
	}
}

// bulk has a connection from one host to another over which bytes flow until the test is over, and returns it.
func bulk(t *testing.T, w *World, from, to *stack.Stack) stack.FD {
	t.Helper()
	l := listener(t, to, 80, 8)
	w.Go(func() {
		for {
			conn, _, err := to.Accept(l)
			if err != nil {
				return
			}
			w.Go(func() { io.Copy(io.Discard, reader{to, conn}) })
		}
	})
	c := stream(t, from)
	if err := from.Connect(c, to.Addr(80)); err != nil {
		t.Fatal(err)
	}
	return c
}

// longest returns how long the longest TCP packet was that arrived at a host, save the first ones.
func longest(t *testing.T, w *World, host *stack.Stack, since int) (n int) {
	t.Helper()
	for _, p := range packetsOf(t, w, trace.Receive, host)[since:] {
		n = max(n, int(p.ip.TotalLen))
	}
	return n
}

// TestPathMTURises: the way takes less, and ten minutes later more again. What is known of it is shared: the next
// connection begins with it, and forgets it in time; and what we can receive has nothing to do with it (RFC 9293 3.7.3,
// SHLD-6).
func TestPathMTURises(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	way := &Narrow{MTU: 1400}
	w.Connect(client, server).Fate = way.Fate
	c := bulk(t, w, client, server)
	send := func(fd stack.FD, want int) {
		t.Helper()
		before := len(packetsOf(t, w, trace.Receive, server))
		if _, err := client.Write(fd, make([]byte, 50_000)); err != nil {
			t.Fatal(err)
		}
		w.Sleep(time.Second)
		if got := longest(t, w, server, before); got != want {
			t.Errorf("at %v: packets of up to %d bytes, not %d", w.Now(), got, want)
		}
	}
	send(c, 1400)
	if way.Dropped == 0 {
		t.Error("nothing was too long")
	}

	dropped := way.Dropped
	second := stream(t, client)
	if err := client.Connect(second, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	syns := 0
	for _, p := range packetsOf(t, w, trace.Receive, server) {
		if p.tcp.Flags.Has(header.SYN) {
			if mss, ok := header.MSS(p.tcp.Options); !ok || mss != 1460 {
				t.Errorf("a SYN says that we can receive %d", mss)
			}
			syns++
		}
	}
	if syns != 2 {
		t.Errorf("%d SYNs", syns)
	}
	send(second, 1400)
	if way.Dropped != dropped {
		t.Error("the second connection does not know what the first has learnt")
	}

	way.MTU = 0
	w.Sleep(9 * time.Minute)
	send(c, 1400)
	w.Sleep(time.Minute)
	send(c, 1500)
	send(second, 1500)
	third := stream(t, client)
	if err := client.Connect(third, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	send(third, 1500)
}

// TestPathMTUForged: somebody who is not on the way tells lies about it.
func TestPathMTUForged(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	c := bulk(t, w, client, server)
	info := func() tcp.Info {
		t.Helper()
		i, err := client.TCPInfo(c)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	_, end := cable.Ends()
	lie := func(next uint16, off uint32) {
		t.Helper()
		tell(t, end, lastTCP(w, client), header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableFragment, Seq: next}, off)
	}
	mss := info().SendMSS
	write := func(n int) {
		t.Helper()
		if _, err := client.Write(c, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
	}

	// Without the sequence number nothing happens.
	write(2 * mss)
	lie(600, 1<<20)
	lie(600, 1<<31)
	w.Sleep(100 * time.Millisecond)
	if got := info().SendMSS; got != mss {
		t.Errorf("a guess: the MSS was %d and is %d", mss, got)
	}
	// With it, and once packets as long have arrived, the lie is found out.
	write(2 * mss)
	lie(600, 0)
	w.Sleep(time.Second)
	if got := info().SendMSS; got != mss || info().Counts[tcp.TooBigDoubted] != 1 {
		t.Errorf("a lie about what arrives: the MSS was %d and is %d", mss, got)
	}
	// Nonsense: a cable that takes the packet.
	write(2 * mss)
	lie(1500, 0)
	lie(9000, 0)
	w.Sleep(time.Second)
	if got := info().SendMSS; got != mss {
		t.Errorf("nonsense: the MSS was %d and is %d", mss, got)
	}
	// Somebody who sees the connection, and speaks before anything has arrived, is believed: but only so far, and not
	// for ever.
	c = stream(t, client)
	if err := client.Connect(c, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	write(2 * mss)
	lie(68, 0)
	w.Sleep(100 * time.Millisecond)
	if got := info().SendMSS; got >= mss || got < tcp.MinPathMTU-60 {
		t.Errorf("absurd: the MSS was %d and is %d", mss, got)
	}
	w.Sleep(10 * time.Minute)
	write(100_000)
	w.Sleep(time.Minute)
	if got := info().SendMSS; got != mss {
		t.Errorf("ten minutes later the MSS, once %d, is %d", mss, got)
	}
}

// TestPathMTUDatagram: a datagram that was too long for the way is reported to a socket that has one peer. From then on
// such are cut; or refused, when the application does not want them to be.
func TestPathMTUDatagram(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	way := &Narrow{MTU: 1400}
	w.Connect(client, server).Fate = way.Fate
	fd, err := client.Socket(stack.Datagram)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Connect(fd, server.Addr(7)); err != nil {
		t.Fatal(err)
	}
	send := func(n int, want error) {
		t.Helper()
		if _, err := client.Write(fd, make([]byte, n)); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, not %v", n, err, want)
		}
		w.Sleep(10 * time.Millisecond)
	}
	receiver := datagramSocket(t, server, 7)
	if err := client.SetDontFragment(fd, true); err != nil {
		t.Fatal(err)
	}
	send(1473, syscall.EMSGSIZE) // the cable's own
	send(1472, nil)
	send(10, syscall.EMSGSIZE) // about the one before
	send(1373, syscall.EMSGSIZE)
	if err := client.SetDontFragment(fd, false); err != nil {
		t.Fatal(err)
	}
	send(1373, nil)
	send(65507, nil)
	if way.Dropped != 1 {
		t.Errorf("%d were dropped", way.Dropped)
	}
	for _, want := range []int{1373, 65507} {
		if n, _, err := server.ReceiveFrom(receiver, make([]byte, 1<<16)); n != want || err != nil {
			t.Errorf("%d bytes came, %v", n, err)
		}
	}
	w.Sleep(10 * time.Minute)
	send(1472, nil)
	if way.Dropped != 2 {
		t.Errorf("%d were dropped", way.Dropped)
	}
}

// TestPathMTUFalls: in the middle of things the way changes to one that takes less, with a router's word and without.
// Its word is only believed when what it is about does not arrive, since longer packets have: that takes one timeout.
func TestPathMTUFalls(t *testing.T) {
	for _, silent := range []bool{false, true} {
		w := New(1)
		client, server := w.Host("client"), w.Host("server")
		way := &Narrow{Silent: silent}
		w.Connect(client, server).Fate = way.Fate
		c := bulk(t, w, client, server)
		for range 2 {
			if _, err := client.Write(c, make([]byte, 500_000)); err != nil {
				t.Fatal(err)
			}
			w.Sleep(10 * time.Second)
			way.MTU = 1200
		}
		i, err := client.TCPInfo(c)
		if err != nil {
			t.Fatal(err)
		}
		if i.InFlight+i.Unsent > 0 || i.PathMTU > 1200 || i.PathMTU < 1190 {
			t.Errorf("silent is %v: path MTU %d, %d bytes have not arrived", silent, i.PathMTU, i.InFlight+i.Unsent)
		}
		want := map[tcp.Counter]uint64{tcp.TooBigBelieved: 1, tcp.TooBigDoubted: i.Counts[tcp.TooBigDoubted], tcp.BlackHoles: 0, tcp.Timeouts: 1}
		if silent {
			want = map[tcp.Counter]uint64{tcp.TooBigBelieved: 0, tcp.TooBigDoubted: 0, tcp.BlackHoles: 1, tcp.Timeouts: 3}
		}
		for k, n := range want {
			if i.Counts[k] != n {
				t.Errorf("silent is %v: %v is %d, not %d", silent, k, i.Counts[k], n)
			}
		}
	}
}

// TestPathSeeds sends over ways drawn from their seed: what they take and whether they say so, marks, loss and order.
func TestPathSeeds(t *testing.T) {
	for seed := range uint64(40) {
		w := New(seed)
		r := rand.New(rand.NewPCG(seed, 12))
		client, server := w.Host("client"), w.Host("server")
		way := &Narrow{MTU: 600 + r.IntN(901), Silent: r.IntN(2) == 0, Old: r.IntN(3) == 0}
		loss, marks, late := r.IntN(3), r.IntN(4), r.IntN(3)
		way.Rest = func(nic.Passing) nic.Fate {
			f := nic.Fate{Lost: r.IntN(100) < loss, Marked: r.IntN(100) < marks}
			if r.IntN(100) < late {
				f.Delay = 3 * time.Millisecond
			}
			return f
		}
		client.TCP().ECN = tcp.ECNMode(r.IntN(3))
		server.TCP().ECN = tcp.ECNMode(r.IntN(3))
		w.Connect(client, server).Fate = way.Fate
		if carried(t, w, client, server, random(200_000, seed)); t.Failed() {
			t.Fatalf("seed %d: %+v", seed, way)
		}
	}
}
