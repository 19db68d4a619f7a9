//go:build !before10

package stack

import (
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TestNoPortLeft: every port waits in TIME-WAIT for the same peer. One that has waited a second is given again, if its
// connection had timestamps: what that still had under way is older than all that a new one says.
func TestNoPortLeft(t *testing.T) {
	for _, stamps := range []bool{true, false} {
		now := time.Duration(0)
		s := New(Config{Now: func() time.Duration { return now }})
		local, remote := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddrPort("10.0.0.2:80")
		for port := firstPort; port <= lastPort; port++ {
			sk := &socket{typ: Stream, peer: peer{local: netip.AddrPortFrom(local, uint16(port)), remote: remote}}
			c := tcp.Open(&s.transport.config, s.endpoints(now, sk), now)
			sk.stream.conn = c
			if !s.transport.table.Insert(c) {
				t.Fatal(port)
			}
			var seg tcp.Segment
			h := header.TCP{Flags: header.SYN | header.ACK, Seq: 7}
			for range 2 { // SYN, SYN,ACK, ACK; FIN, FIN,ACK, ACK
				for c.Next(now, &seg) {
					h.Ack = seg.Header.Seq + 1
				}
				if stamps {
					h.Options = header.AppendTimestamps(nil, header.Timestamps{Value: 1})
				}
				c.Arrive(now, &h, nil, nil, 0)
				for c.Next(now, &seg) {
				}
				c.Close()
				h.Flags, h.Seq = header.FIN|header.ACK, 8
			}
			if c.State() != tcp.TimeWait {
				t.Fatal(c.State())
			}
		}
		taken := func(port uint16) bool { return s.taken(netip.AddrPortFrom(local, port), remote) }
		if port := s.ports.choose(0, taken); port != 0 {
			t.Errorf("port %d is free", port)
		}
		if now = 999 * time.Millisecond; s.waitingPort(local, remote) != 0 {
			t.Error("a port is given again at once")
		}
		now = time.Second
		port := s.waitingPort(local, remote)
		if (port != 0) != stamps {
			t.Fatalf("timestamps %v: port %d", stamps, port)
		}
		sk := &socket{typ: Stream, peer: peer{local: netip.AddrPortFrom(local, max(port, firstPort)), remote: remote}}
		old := s.transport.table.Find(sk.peer.local, remote)
		c := tcp.Open(&s.transport.config, s.endpoints(now, sk), now)
		sk.stream.conn = c
		if s.transport.table.Insert(c) || s.supersedes(now, c) != stamps {
			t.Errorf("timestamps %v: the place is taken", stamps)
		}
		if (old.State() == tcp.Closed) != stamps || (s.transport.table.Find(sk.peer.local, remote) == c) != stamps {
			t.Errorf("timestamps %v: the old one is in %v", stamps, old.State())
		}
	}
}
