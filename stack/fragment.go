//go:build !before8

package stack

import "syscall"

// SetDontFragment says whether the datagrams that a socket sends from now on must not be cut into fragments, neither here
// nor on the way. One that is longer than the way takes then fails with EMSGSIZE, as far as this host knows how much that
// is. Without it, datagrams of up to 65,507 bytes are sent, in as many fragments as it takes.
func (s *Stack) SetDontFragment(fd FD, whole bool) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return callError("setsockopt", s.changeFragments(sk, whole))
}

// SetDontFragment says whether datagrams must not be cut into fragments, see [Stack.SetDontFragment].
func (c *PacketConn) SetDontFragment(whole bool) error {
	return c.opError("set", c.RemoteAddr(), c.s.changeFragments(c.sk, whole))
}

func (s *Stack) changeFragments(sk *socket, whole bool) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.stream.gone {
		return syscall.EBADF
	}
	sk.datagram.whole = whole
	return nil
}

// mayFragment says whether a datagram may be cut. One that is too long for the way has to be. For another, a connected
// socket would rather be told by a router how much the way takes, as Linux does for all (RFC 1191); what is told of a
// socket that has many peers is not believed, and so its datagrams are left to the routers to cut.
func (sk *socket) mayFragment(long bool) bool {
	return !sk.datagram.whole && (long || !sk.peer.remote.IsValid())
}
