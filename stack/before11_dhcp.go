//go:build !before3 && before11

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/ip"
)

// Until chapter 11 addresses are given by hand.

func (s *Stack) arriveLease(time.Duration, *ip.Interface, ip.Datagram, *buffer.Packet) bool {
	return false
}
func (s *Stack) leasesDue(time.Duration)                  {}
func (s *Stack) leaseDeadline() (_ time.Duration, _ bool) { return 0, false }
