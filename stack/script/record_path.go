//go:build !before9

package script

import (
	"fmt"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// SetTOS is the Conn's, at the time now.
func (r *Recorder) SetTOS(now time.Duration, tos uint8) {
	r.called(now, "call tos %#x", tos)
	r.Conn.SetTOS(tos)
}

// TooBig is the Conn's.
func (r *Recorder) TooBig(now time.Duration, seq header.Seq, mtu int) {
	r.note(happened{at: now, text: fmt.Sprintf("icmp toobig %d", mtu), seq: seq})
	r.Conn.TooBig(now, seq, mtu)
}
