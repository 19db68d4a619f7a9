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
		s.pings.end(echo{d.Src, h.ID, h.Seq}, now, d, nil)
		return
	}
	quoted, start, err := header.ParseQuote(payload)
	if err != nil || quoted.Src != d.Dst || quoted.Offset != 0 { // of a later fragment: where the ports would be is anything
		s.dropped(dropQuote)
		s.emit(trace.Event{Kind: trace.Drop, Name: "quote"}) // of a packet that we cannot have sent
		return
	}
	if s.tooBig(now, &h, &quoted, start) {
		return
	}
	reason, final, known := meaning(&h)
	if !known {
		s.dropped(dropQuote)
		s.emit(trace.Event{Kind: trace.Drop, Name: "code"})
		return
	}
	s.report(now, d, &quoted, start, news{&h, reason, final})
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
		s.report(now, ip.Datagram{Src: h.Src}, &h, start, news{nil, syscall.EHOSTUNREACH, true})
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

// news is why a packet did not arrive: what a router or its destination says, nil if ARP does; what that means to the
// application; and whether it is final.
type news struct {
	told   *header.ICMP
	reason syscall.Errno
	final  bool
}

// report tells whoever sent a packet that it did not arrive. d is how the news came.
func (s *Stack) report(now time.Duration, d ip.Datagram, h *header.IPv4, start []byte, n news) {
	from, to := binary.BigEndian.Uint16(start), binary.BigEndian.Uint16(start[2:]) // the ports, of TCP and of UDP
	local, remote := netip.AddrPortFrom(h.Src, from), netip.AddrPortFrom(h.Dst, to)
	switch h.Protocol {
	case header.ProtocolTCP:
		s.reportTCP(now, local, remote, header.Seq(binary.BigEndian.Uint32(start[4:])), n.reason, n.final)
	case header.ProtocolUDP:
		s.reportUDP(local, remote, n.reason)
	case header.ProtocolICMP:
		if start[0] != header.ICMPEchoRequest {
			return // of what else we send in ICMP, nobody waits for an answer
		}
		s.pings.end(echo{h.Dst, binary.BigEndian.Uint16(start[4:]), binary.BigEndian.Uint16(start[6:])}, now, d, &n)
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
// (RFC 1122 3.2.2.1 and 4.2.3.9; RFC 9293 3.9.2.2). A code that nobody has defined says nothing.
func meaning(h *header.ICMP) (reason syscall.Errno, final, known bool) {
	switch h.Type {
	case header.ICMPTimeExceeded:
		return syscall.EHOSTUNREACH, false, h.Code <= 1 // on its way, or in pieces
	case header.ICMPParameterProblem:
		return syscall.EPROTO, false, h.Code <= 2
	case header.ICMPUnreachable:
		if int(h.Code) < len(unreachable) {
			u := unreachable[h.Code]
			return u.reason, u.final, true
		}
	}
	return 0, false, false
}

// unreachable is what the codes of header.ICMPUnreachable mean.
var unreachable = [...]struct {
	reason syscall.Errno
	final  bool
}{
	header.UnreachableNet:            {syscall.ENETUNREACH, false},
	header.UnreachableHost:           {syscall.EHOSTUNREACH, false},
	header.UnreachableProtocol:       {syscall.ENOPROTOOPT, true},
	header.UnreachablePort:           {syscall.ECONNREFUSED, true},
	header.UnreachableFragment:       {syscall.EMSGSIZE, false},
	header.UnreachableSourceRoute:    {syscall.EHOSTUNREACH, false},
	header.UnreachableNetUnknown:     {syscall.ENETUNREACH, false},
	header.UnreachableHostUnknown:    {syscall.EHOSTUNREACH, false},
	header.UnreachableIsolated:       {syscall.EHOSTUNREACH, false},
	header.UnreachableNetForbidden:   {syscall.ENETUNREACH, false},
	header.UnreachableForbidden:      {syscall.EHOSTUNREACH, false},
	header.UnreachableNetService:     {syscall.ENETUNREACH, false},
	header.UnreachableHostService:    {syscall.EHOSTUNREACH, false},
	header.UnreachableFiltered:       {syscall.EHOSTUNREACH, false},
	header.UnreachableHostPriority:   {syscall.EHOSTUNREACH, false},
	header.UnreachableLittlePriority: {syscall.EHOSTUNREACH, false},
}
