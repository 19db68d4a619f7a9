//go:build !before11

package dhcp

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"
	"strings"
	"time"
)

// Lease is what a server has given.
type Lease struct {
	Prefix  netip.Prefix // the address, and how many of its leading bits all on the cable share
	Server  netip.Addr   // who gave it
	Routers []netip.Addr // for what is beyond the cable, the best first
	DNS     []netip.Addr // name servers, the best first
	Domain  string       // the domain in which to look up names; "": the server named none

	Renew, Rebind time.Duration // T1, T2: when to ask the server, or any server, for more time
	Expire        time.Duration // when the address is ours no longer; Forever: never
}

// Forever is when a lease ends that has no end.
const Forever = time.Duration(math.MaxInt64)

// shortest is how short a lease may be. What is shorter is no use to anybody, and would have us ask all the time.
const shortest = 10 * time.Second

// leaseOf reads what an OFFER or an ACK gives to who has asked at the time asked. It returns false when it is nothing that
// can be used.
func leaseOf(m *Message, asked time.Duration) (Lease, bool) {
	server, ok := address(m.Options[OptionServer])
	if !ok || !single(server) || !single(m.Your) {
		return Lease{}, false
	}
	l := Lease{Server: server, Expire: Forever, Renew: Forever, Rebind: Forever}
	length := natural(m.Your)
	if v, ok := m.Options[OptionSubnetMask]; ok {
		if len(v) != 4 {
			return Lease{}, false
		}
		n := binary.BigEndian.Uint32(v)
		if length = bits.LeadingZeros32(^n); length == 0 || n<<length != 0 {
			return Lease{}, false // a mask with holes
		}
	}
	l.Prefix = netip.PrefixFrom(m.Your, length)
	if host := ^uint32(0) >> length; length < 31 {
		four := m.Your.As4()
		if n := binary.BigEndian.Uint32(four[:]) & host; n == 0 || n == host {
			return Lease{}, false // the network's own address, or everybody's
		}
	}
	for _, a := range addresses(m.Options[OptionRouter]) {
		if l.Prefix.Contains(a) && a != m.Your {
			l.Routers = append(l.Routers, a) // one elsewhere could not be reached
		}
	}
	l.DNS = addresses(m.Options[OptionDNS])
	l.Domain = strings.TrimRight(string(m.Options[OptionDomain]), "\x00") // some servers end it as C does

	whole, ok := seconds(m.Options[OptionLeaseTime])
	switch {
	case !ok || whole < shortest:
		return Lease{}, false
	case whole == Forever:
		return l, true
	}
	t1, ok1 := seconds(m.Options[OptionRenewalTime])
	t2, ok2 := seconds(m.Options[OptionRebindingTime])
	if !ok2 || t2 >= whole {
		t2, ok1 = whole/8*7, ok1 && t1 < whole/8*7 // RFC 2131 4.4.5
	}
	if !ok1 || t1 >= t2 || t1 < shortest/2 {
		if t1 = whole / 2; t1 >= t2 {
			t1 = t2 / 2
		}
	}
	l.Renew, l.Rebind, l.Expire = asked+t1, asked+t2, asked+whole
	return l, true
}

// natural is how long a network's part of an address was before there were masks (RFC 791 3.2): for who was told none.
func natural(a netip.Addr) int {
	switch first := a.As4()[0]; {
	case first < 128:
		return 8
	case first < 192:
		return 16
	}
	return 24
}

// single says whether a can be one host's address.
func single(a netip.Addr) bool {
	first := a.As4()[0]
	return first != 0 && first != 127 && first < 224
}

func address(v []byte) (netip.Addr, bool) {
	if len(v) != 4 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte(v)), true
}

// addressesMost is how many routers or name servers are kept: more nobody asks.
const addressesMost = 8

func addresses(v []byte) (list []netip.Addr) {
	for ; len(v) >= 4 && len(list) < addressesMost; v = v[4:] {
		if a := netip.AddrFrom4([4]byte(v)); single(a) {
			list = append(list, a)
		}
	}
	return list
}

func seconds(v []byte) (time.Duration, bool) {
	if len(v) != 4 {
		return 0, false
	}
	n := binary.BigEndian.Uint32(v)
	if n == math.MaxUint32 {
		return Forever, true // RFC 2131 3.3
	}
	return time.Duration(n) * time.Second, true
}
