//go:build !before9

package stack

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// carriage is how a socket's packets want to be carried, as its application has said.
type carriage struct {
	tos, ttl uint8
}

// SetTOS sets the DiffServ field of the packets that a socket sends from now on: the DSCP in the six upper bits of tos,
// as 0xb8 for expedited forwarding (RFC 9293 3.9.1.9, MUST-48). The two lowest bits belong to ECN, and are ignored. It
// may be set before there is a connection and changed while there is one (SHLD-21), which is rarely wise: packets of
// one connection that are treated differently overtake each other (SHLD-23). What a listening socket has is passed on
// to its connections.
func (s *Stack) SetTOS(fd FD, tos uint8) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return callError("setsockopt", s.changeTOS(sk, tos))
}

// SetTTL sets how many routers the packets that a socket sends from now on may pass (RFC 9293 3.9.2, MUST-49); 0 means
// the default, 64. What a listening socket has is passed on to its connections.
func (s *Stack) SetTTL(fd FD, ttl uint8) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return callError("setsockopt", s.changeTTL(sk, ttl))
}

func (s *Stack) changeTOS(sk *socket, tos uint8) error {
	return s.changeCarriage(sk, func(g *carriage) { g.tos = tos }, func(c *tcp.Conn) { c.SetTOS(tos) })
}

func (s *Stack) changeTTL(sk *socket, ttl uint8) error {
	return s.changeCarriage(sk, func(g *carriage) { g.ttl = ttl }, func(c *tcp.Conn) { c.SetTTL(ttl) })
}

func (s *Stack) changeCarriage(sk *socket, note func(*carriage), set func(*tcp.Conn)) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.stream.gone {
		return s.table.missing()
	}
	note(&sk.stream.carriage)
	if c := sk.stream.conn; c != nil {
		set(c)
	}
	return nil
}

// SetTOS sets the DiffServ field of the packets that follow, see [Stack.SetTOS].
func (c *Conn) SetTOS(tos uint8) error { return c.setError(c.s.changeTOS(c.sk, tos)) }

// SetTTL sets how many routers the packets that follow may pass, see [Stack.SetTTL].
func (c *Conn) SetTTL(ttl uint8) error { return c.setError(c.s.changeTTL(c.sk, ttl)) }

// SetTOS sets the DiffServ field of the connections that come from now on, see [Stack.SetTOS].
func (l *Listener) SetTOS(tos uint8) error { return l.refused(l.s.changeTOS(l.sk, tos)) }

// SetTTL sets how many routers the packets of the connections that come from now on may pass, see [Stack.SetTTL].
func (l *Listener) SetTTL(ttl uint8) error { return l.refused(l.s.changeTTL(l.sk, ttl)) }

// refused dresses an error as package net does.
func (l *Listener) refused(err error) error {
	return setError(l.network, l.Addr(), err)
}

// way tells the TCP part what a new connection of sk is to know of the way to its peer.
func (s *Stack) way(now time.Duration, sk *socket, e *tcp.Endpoints) {
	if l := sk.stream.parent; l != nil {
		sk.stream.carriage = l.sk.stream.carriage
		sk.peer.inherit(&l.sk.peer)
	}
	if i, _, err := s.network.ip.LookupFrom(e.Local.Addr(), e.Remote.Addr()); err == nil {
		e.PathMTU = s.network.ip.PathMTU(now, i, e.Remote.Addr())
	}
	e.TOS, e.TTL = sk.stream.carriage.tos, sk.stream.carriage.ttl
}

// carry says how a datagram of sk is to be carried.
func (sk *socket) carry(d *ip.Datagram) {
	d.TOS, d.TTL = sk.stream.carriage.tos&^3, sk.stream.carriage.ttl
}

// learned is told by the TCP part that the way to a connection's peer takes packets of mtu bytes and no larger: new
// connections begin with that, and datagrams.
func (s *Stack) learned(c *tcp.Conn, mtu int) {
	s.network.ip.SetPathMTU(s.config.Now(), c.Remote().Addr(), mtu)
}

// tooBig takes a router's word that a packet was longer than its cable takes (RFC 1191). It returns false when the
// message says something else, or is to be told to the socket as well.
func (s *Stack) tooBig(now time.Duration, h *header.ICMP, quoted *header.IPv4, start []byte) bool {
	if h.Type != header.ICMPUnreachable || h.Code != header.UnreachableFragment {
		return false
	}
	local := netip.AddrPortFrom(quoted.Src, binary.BigEndian.Uint16(start))
	remote := netip.AddrPortFrom(quoted.Dst, binary.BigEndian.Uint16(start[2:]))
	mtu := ip.TooBig(int(quoted.TotalLen), int(h.Seq))
	if mtu == 0 {
		s.dropped(dropQuote)
		s.emit(trace.Event{Kind: trace.Drop, Name: "quote"}) // a cable that takes it
		return true
	}
	switch quoted.Protocol {
	case header.ProtocolTCP:
		c := s.transport.table.Find(local, remote)
		if c == nil {
			s.lookedUp(local, remote, 0, "nothing")
			return true
		}
		sk := c.Owner().(*socket)
		sk.mu.Lock()
		defer sk.mu.Unlock()
		s.lookedUp(local, remote, int(sk.fd), "connection")
		c.TooBig(now, header.Seq(binary.BigEndian.Uint32(start[4:])), mtu)
		s.flush(now, sk)
		return true
	case header.ProtocolUDP:
		// Of datagrams nothing is known but who they are between: so it is believed of a socket that has one peer. That
		// is told EMSGSIZE, and what is too long is cut from then on, or refused if it must not be.
		if s.datagrams.table.Connected(local, remote) != nil {
			s.network.ip.SetPathMTU(now, quoted.Dst, max(mtu, tcp.MinPathMTU))
		}
	}
	return false
}
