//go:build !before5 && before8

package stack

import (
	"context"
	"net"
	"net/netip"
)

// destinations: until chapter 8 nobody can be asked for the address of a name.
func (s *Stack) destinations(_ context.Context, network, address string) ([]netip.AddrPort, error) {
	remote, err := parseAddress(network, address)
	return []netip.AddrPort{remote}, err
}

// datagramOpener: there is TCP alone.
func (s *Stack) datagramOpener(network string) (opener, error) {
	return nil, net.UnknownNetworkError(network)
}
