//go:build !before10

package tcp

import (
	"encoding/binary"
	"net/netip"
)

// timestampOffset is where the clock of a connection's timestamps begins: at F(localip, localport, remoteip, remoteport,
// secretkey) as with the initial sequence number (RFC 7323 7.1). So the next connection between the same two ends goes on
// where the clock of the one before stands: it can be told from that by its timestamps (RFC 6191).
func (g *Config) timestampOffset(local, remote netip.AddrPort) uint32 {
	f := g.keyed("timestamps", local, remote)
	return binary.BigEndian.Uint32(f[:])
}
