//go:build !before4 && before10

package tcp

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// initialSequence is any number, as many descriptions of TCP have it. Chapter 10 says why that is not good enough.
func (g *Config) initialSequence(_, _ netip.AddrPort, _ time.Duration) header.Seq {
	if g.Rand == nil {
		return 1000
	}
	return header.Seq(g.Rand())
}
