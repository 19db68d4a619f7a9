//go:build !before9

package stack

import "syscall"

// SetBuffers sets how many bytes a socket's buffers hold: the send buffer those that are not acknowledged yet, the receive buffer
// those that are not read yet, and so how much a peer may have under way. Such a buffer no longer grows and shrinks by itself, as
// the connection needs it; 0 leaves that one as it is. It works best before connecting or listening: the window scale in the SYN
// is chosen for the size that the receive buffer has then (RFC 7323 2.3). Of a socket for datagrams receive is how much memory may wait,
// and it needs a port first. What a listening socket has is passed on to its
// connections. It fails with EINVAL for a negative size.
func (s *Stack) SetBuffers(fd FD, send, receive int) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	return callError("setsockopt", s.setBuffers(sk, send, receive))
}

func (s *Stack) setBuffers(sk *socket, send, receive int) error {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	switch {
	case sk.stream.gone:
		return s.table.missing()
	case send < 0 || receive < 0:
		return syscall.EINVAL
	}
	if send > 0 {
		sk.peer.send.SetLimit(send)
	}
	if receive > 0 {
		sk.peer.receive.SetLimit(receive)
		if port := sk.datagram.port; port != nil {
			port.SetLimit(receive)
		}
	}
	sk.wake() // there may be room for a write that waits
	return nil
}

// SetReadBuffer sets how much memory the datagrams may occupy that wait to be read.
func (c *PacketConn) SetReadBuffer(bytes int) error {
	return setError(c.network, c.LocalAddr(), c.s.setBuffers(c.sk, 0, bytes))
}

// SetReadBuffer sets how many bytes that are not read yet the connection holds, see [Stack.SetBuffers].
func (c *Conn) SetReadBuffer(bytes int) error {
	return c.setError(c.s.setBuffers(c.sk, 0, bytes))
}

// SetWriteBuffer sets how many bytes that are not acknowledged yet the connection holds, see [Stack.SetBuffers].
func (c *Conn) SetWriteBuffer(bytes int) error {
	return c.setError(c.s.setBuffers(c.sk, bytes, 0))
}

// inherit takes over the sizes that have been set for a listener.
func (p *peer) inherit(listener *peer) {
	if listener.send.Fixed() {
		p.send.SetLimit(listener.send.Limit())
	}
	if listener.receive.Fixed() {
		p.receive.SetLimit(listener.receive.Limit())
	}
}
