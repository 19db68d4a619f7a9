//go:build !before1 && before4

package stack

import (
	"net/netip"
	"syscall"
)

// Until chapter 4 there is no TCP part, and so no connection.

type transport struct{}

func (s *Stack) setUpTransport()        {}
func (s *Stack) orphans() (_ []*socket) { return nil }

type stream struct{}

func (*stream) describe(*SocketInfo) {}
func (*stream) memory() int          { return 0 }

func (s *Stack) taken(_, _ netip.AddrPort) bool { return false }

// reach: all is recorded on this side, and nobody here knows yet how to tell the peer.
func (s *Stack) reach(*socket) error { return syscall.EINPROGRESS }
