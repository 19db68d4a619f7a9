//go:build !before9 && before10

package tcp

import "net/netip"

// timestampOffset is where the clock of a connection's timestamps begins: anywhere.
func (g *Config) timestampOffset(_, _ netip.AddrPort) uint32 {
	if g.Rand == nil {
		return 0
	}
	return uint32(g.Rand())
}
