//go:build !before11

package ip

import "net/netip"

// NoAddress is the prefix of an interface that has no address yet. By such an interface nothing is sent but the question for
// an address, and nothing is taken but what is for everybody (RFC 1122 3.3.1.6).
var NoAddress = netip.PrefixFrom(netip.IPv4Unspecified(), 32)

// SetPrefix gives an interface another address, or takes it away with NoAddress. Routes by routers stay where they are: what
// was added for the address before is to be removed first.
func (p *Part) SetPrefix(i *Interface, prefix netip.Prefix) {
	i.prefix.Store(&prefix)
	p.reroute()
}
