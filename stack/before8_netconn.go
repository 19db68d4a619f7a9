//go:build !before5 && before8

package stack

import (
	"context"
	"net"
	"net/netip"
)

// destinations: until chapter 8 nobody can be asked for the address of a name.
func (s *Stack) destinations(_ context.Context, address string) ([]netip.AddrPort, error) {
	remote, err := parseAddress(address)
	return []netip.AddrPort{remote}, err
}

// datagramOpener: there is TCP alone.
func (s *Stack) datagramOpener(network string) (func(context.Context, netip.AddrPort) (net.Conn, error), error) {
	return nil, net.UnknownNetworkError(network)
}
