//go:build !before7

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// loopback is the way back to this very host, for what is sent to 127.0.0.1 or to an address of its own: an adapter like the
// others, but one that every stack has.
type loopback struct {
	adapter nic.Loop
	via     *ip.Interface
}

func (s *Stack) setUpLoopback() {
	l := &s.loopback
	l.adapter.Wake = s.rewind
	l.via = s.network.ip.AttachLoopback(&l.adapter)
}

// loopRounds is how often it is looked what has come back before the clock is looked at again.
const loopRounds = 16

// looped takes what has come back. Whoever sends holds a socket's lock, which may be the one that the packet is for: so it
// is not taken there and then, but when the clock next asks what is to be done, and that is at once.
func (s *Stack) looped() {
	if !s.loopback.adapter.Ready() {
		return
	}
	var frames [batchSize]*buffer.Packet
	for range loopRounds {
		n, err := s.loopback.adapter.Receive(frames[:])
		if n == 0 || err != nil {
			return
		}
		s.arrived(s.loopback.via, frames[:n])
	}
}

// loopDeadline returns when looped has something to do: now, or not at all.
func (s *Stack) loopDeadline() (time.Duration, bool) {
	return s.config.Now(), s.loopback.adapter.Ready()
}

// endNetwork is what Stop does with packets that wait: for the rest of themselves, for neighbours, to come back.
func (s *Stack) endNetwork() {
	s.loopback.adapter.Close()
	s.network.ip.Discard()
}
