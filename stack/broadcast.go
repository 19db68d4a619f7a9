//go:build !before8

package stack

import (
	"net/netip"
	"syscall"
)

// SetBroadcast says whether a socket may send datagrams to everybody on a cable: to 255.255.255.255, or to the last address
// of the cable's network. At first it may not, so that nobody does so by mistake: that would be EACCES. A [PacketConn] may,
// as with package net.
func (s *Stack) SetBroadcast(fd FD, allow bool) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return callError("setsockopt", s.changeBroadcast(sk, allow))
}

// SetBroadcast says whether datagrams to everybody may be sent, see [Stack.SetBroadcast].
func (c *PacketConn) SetBroadcast(allow bool) error {
	return c.opError("set", c.RemoteAddr(), c.s.changeBroadcast(c.sk, allow))
}

func (s *Stack) changeBroadcast(sk *socket, allow bool) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	switch {
	case sk.stream.gone:
		return s.table.missing()
	case sk.typ != Datagram:
		return syscall.ENOPROTOOPT
	}
	sk.datagram.loud = allow
	return nil
}

// destination returns where a datagram goes that is for to, and which of our addresses it comes from if the application
// does not say (RFC 1122 4.1.3.5). It holds the socket's lock.
func (s *Stack) destination(sk *socket, to netip.AddrPort) (local netip.Addr, remote netip.AddrPort, err error) {
	a := to.Addr().Unmap()
	if !a.Is4() || a.IsUnspecified() || a.IsMulticast() || to.Port() == 0 { // to port 0 nothing is sent: RFC 768 has it for "none"
		return local, remote, syscall.EINVAL
	}
	i, _, err := s.network.ip.LookupFrom(sk.sourceAddr(), a)
	if err != nil {
		s.dropped(dropNoRoute)
		return local, remote, syscall.ENETUNREACH
	}
	if i.Broadcast(a) && !sk.datagram.loud {
		return local, remote, syscall.EACCES
	}
	return i.Source(a), netip.AddrPortFrom(a, to.Port()), nil
}

// sourceAddr is the address that the application has bound a socket for datagrams to; not valid: none.
func (sk *socket) sourceAddr() netip.Addr {
	if a := sk.peer.bound.Addr(); a.IsValid() && !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}
