//go:build !before6

package tcp_test

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// recorder writes down what happens in a world. A nil one does not.
type recorder struct{}

func (r *recorder) sent(time.Duration, *host, *packet)   {}
func (r *recorder) lost(time.Duration, *packet, string)  {}
func (r *recorder) arrived(time.Duration, *packet)       {}
func (r *recorder) state(time.Duration, *end, tcp.State) {}
