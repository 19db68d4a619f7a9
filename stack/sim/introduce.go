//go:build !before7

package sim

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// introduce: from chapter 7 on a host asks for its neighbours itself.
func introduce(*stack.Stack, netip.Addr, *nic.Adapter) {}
