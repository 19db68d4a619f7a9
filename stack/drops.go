//go:build !before3

package stack

import (
	"errors"
	"sync/atomic"

	"github.com/tsunagu/tsunagu/stack/ip"
)

// drop is why something that arrived, or was to be sent, got no further, when that is no connection's affair. In brackets
// stands what nstat calls it.
type drop uint8

const (
	dropNotForUs    drop = iota // frames and packets for others, or of a kind that this host does not take (IpInAddrErrors)
	dropIPHeader                // packets whose IP header is damaged, or whose rest is (IpInHdrErrors)
	dropNoRoute                 // packets, and requests for a connection, to nowhere (IpOutNoRoutes)
	dropUndelivered             // packets to a neighbour that does not answer (IpExt, by Linux's ip -s neigh)
	dropProtocol                // packets of a protocol that nothing here knows (IpInUnknownProtos)
	dropQuote                   // ICMP errors about what we cannot have sent (IcmpInErrors)
	dropTCPChecksum             // segments (TcpInCsumErrors)
	dropTCPHeader               // segments whose header or options cannot be read (TcpInErrs)
	dropTCPNoSocket             // segments for which there is no socket; a RST answers them (TcpExt, by tcp_v4_rcv)
	dropUDPChecksum             // datagrams (UdpInCsumErrors)
	dropUDPHeader               // datagrams whose header cannot be read (UdpInErrors)
	dropUDPNoSocket             // datagrams for which there is no socket (UdpNoPorts)
	dropUDPNoRoom               // datagrams for which the socket had no room (UdpRcvbufErrors)
	dropFragment                // fragments that overlap others or contradict them, or can be no packet's (IpReasmFails)
	dropConflict                // claims of others that an address of ours is theirs (RFC 5227 2.4)

	dropKinds
)

var dropNames = [dropKinds]string{
	"ip.NotForUs", "ip.BadHeader", "ip.NoRoute", "ip.Undelivered", "ip.UnknownProtocol", "icmp.ForeignQuote",
	"tcp.BadChecksum", "tcp.BadHeader", "tcp.NoSocket",
	"udp.BadChecksum", "udp.BadHeader", "udp.NoSocket", "udp.NoRoom",
	"ip.BadFragment", "arp.Conflict",
}

// drops counts them. What is dropped is rare, so that the counts can be shared by all.
type drops [dropKinds]atomic.Uint64

func (s *Stack) dropped(why drop) { s.network.drops[why].Add(1) }

// unpacked counts what the IP part has refused.
func (s *Stack) unpacked(err error) {
	switch {
	case errors.Is(err, ip.ErrNotForUs):
		s.dropped(dropNotForUs)
	case errors.Is(err, ip.ErrFragment):
		s.dropped(dropFragment)
	default:
		s.dropped(dropIPHeader)
	}
}
