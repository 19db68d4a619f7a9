//go:build !before7

package sim

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

func TestPing(t *testing.T) {
	w := New(1)
	a, b := w.Host("a"), w.Host("b")
	cable := w.Connect(a, b)
	peer := b.Addr(0).Addr()
	// The first has to ask for the MAC address too: two more ways along the cable of a millisecond each.
	for i, want := range []time.Duration{4 * time.Millisecond, 2 * time.Millisecond} {
		if got, err := a.Ping(peer, 1472*i); err != nil || got != want {
			t.Errorf("ping %d: %v, %v", i, got, err)
		}
	}
	if got, err := a.Ping(peer, 65507); err != nil || got != 2*time.Millisecond {
		t.Errorf("ping in fragments: %v, %v", got, err)
	}
	for _, c := range []struct {
		addr string
		size int
		want error
	}{
		{"10.0.0.9", 10, syscall.EHOSTUNREACH},
		{"192.0.2.1", 10, syscall.ENETUNREACH},
		{"10.0.0.2", 65508, syscall.EMSGSIZE},
		{"10.0.0.255", 10, syscall.EINVAL},
		{"0.0.0.0", 10, syscall.EINVAL},
		{"::1", 10, syscall.EINVAL},
		{"10.0.0.2", -1, syscall.EINVAL},
	} {
		if _, err := a.Ping(netip.MustParseAddr(c.addr), c.size); !errors.Is(err, c.want) {
			t.Errorf("%s, %d bytes: %v, want %v", c.addr, c.size, err, c.want)
		}
	}
	cable.Fate = func(p nic.Passing) nic.Fate { return nic.Fate{Lost: true} }
	began := w.Now()
	_, err := a.Ping(peer, 10)
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() || w.Now()-began != 5*time.Second {
		t.Errorf("nothing comes back: %v after %v", err, w.Now()-began)
	}
	w.Run()
	if at, ok := a.Deadline(); ok {
		t.Errorf("still wants to be woken at %v", at)
	}
}

// TestNobodyThere connects to an address that nobody has.
func TestNobodyThere(t *testing.T) {
	w := New(1)
	a, b := w.Host("a"), w.Host("b")
	w.Connect(a, b)
	fd, _ := a.Socket(stack.Stream)
	if err := a.Connect(fd, netip.MustParseAddrPort("10.0.0.9:80")); !errors.Is(err, syscall.EHOSTUNREACH) || w.Now() != 3*time.Second {
		t.Errorf("after %v: %v", w.Now(), err)
	}
}

// tell sends an ICMP error about a frame, as if a router had met it on its way. off is added to the TCP sequence number
// that it quotes.
func tell(t *testing.T, router *nic.Adapter, about []byte, h header.ICMP, off uint32) {
	t.Helper()
	e, _, err := header.ParseEthernet(about)
	if err != nil {
		t.Fatal(err)
	}
	quote := append([]byte(nil), about[header.EthernetLen:header.EthernetLen+header.IPv4Len+header.QuoteLen]...)
	q, start, err := header.ParseQuote(quote)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(start[4:], binary.BigEndian.Uint32(start[4:])+off)
	pkt := buffer.New(len(quote))
	copy(pkt.Put(len(quote)), quote)
	h.Put(pkt.Push(header.ICMPLen))
	header.SetICMPChecksum(pkt.Bytes())
	outer := header.IPv4{TotalLen: uint16(header.IPv4Len + pkt.Len()), TTL: 64, Protocol: header.ProtocolICMP, Src: q.Dst, Dst: q.Src}
	outer.Put(pkt.Push(header.IPv4Len))
	back := header.Ethernet{Dst: e.Src, Src: e.Dst, Type: header.EtherTypeIPv4}
	back.Put(pkt.Push(header.EthernetLen))
	if _, err := router.Send([]*buffer.Packet{pkt}); err != nil {
		t.Fatal(err)
	}
}

// lastTCP is the last frame with a TCP segment that a host has sent.
func lastTCP(w *World, host *stack.Stack) []byte {
	events := w.Trace().Events()
	for i := len(events) - 1; i >= 0; i-- {
		if e := events[i]; e.Kind == trace.Send && e.Host == host.Name() && e.Frame[header.EthernetLen+9] == header.ProtocolTCP {
			return e.Frame
		}
	}
	return nil
}

// TestToldOpening gives a connection that is being opened bad news from the network: true, invented, and not meant for
// it.
func TestToldOpening(t *testing.T) {
	unreachable := func(code uint8) header.ICMP { return header.ICMP{Type: header.ICMPUnreachable, Code: code} }
	for _, c := range []struct {
		what string
		news header.ICMP
		off  uint32
		want error
		soon bool
	}{
		{"port", unreachable(header.UnreachablePort), 0, syscall.ECONNREFUSED, true},
		{"protocol", unreachable(header.UnreachableProtocol), 0, syscall.ENOPROTOOPT, true},
		{"a guess", unreachable(header.UnreachablePort), 1, syscall.ETIMEDOUT, false},
		{"host", unreachable(header.UnreachableHost), 0, syscall.EHOSTUNREACH, false},
		{"net", unreachable(header.UnreachableNet), 0, syscall.ENETUNREACH, false},
		{"time exceeded", header.ICMP{Type: header.ICMPTimeExceeded}, 0, syscall.EHOSTUNREACH, false},
		{"source quench", header.ICMP{Type: header.ICMPSourceQuench}, 0, syscall.ETIMEDOUT, false},
	} {
		w := New(1)
		client, router := w.Host("client"), w.Host("router")
		cable := w.Connect(client, router)
		_, end := cable.Ends()
		cable.Fate = func(p nic.Passing) nic.Fate { // the router itself says nothing about TCP
			return nic.Fate{Lost: p.From == end && p.Frame[header.EthernetLen+9] == header.ProtocolTCP}
		}
		var err error
		var took time.Duration
		done := false
		w.Go(func() {
			fd, _ := client.Socket(stack.Stream)
			err = client.Connect(fd, router.Addr(80))
			took, done = w.Now(), true
		})
		for lastTCP(w, client) == nil {
			w.Step()
		}
		tell(t, end, lastTCP(w, client), c.news, c.off)
		for !done {
			w.Step()
		}
		if !errors.Is(err, c.want) || c.soon != (took < time.Second) {
			t.Errorf("%s: %v after %v", c.what, err, took)
		}
	}
}

// TestToldStanding: what anybody can send ends no connection that stands.
func TestToldStanding(t *testing.T) {
	w := New(1)
	client, server := w.Host("client"), w.Host("server")
	cable := w.Connect(client, server)
	_, end := cable.Ends()
	serve(t, w, server, func(fd stack.FD) {
		b := make([]byte, 10)
		n, _ := server.Read(fd, b)
		server.Write(fd, b[:n])
	})
	fd, _ := client.Socket(stack.Stream)
	if err := client.Connect(fd, server.Addr(80)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write(fd, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	for _, code := range []uint8{header.UnreachableProtocol, header.UnreachablePort, header.UnreachableHost} {
		tell(t, end, lastTCP(w, client), header.ICMP{Type: header.ICMPUnreachable, Code: code}, 0)
	}
	b := make([]byte, 10)
	if n, err := client.Read(fd, b); err != nil || string(b[:n]) != "hello" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// TestUnknownProtocol is what a host says to a packet of a protocol that it does not know.
func TestUnknownProtocol(t *testing.T) {
	w := New(1)
	a, b := w.Host("a"), w.Host("b")
	cable := w.Connect(a, b)
	if _, err := a.Ping(b.Addr(0).Addr(), 0); err != nil {
		t.Fatal(err)
	}
	x, y := cable.Ends()
	pkt := buffer.New(20)
	pkt.Put(20)
	h := header.IPv4{TotalLen: 40, TTL: 64, Protocol: 132, Src: a.Addr(0).Addr(), Dst: b.Addr(0).Addr()} // SCTP
	h.Put(pkt.Push(header.IPv4Len))
	e := header.Ethernet{Dst: header.MAC(y.Info().Address), Src: header.MAC(x.Info().Address), Type: header.EtherTypeIPv4}
	e.Put(pkt.Push(header.EthernetLen))
	if _, err := x.Send([]*buffer.Packet{pkt}); err != nil {
		t.Fatal(err)
	}
	w.Run()
	events := w.Trace().Events()
	last := events[len(events)-1]
	if last.Kind != trace.Receive || last.Host != "a" {
		t.Fatalf("the last that happened is %v", last)
	}
	m, _, err := header.ParseICMP(last.Frame[header.EthernetLen+header.IPv4Len:])
	if err != nil || m.Type != header.ICMPUnreachable || m.Code != header.UnreachableProtocol {
		t.Errorf("%+v, %v", m, err)
	}
}
