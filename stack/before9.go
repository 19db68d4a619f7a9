//go:build !before4 && before9

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Until chapter 9 all packets are carried alike, and of the way to a peer only its first cable is known.

type carriage struct{}

func (s *Stack) way(time.Duration, *socket, *tcp.Endpoints) {}
func (s *Stack) learned(*tcp.Conn, int)                     {}
func (sk *socket) carry(*ip.Datagram)                       {}
