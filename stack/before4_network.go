//go:build !before3 && before4

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/ip"
)

// Until chapter 4 nothing that arrives is anybody's.

type receiving struct{}

func (s *Stack) deliver(time.Duration, ip.Datagram, *buffer.Packet, *receiving) {}
func (s *Stack) answer(time.Duration, *receiving)                               {}
func (s *Stack) nextTimer() (time.Duration, bool)                               { return 0, false }
func (s *Stack) timersDue(time.Duration)                                        {}
