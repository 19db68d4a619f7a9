//go:build !before5

package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"
)

// Conn is a connection as Go programs know it. It implements net.Conn, and its errors are those of package net.
type Conn struct {
	s             *Stack
	sk            *socket
	fd            FD
	local, remote netip.AddrPort
}

var _ net.Conn = (*Conn)(nil)

func (s *Stack) conn(sk *socket, fd FD) *Conn {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return &Conn{s: s, sk: sk, fd: fd, local: sk.peer.local, remote: sk.peer.remote}
}

// Read is part of net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.s.read(c.sk, p)
	return n, c.opError("read", err)
}

// Write is part of net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.s.write(c.sk, p)
	return n, c.opError("write", err)
}

// Close is part of net.Conn. What has been written still goes out; what has not been read is lost.
func (c *Conn) Close() error { return c.opError("close", c.s.close(c.fd, c.sk)) }

// LocalAddr is part of net.Conn.
func (c *Conn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.local) }

// RemoteAddr is part of net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// SetDeadline is part of net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.opError("set", c.s.setDeadlines(c.sk, func(d *deadlines) { d.read, d.write = at, at }))
}

// SetReadDeadline is part of net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.opError("set", c.s.setDeadlines(c.sk, func(d *deadlines) { d.read = at }))
}

// SetWriteDeadline is part of net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.opError("set", c.s.setDeadlines(c.sk, func(d *deadlines) { d.write = at }))
}

// SetNoDelay turns Nagle's algorithm off, or on again.
func (c *Conn) SetNoDelay(off bool) error { return c.opError("set", c.s.setNoDelay(c.sk, off)) }

// opError dresses an error as package net does.
func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: named(op, err)}
}

// named gives an error of the operating system's kind the name of the call; a descriptor that is no longer one is a
// closed connection.
func named(call string, err error) error {
	switch {
	case errors.Is(err, syscall.EBADF), errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	case errors.As(err, new(syscall.Errno)):
		if _, done := err.(*os.SyscallError); !done {
			return os.NewSyscallError(call, err)
		}
	}
	return err
}

// DialContext connects to address, which is an IPv4 address, or from chapter 8 on a name, and a port: "10.0.0.2:80". The
// network is "tcp" or "tcp4", from chapter 8 on also "udp" or "udp4". It is what http.Transport's field of the same name
// wants.
func (s *Stack) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, to, err := s.dial(ctx, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: to, Err: named("dial", err)}
	}
	return c, nil
}

// dial returns with an error the address that it is about, if it got that far.
func (s *Stack) dial(ctx context.Context, network, address string) (c net.Conn, to net.Addr, err error) {
	open, err := s.opener(network)
	if err != nil {
		return nil, nil, err
	}
	remotes, err := s.destinations(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	for _, remote := range remotes {
		c, failed := open(ctx, remote)
		if failed == nil {
			return c, nil, nil
		}
		if err == nil { // the first counts
			err, to = failed, addrOf(network, remote)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, to, err
}

// addrOf is an address as package net writes it.
func addrOf(network string, a netip.AddrPort) net.Addr {
	if network == "udp" || network == "udp4" {
		return net.UDPAddrFromAddrPort(a)
	}
	return net.TCPAddrFromAddrPort(a)
}

// opener returns what opens a connection of the network.
func (s *Stack) opener(network string) (func(context.Context, netip.AddrPort) (net.Conn, error), error) {
	if network == "tcp" || network == "tcp4" {
		return s.open, nil
	}
	return s.datagramOpener(network)
}

func (s *Stack) open(ctx context.Context, remote netip.AddrPort) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fd, err := s.Socket(Stream)
	if err != nil {
		return nil, err
	}
	sk, err := s.table.find(fd)
	if err != nil {
		return nil, err
	}
	stop := s.heed(ctx, sk)
	err = s.Connect(fd, remote)
	if inTime := stop(); !inTime { // then the deadline is or will be set, and the connection of no use
		err = ctx.Err()
	}
	if err != nil {
		s.close(fd, sk)
		return nil, err
	}
	return s.conn(sk, fd), nil
}

// heed ends a socket's requests when ctx is done. The function it returns ends that, and says whether it came in time.
func (s *Stack) heed(ctx context.Context, sk *socket) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() {
		s.setDeadlines(sk, func(d *deadlines) { d.read, d.write = 1, 1 })
	})
}

// parseAddress reads an IPv4 address, which may be left out, and a port.
func parseAddress(address string) (netip.AddrPort, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addr := netip.IPv4Unspecified()
	if host != "" {
		if addr, err = netip.ParseAddr(host); err != nil {
			return netip.AddrPort{}, &net.AddrError{Err: "not an IPv4 address", Addr: host}
		}
	}
	return netip.AddrPortFrom(addr, port), nil
}

func splitAddress(address string) (host string, port uint16, err error) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return "", 0, &net.AddrError{Err: "not a port number", Addr: number}
	}
	return host, uint16(n), nil
}

// Listener waits for connections. It implements net.Listener.
type Listener struct {
	s     *Stack
	sk    *socket
	fd    FD
	local netip.AddrPort
}

var _ net.Listener = (*Listener)(nil)

// listenBacklog is how many connections may wait for Accept, as many as Linux allows.
const listenBacklog = 4096

// Listener listens at address: ":80", "10.0.0.2:80"; port 0 lets the stack choose. The network is "tcp" or "tcp4".
func (s *Stack) Listener(network, address string) (net.Listener, error) {
	l, err := s.listener(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: named("listen", err)}
	}
	return l, nil
}

func (s *Stack) listener(network, address string) (*Listener, error) {
	if network != "tcp" && network != "tcp4" {
		return nil, net.UnknownNetworkError(network)
	}
	local, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	fd, err := s.Socket(Stream)
	if err != nil {
		return nil, err
	}
	sk, err := s.table.find(fd)
	if err == nil {
		err = s.Bind(fd, local)
	}
	if err == nil {
		err = s.Listen(fd, listenBacklog)
	}
	if err != nil {
		s.close(fd, sk)
		return nil, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return &Listener{s: s, sk: sk, fd: fd, local: sk.peer.local}, nil
}

// Accept is part of net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		child, fd, _, err := l.s.accept(l.sk)
		switch {
		case err == nil:
			return l.s.conn(child, fd), nil
		case err != syscall.ECONNABORTED: // it ended in the very moment: on to the next, as package net does
			return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: named("accept", err)}
		}
	}
}

// Close is part of net.Listener.
func (l *Listener) Close() error {
	if err := l.s.close(l.fd, l.sk); err != nil {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.Addr(), Err: named("close", err)}
	}
	return nil
}

// Addr is part of net.Listener.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }

// SetDeadline says until when Accept may wait.
func (l *Listener) SetDeadline(t time.Time) error {
	at := l.s.clockTime(t)
	return l.s.setDeadlines(l.sk, func(d *deadlines) { d.read = at })
}

// bytesOf is how a trace writes a number of bytes.
func bytesOf(n int) string { return fmt.Sprintf("%d bytes", n) }
