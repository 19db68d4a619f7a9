//go:build !before8

package stack

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// PacketConn is a socket for datagrams as Go programs know it. It implements net.PacketConn, and, for a socket that is
// connected, net.Conn; its errors are those of package net.
type PacketConn struct {
	s             *Stack
	sk            *socket
	fd            FD
	network       string
	local, remote netip.AddrPort // remote is not valid when it is not connected
}

var (
	_ net.PacketConn = (*PacketConn)(nil)
	_ net.Conn       = (*PacketConn)(nil)
)

// PacketConn receives datagrams at address: ":53", "10.0.0.2:53"; port 0 lets the stack choose. The network is "udp" or
// "udp4".
func (s *Stack) PacketConn(network, address string) (net.PacketConn, error) {
	local, err := parseAddress(network, address)
	switch {
	case err != nil:
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	case network == "tcp" || network == "tcp4":
		return nil, unexpected(network, local, address)
	}
	c, err := s.newPacketConn(network, func(fd FD) error { return s.Bind(fd, local) })
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.UDPAddrFromAddrPort(local), Err: named("listen", err)}
	}
	return c, nil
}

// datagramOpener returns what connects a socket for datagrams, for DialContext.
func (s *Stack) datagramOpener(network string) (opener, error) {
	if network != "udp" && network != "udp4" {
		return nil, net.UnknownNetworkError(network)
	}
	return func(ctx context.Context, network string, local, remote netip.AddrPort) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, err := s.newPacketConn(network, func(fd FD) error {
			if local.IsValid() {
				if err := s.Bind(fd, local); err != nil {
					return err
				}
			}
			return s.Connect(fd, remote)
		})
		if err != nil {
			return nil, err
		}
		return c, nil
	}, nil
}

func (s *Stack) newPacketConn(network string, setUp func(FD) error) (*PacketConn, error) {
	fd, err := s.Socket(Datagram)
	if err != nil {
		return nil, err
	}
	sk, err := s.table.find(fd)
	if err != nil {
		return nil, err
	}
	if err := s.changeBroadcast(sk, true); err != nil { // as with package net
		return nil, err
	}
	if err := setUp(fd); err != nil {
		s.close(fd, sk)
		return nil, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return &PacketConn{s: s, sk: sk, fd: fd, network: network, local: sk.peer.local, remote: sk.peer.remote}, nil
}

// ReadFrom is part of net.PacketConn. A datagram longer than p is cut, and the rest of it lost.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := c.s.receiveFrom(c.sk, p)
	if err != nil {
		return n, nil, c.opError("read", c.RemoteAddr(), callError("recvfrom", err))
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is part of net.PacketConn. The address must be a *net.UDPAddr. On a connected socket it fails: use Write.
func (c *PacketConn) WriteTo(p []byte, to net.Addr) (int, error) {
	if c.remote.IsValid() {
		return 0, c.opError("write", to, net.ErrWriteToConnected)
	}
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, &net.OpError{Op: "write", Net: c.network, Source: c.LocalAddr(), Addr: to, Err: syscall.EINVAL}
	}
	n, err := c.s.sendTo(c.sk, p, addr.AddrPort())
	return n, c.opError("write", to, callError("sendto", err))
}

// Read is part of net.Conn. It reads one datagram.
func (c *PacketConn) Read(p []byte) (int, error) {
	n, err := c.s.read(c.sk, p)
	return n, c.opError("read", c.RemoteAddr(), err)
}

// Write is part of net.Conn. It sends one datagram.
func (c *PacketConn) Write(p []byte) (int, error) {
	n, err := c.s.write(c.sk, p)
	return n, c.opError("write", c.RemoteAddr(), err)
}

// Close is part of net.PacketConn and net.Conn. What has not been read is lost.
func (c *PacketConn) Close() error {
	return c.opError("close", c.RemoteAddr(), c.s.close(c.fd, c.sk))
}

// LocalAddr is part of net.PacketConn and net.Conn.
func (c *PacketConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.local) }

// RemoteAddr is part of net.Conn. It is nil when the socket is not connected.
func (c *PacketConn) RemoteAddr() net.Addr {
	if !c.remote.IsValid() {
		return nil
	}
	return net.UDPAddrFromAddrPort(c.remote)
}

// SetDeadline is part of net.PacketConn and net.Conn.
func (c *PacketConn) SetDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.setDeadlines(func(d *deadlines) { d.read, d.write = at, at })
}

// SetReadDeadline is part of net.PacketConn and net.Conn.
func (c *PacketConn) SetReadDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.setDeadlines(func(d *deadlines) { d.read = at })
}

// SetWriteDeadline is part of net.PacketConn and net.Conn. To send never waits: it only fails once the time has come.
func (c *PacketConn) SetWriteDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.setDeadlines(func(d *deadlines) { d.write = at })
}

func (c *PacketConn) setDeadlines(change func(*deadlines)) error {
	return setError(c.network, c.LocalAddr(), c.s.setDeadlines(c.sk, change))
}

// opError dresses an error as package net does.
func (c *PacketConn) opError(op string, to net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.LocalAddr(), Addr: to, Err: named(op, err)}
}
