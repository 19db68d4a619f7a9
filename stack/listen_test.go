//go:build !before5

package stack

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TestListenerGone: the listener is closed in the moment in which a SYN is being worked off, so that Close does not see
// the child. The child is reset as soon as it stands, and not left for nobody to accept.
func TestListenerGone(t *testing.T) {
	s := New(Config{})
	s.TCP().InitialSequence = func(_, _ netip.AddrPort, _ time.Duration) header.Seq { return 100 }
	fd, _ := s.Socket(Stream)
	local, remote := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:1000")
	if err := s.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), 80)); err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	sk, _ := s.table.find(fd)
	l := sk.stream.listener
	r := new(receiving)
	s.arriveListening(0, &l.tcp, local, remote, &header.TCP{Flags: header.SYN, Seq: 5000, Window: 1000}, 0, r)
	s.answer(0, r)
	conn := s.transport.table.Find(local, remote)
	if conn == nil || conn.State() != tcp.SynReceived || l.tcp.Waiting != 1 {
		t.Fatalf("%v, %d waiting", conn, l.tcp.Waiting)
	}

	sk.mu.Lock()
	sk.stream.gone = true
	sk.mu.Unlock()

	child := conn.Owner().(*socket)
	child.mu.Lock()
	conn.Arrive(0, &header.TCP{Flags: header.ACK, Seq: 5001, Ack: 101, Window: 1000}, nil, nil, 0)
	s.flush(0, child)
	child.mu.Unlock()
	if conn.State() != tcp.Closed || len(l.ready) != 0 || len(s.transport.table.All()) != 0 || child.peer.memory() != 0 {
		t.Errorf("%v, %d to be accepted, %d in the table, %d bytes", conn.State(), len(l.ready), len(s.transport.table.All()), child.peer.memory())
	}
}

// TestSameSYNTwice: the same SYN by two adapters at the same time makes one child and takes one place.
func TestSameSYNTwice(t *testing.T) {
	s := New(Config{})
	fd, _ := s.Socket(Stream)
	local, remote := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:1000")
	s.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), 80))
	s.Listen(fd, 5)
	sk, _ := s.table.find(fd)
	l := sk.stream.listener
	for range 2 { // both have found no connection before either made one
		s.arriveListening(0, &l.tcp, local, remote, &header.TCP{Flags: header.SYN, Seq: 5000}, 0, new(receiving))
	}
	if l.tcp.Waiting != 1 || len(s.transport.table.All()) != 1 {
		t.Errorf("%d waiting, %d in the table", l.tcp.Waiting, len(s.transport.table.All()))
	}
}

// ready makes a connection that waits for Accept at a listening socket, from the given port.
func ready(t *testing.T, s *Stack, sk *socket, port uint16) {
	t.Helper()
	s.TCP().InitialSequence = func(_, _ netip.AddrPort, _ time.Duration) header.Seq { return 100 }
	local, remote := netip.MustParseAddrPort("10.0.0.1:80"), netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), port)
	r := new(receiving)
	s.arriveListening(0, &sk.stream.listener.tcp, local, remote, &header.TCP{Flags: header.SYN, Seq: 5000, Window: 1000}, 0, r)
	s.answer(0, r)
	conn := s.transport.table.Find(local, remote)
	child := conn.Owner().(*socket)
	child.mu.Lock()
	defer child.mu.Unlock()
	conn.Arrive(0, &header.TCP{Flags: header.ACK, Seq: 5001, Ack: 101, Window: 1000}, nil, nil, 0)
	s.flush(0, child)
}

// TestAcceptWithoutDescriptor: a connection for which there is no descriptor is not lost.
func TestAcceptWithoutDescriptor(t *testing.T) {
	s := New(Config{MaxSockets: 1})
	fd, _ := s.Socket(Stream)
	s.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), 80))
	s.Listen(fd, 5)
	sk, _ := s.table.find(fd)
	ready(t, s, sk, 1000)
	ready(t, s, sk, 1001)
	for range 2 {
		if _, _, err := s.Accept(fd); !errors.Is(err, syscall.EMFILE) {
			t.Fatal(err)
		}
		if l := sk.stream.listener; len(l.ready) != 2 || l.tcp.Waiting != 2 {
			t.Fatalf("%d to be accepted, %d waiting", len(l.ready), l.tcp.Waiting)
		}
	}
	s.table.limit = 0
	for port := range uint16(2) {
		if _, remote, err := s.Accept(fd); err != nil || remote.Port() != 1000+port {
			t.Errorf("%v, %v", remote, err)
		}
	}
}

// TestAcceptAborted: a connection that ends in the moment in which it is accepted is the next one's turn.
func TestAcceptAborted(t *testing.T) {
	s := New(Config{})
	l, err := s.Listener("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	sk := l.(*Listener).sk
	ready(t, s, sk, 1000)
	listening := sk.stream.listener
	listening.ready = append([]*socket{{typ: Stream, state: tcp.Closed}}, listening.ready...)
	listening.tcp.Waiting++
	c, err := l.Accept()
	if err != nil || c.RemoteAddr().String() != "10.0.0.2:1000" {
		t.Error(c, err)
	}
}
