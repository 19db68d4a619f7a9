//go:build !before8

package stack

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Dialer connects as a net.Dialer does, through a stack. Its zero value but for Stack is [Stack.DialContext].
type Dialer struct {
	Stack *Stack
	// Timeout and Deadline bound how long connecting may take, look-ups and all; whatever is first counts. Zero is no bound.
	Timeout  time.Duration
	Deadline time.Time
	// LocalAddr is this side's end, a *net.TCPAddr or *net.UDPAddr; nil: the stack chooses.
	LocalAddr net.Addr
	// KeepAliveConfig is what a connection begins with, see [Conn.SetKeepAliveConfig]. Unlike a net.Dialer this one has nobody
	// asked unless that is enabled (RFC 9293 3.8.4, MUST-25).
	KeepAliveConfig net.KeepAliveConfig
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects to address, see [Stack.DialContext].
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Timeout != 0 {
		inTime, cancel := context.WithTimeout(ctx, d.Timeout)
		defer cancel()
		ctx = inTime
	}
	if !d.Deadline.IsZero() {
		inTime, cancel := context.WithDeadline(ctx, d.Deadline)
		defer cancel()
		ctx = inTime
	}
	var local netip.AddrPort
	if d.LocalAddr != nil {
		end, ok := d.LocalAddr.(interface{ AddrPort() netip.AddrPort })
		if !ok || d.LocalAddr.Network() != addrOf(network, netip.AddrPort{}).Network() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "mismatched local address type", Addr: d.LocalAddr.String()}}
		}
		if local = end.AddrPort(); !local.Addr().IsValid() { // the port alone
			local = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
		}
	}
	c, err := d.Stack.dial(ctx, network, local, address)
	if tcp, ok := c.(*Conn); ok && d.KeepAliveConfig.Enable {
		tcp.SetKeepAliveConfig(d.KeepAliveConfig)
	}
	return c, err
}

// ListenConfig listens as a net.ListenConfig does, at a stack. Its zero value but for Stack is [Stack.Listener] and
// [Stack.PacketConn].
type ListenConfig struct {
	Stack *Stack
	// Backlog is how many connections may wait for Accept; 0 means 4096.
	Backlog int
	// ReuseAddr shares the port, see [Stack.SetReuseAddr].
	ReuseAddr bool
	// KeepAliveConfig is what connections begin with, see [Conn.SetKeepAliveConfig]; unless it is enabled nobody is asked.
	KeepAliveConfig net.KeepAliveConfig
}

// Listen waits for connections at address, whose host may be a name that is this stack's own, see [Stack.Listener].
func (g *ListenConfig) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	local, err := g.end(ctx, network, address)
	switch {
	case err != nil:
		return nil, &net.OpError{Op: "listen", Net: network, Err: contextError(err)}
	case network == "udp" || network == "udp4":
		return nil, unexpected(network, local, address)
	}
	l, err := g.Stack.listener(network, local, listenerOptions{backlog: g.Backlog, shares: g.ReuseAddr, keepAlive: g.KeepAliveConfig})
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addrOf(network, local), Err: named("listen", err)}
	}
	return l, nil
}

// ListenPacket receives datagrams at address, see [Stack.PacketConn].
func (g *ListenConfig) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	local, err := g.end(ctx, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: contextError(err)}
	}
	return g.Stack.PacketConn(network, local.String())
}

// end reads an address, or looks its name up.
func (g *ListenConfig) end(ctx context.Context, network, address string) (netip.AddrPort, error) {
	local, err := parseAddress(network, address)
	if _, named := err.(*net.AddrError); !named {
		return local, err
	}
	ends, err := g.Stack.destinations(ctx, network, address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return ends[0], nil
}
