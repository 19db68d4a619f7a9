//go:build !before4 && before8

package stack

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/ip"
)

// arriveUDP: until chapter 8 UDP is a protocol that this host does not know.
func (s *Stack) arriveUDP(now time.Duration, d ip.Datagram, pkt *buffer.Packet) {
	s.arriveUnknown(now, d, pkt)
}

// watched, selecting: until chapter 8 a request waits at one socket.
type (
	watched   struct{}
	selecting struct{}
)

func (*watched) wake() {}

// reportUDP: nor has it ever sent any.
func (s *Stack) reportUDP(_, _ netip.AddrPort, _ error) {}
