//go:build !before3 && before7

package sim

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// introduce writes down, at a host, which MAC address its neighbour has: until chapter 7 it cannot find out by itself.
func introduce(host *stack.Stack, addr netip.Addr, neighbour *nic.Adapter) {
	host.IP().SetNeighbour(addr, header.MAC(neighbour.Info().Address))
}
