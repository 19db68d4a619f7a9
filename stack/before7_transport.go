//go:build !before4 && before7

package stack

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/ip"
)

// Until chapter 7 what is not TCP is nobody's, and no sender is told.

func (s *Stack) arriveICMP(time.Duration, ip.Datagram, *buffer.Packet)    {}
func (s *Stack) arriveUnknown(time.Duration, ip.Datagram, *buffer.Packet) {}
func (s *Stack) doubt(netip.Addr)                                         {}
