//go:build !before7

package stack

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// arriveICMP takes what the IP part leaves to us of ICMP: the answers to echo requests, and errors.
func (s *Stack) arriveICMP(now time.Duration, d ip.Datagram, pkt *buffer.Packet) {
	h, payload, err := header.ParseICMP(pkt.Bytes())
	if err != nil {
		return // the IP part has looked
	}
	if h.Type == header.ICMPEchoReply {
		s.pings.end(echo{d.Src, h.ID, h.Seq}, now, nil)
		return
	}
	quoted, start, err := header.ParseQuote(payload)
	if err != nil || quoted.Src != d.Dst {
		s.dropped(dropQuote)
		s.emit(trace.Event{Kind: trace.Drop, Name: "quote"}) // of a packet that we cannot have sent
		return
	}
	if s.tooBig(now, &h, &quoted, start) {
		return
	}
	reason, final := meaning(&h)
	s.report(now, &quoted, start, reason, final)
}

// arriveUnknown tells the sender of a packet that nothing here knows its protocol (RFC 1122 3.2.2.1).
func (s *Stack) arriveUnknown(now time.Duration, d ip.Datagram, pkt *buffer.Packet) {
	s.emit(trace.Event{Kind: trace.Drop, Name: "protocol"})
	s.dropped(dropProtocol)
	s.network.ip.Refuse(now, d, pkt, header.UnreachableProtocol)
}

// doubt tells the IP part that the way to an address may be no more.
func (s *Stack) doubt(remote netip.Addr) { s.network.ip.Doubt(remote) }

// undelivered passes on what ARP has to say: that it has given up the next hop of some packets, which is as good as a
// router's word; and how it stands with our own addresses.
func (s *Stack) undelivered(now time.Duration) {
	if !s.network.ip.News() {
		return
	}
	for {
		h, start, ok := s.network.ip.Undelivered()
		if !ok {
			break
		}
		s.dropped(dropUndelivered)
		s.report(now, &h, start, syscall.EHOSTUNREACH, true)
	}
	for {
		c, ok := s.network.ip.NextConflict()
		if !ok {
			break
		}
		s.dropped(dropConflict)
		s.emit(trace.Event{Kind: trace.Drop, Name: "conflict", Note: c.Addr.String() + " is used by " + c.MAC.String(), Local: netip.AddrPortFrom(c.Addr, 0)})
	}
	s.claiming.wake()
}

// report tells whoever sent a packet that it did not arrive.
func (s *Stack) report(now time.Duration, h *header.IPv4, start []byte, reason syscall.Errno, final bool) {
	from, to := binary.BigEndian.Uint16(start), binary.BigEndian.Uint16(start[2:]) // the ports, of TCP and of UDP
	local, remote := netip.AddrPortFrom(h.Src, from), netip.AddrPortFrom(h.Dst, to)
	switch h.Protocol {
	case header.ProtocolTCP:
		s.reportTCP(now, local, remote, header.Seq(binary.BigEndian.Uint32(start[4:])), reason, final)
	case header.ProtocolUDP:
		s.reportUDP(local, remote, reason)
	case header.ProtocolICMP:
		s.pings.end(echo{h.Dst, binary.BigEndian.Uint16(start[4:]), binary.BigEndian.Uint16(start[6:])}, now, reason)
	}
}

func (s *Stack) reportTCP(now time.Duration, local, remote netip.AddrPort, seq header.Seq, reason error, final bool) {
	c := s.transport.table.Find(local, remote)
	if c == nil {
		s.lookedUp(local, remote, 0, "nothing")
		return
	}
	sk := c.Owner().(*socket)
	sk.mu.Lock()
	defer sk.mu.Unlock()
	s.lookedUp(local, remote, int(sk.fd), "connection")
	c.Report(now, seq, reason, final)
	s.flush(now, sk)
}

// meaning says what an ICMP error means to the application, and whether it is final: whether to try again is of no use
// (RFC 1122 3.2.2.1 and 4.2.3.9; RFC 9293 3.9.2.2).
func meaning(h *header.ICMP) (reason syscall.Errno, final bool) {
	switch h.Type {
	case header.ICMPTimeExceeded:
		return syscall.EHOSTUNREACH, false
	case header.ICMPParameterProblem:
		return syscall.EPROTO, false
	}
	switch h.Code {
	case header.UnreachableProtocol:
		return syscall.ENOPROTOOPT, true
	case header.UnreachablePort:
		return syscall.ECONNREFUSED, true
	case header.UnreachableFragment:
		return syscall.EMSGSIZE, false
	case header.UnreachableNet, header.UnreachableNetUnknown, header.UnreachableNetForbidden:
		return syscall.ENETUNREACH, false
	}
	return syscall.EHOSTUNREACH, false
}
