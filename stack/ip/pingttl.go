//go:build !before7

package ip

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// PingTTL is Ping with a request that ttl routers at most pass on: the next one says that its time is exceeded, and with
// that who it is (RFC 792). It must fit into one packet.
func (p *Part) PingTTL(now time.Duration, dst netip.Addr, ttl uint8, id, seq uint16, data []byte) error {
	i, _, err := p.Lookup(dst)
	switch {
	case err != nil:
		return err
	case header.IPv4Len+header.ICMPLen+len(data) > i.Info.MTU:
		return ErrTooLong
	}
	p.sendICMP(now, Datagram{Src: i.Source(dst), Dst: dst, TTL: ttl}, header.ICMP{Type: header.ICMPEchoRequest, ID: id, Seq: seq}, data)
	return nil
}
