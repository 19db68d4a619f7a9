//go:build !before5

package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// Conn is a connection as Go programs know it. It implements net.Conn, and its errors are those of package net.
type Conn struct {
	s             *Stack
	sk            *socket
	fd            FD
	network       string // as it was asked for: "tcp", "tcp4"
	local, remote netip.AddrPort
}

var _ net.Conn = (*Conn)(nil)

// conn dresses a socket with a connection. As with package net, Nagle's algorithm is off: programs in Go write whole messages.
func (s *Stack) conn(sk *socket, fd FD, network string) *Conn {
	s.setNoDelay(sk, true)
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return &Conn{s: s, sk: sk, fd: fd, network: network, local: sk.peer.local, remote: sk.peer.remote}
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

// SetDeadline is part of net.Conn. A time that has passed ends requests that wait at once; the zero time is for ever.
func (c *Conn) SetDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.setError(c.s.setDeadlines(c.sk, func(d *deadlines) { d.read, d.write = at, at }))
}

// SetReadDeadline is part of net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.setError(c.s.setDeadlines(c.sk, func(d *deadlines) { d.read = at }))
}

// SetWriteDeadline is part of net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	at := c.s.clockTime(t)
	return c.setError(c.s.setDeadlines(c.sk, func(d *deadlines) { d.write = at }))
}

// opError dresses an error as package net does.
func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: named(op, err)}
}

// setError is opError for what package net names the local end alone with.
func (c *Conn) setError(err error) error { return setError(c.network, c.LocalAddr(), err) }

func setError(network string, local net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set", Net: network, Addr: local, Err: named("set", err)}
}

// named gives an error of the operating system's kind the name of the call; a descriptor that is no longer one is a
// closed connection.
func named(call string, err error) error {
	switch {
	case errors.Is(err, syscall.EBADF), errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	case errors.As(err, new(syscall.Errno)):
		if call == "set" {
			call = "setsockopt"
		}
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
	return s.dial(ctx, network, netip.AddrPort{}, address)
}

// dial connects from local, which is not valid when the stack chooses.
func (s *Stack) dial(ctx context.Context, network string, local netip.AddrPort, address string) (net.Conn, error) {
	var source, to net.Addr
	if local.IsValid() {
		source = addrOf(network, local)
	}
	failed := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Source: source, Addr: to, Err: contextError(named("dial", err))}
	}
	open, err := s.opener(network)
	if err != nil {
		return failed(err)
	}
	remotes, err := s.destinations(ctx, network, address)
	if err != nil {
		source = nil
		return failed(err)
	}
	var first error
	for i, remote := range remotes {
		part, cancel := inPart(ctx, len(remotes)-i)
		c, err := open(part, network, local, remote)
		cancel()
		if err == nil {
			return c, nil
		}
		if first == nil { // that one counts
			first, to = err, addrOf(network, remote)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed(first)
}

// inPart gives the first of several attempts its part of the time that there is: a host that says nothing must not take all
// of it, and no attempt has less than two seconds.
func inPart(ctx context.Context, attempts int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || attempts < 2 {
		return ctx, func() {}
	}
	left := time.Until(end)
	return context.WithTimeout(ctx, max(left/time.Duration(attempts), min(left, 2*time.Second)))
}

// contextError has the errors of a context say what they say in package net.
func contextError(err error) error {
	switch err {
	case context.Canceled:
		return ended{"operation was canceled", err}
	case context.DeadlineExceeded:
		return ended{"i/o timeout", err}
	}
	return err
}

// ended is why a request was given up: its context.
type ended struct {
	text string
	why  error
}

func (e ended) Error() string   { return e.text }
func (e ended) Is(o error) bool { return o == e.why }
func (e ended) Timeout() bool   { return e.why == context.DeadlineExceeded }
func (e ended) Temporary() bool { return e.Timeout() }

// addrOf is an address as package net writes it.
func addrOf(network string, a netip.AddrPort) net.Addr {
	if network == "udp" || network == "udp4" {
		return net.UDPAddrFromAddrPort(a)
	}
	return net.TCPAddrFromAddrPort(a)
}

// opener opens a connection of a network from an end, which may not be valid, to another.
type opener func(ctx context.Context, network string, local, remote netip.AddrPort) (net.Conn, error)

// opener returns what opens a connection of the network.
func (s *Stack) opener(network string) (opener, error) {
	if network == "tcp" || network == "tcp4" {
		return s.open, nil
	}
	return s.datagramOpener(network)
}

func (s *Stack) open(ctx context.Context, network string, local, remote netip.AddrPort) (net.Conn, error) {
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
	if local.IsValid() {
		err = s.Bind(fd, local)
	}
	if err == nil {
		err = s.Connect(fd, remote)
	}
	if inTime := stop(); !inTime { // then the deadline is or will be set, and the connection of no use
		err = ctx.Err()
	}
	if err != nil {
		s.close(fd, sk)
		return nil, err
	}
	return s.conn(sk, fd, network), nil
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

// parseAddress reads an IPv4 address, which may be left out, and a port, which may have a name that everybody knows: "http".
func parseAddress(network, address string) (netip.AddrPort, error) {
	switch network {
	case "tcp", "tcp4", "udp", "udp4":
	default:
		return netip.AddrPort{}, net.UnknownNetworkError(network)
	}
	host, port, err := splitAddress(network, address)
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

func splitAddress(network, address string) (host string, port uint16, err error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := net.LookupPort(network, service)
	return host, uint16(n), err
}

// Listener waits for connections. It implements net.Listener.
type Listener struct {
	s       *Stack
	sk      *socket
	fd      FD
	network string
	local   netip.AddrPort
}

var _ net.Listener = (*Listener)(nil)

// listenBacklog is how many connections may wait for Accept, as many as Linux allows.
const listenBacklog = 4096

// Listener listens at address: ":80", "10.0.0.2:80"; port 0 lets the stack choose. The network is "tcp" or "tcp4".
func (s *Stack) Listener(network, address string) (net.Listener, error) {
	local, err := parseAddress(network, address)
	switch {
	case err != nil:
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	case network == "udp" || network == "udp4":
		return nil, unexpected(network, local, address)
	}
	l, err := s.listener(network, local, listenerOptions{})
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.TCPAddrFromAddrPort(local), Err: named("listen", err)}
	}
	return l, nil
}

// listenerOptions is what there is to say about one.
type listenerOptions struct {
	backlog   int // 0: listenBacklog
	shares    bool
	keepAlive net.KeepAliveConfig
}

func (s *Stack) listener(network string, local netip.AddrPort, o listenerOptions) (*Listener, error) {
	fd, err := s.Socket(Stream)
	if err != nil {
		return nil, err
	}
	sk, err := s.table.find(fd)
	if err == nil && o.shares {
		err = s.SetReuseAddr(fd, true)
	}
	if err == nil {
		err = s.Bind(fd, local)
	}
	if err == nil {
		s.keepAlive(sk, o.keepAlive)
		err = s.Listen(fd, cmp.Or(o.backlog, listenBacklog))
	}
	if err != nil {
		s.close(fd, sk)
		return nil, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return &Listener{s: s, sk: sk, fd: fd, network: network, local: sk.peer.local}, nil
}

// Accept is part of net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		child, fd, _, err := l.s.accept(l.sk)
		switch {
		case err == nil:
			return l.s.conn(child, fd, l.network), nil
		case err != syscall.ECONNABORTED: // it ended in the very moment: on to the next, as package net does
			return nil, &net.OpError{Op: "accept", Net: l.network, Addr: l.Addr(), Err: named("accept", err)}
		}
	}
}

// Close is part of net.Listener.
func (l *Listener) Close() error {
	if err := l.s.close(l.fd, l.sk); err != nil {
		return &net.OpError{Op: "close", Net: l.network, Addr: l.Addr(), Err: named("close", err)}
	}
	return nil
}

// Addr is part of net.Listener.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }

// SetDeadline says until when Accept may wait.
func (l *Listener) SetDeadline(t time.Time) error {
	at := l.s.clockTime(t)
	if l.s.setDeadlines(l.sk, func(d *deadlines) { d.read = at }) != nil {
		return net.ErrClosed
	}
	return nil
}

// unexpected is the error of who listens for connections with a network of datagrams, or the other way round.
func unexpected(network string, local netip.AddrPort, address string) error {
	return &net.OpError{Op: "listen", Net: network, Addr: addrOf(network, local), Err: &net.AddrError{Err: "unexpected address type", Addr: address}}
}

// bytesOf is how a trace writes a number of bytes.
func bytesOf(n int) string { return fmt.Sprintf("%d bytes", n) }
