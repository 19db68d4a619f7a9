//go:build !before8

package dns

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// sound says whether a name, with its last dot, can be one: labels of 1 to 63 bytes (RFC 1035 2.3.4), none of which is
// white space or a control character.
func sound(name string) bool {
	if len(name) < 2 || len(name) > 254 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if len(label) < 1 || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return false
		}
	}
	return true
}

// IsHostName says whether a name that a server has given can be used as a host's: whoever prints it, or hands it to
// another program, should not be in for a surprise. Letters, digits, hyphens and underscores it may have, and dots.
func IsHostName(name string) bool {
	if name == "." {
		return true
	}
	return sound(strings.TrimSuffix(name, ".")+".") && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	})
}

// whole gives a name its last dot.
func whole(name string) string { return strings.TrimSuffix(name, ".") + "." }

// fold writes a name so that two which differ in upper and lower case alone are the same (RFC 4343). Only ASCII letters
// have two cases there.
func fold(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r >= 'A' && r <= 'Z' }) < 0 {
		return name
	}
	b := []byte(name)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func foldName(n dnsmessage.Name) string { return fold(n.String()) }

// within says whether a folded name is zone, or lies below it.
func within(name, zone string) bool {
	return zone == "." || name == zone || strings.HasSuffix(name, "."+zone)
}

// Reverse returns the name under which the names of an address are found (RFC 1035 3.5, RFC 3596 2.5).
func Reverse(addr netip.Addr) string {
	addr = addr.Unmap()
	b := addr.AsSlice()
	var name strings.Builder
	for i := len(b) - 1; i >= 0; i-- {
		if addr.Is4() {
			name.WriteString(strconv.Itoa(int(b[i])) + ".")
			continue
		}
		const digits = "0123456789abcdef"
		name.Write([]byte{digits[b[i]&15], '.', digits[b[i]>>4], '.'})
	}
	if addr.Is4() {
		return name.String() + "in-addr.arpa."
	}
	return name.String() + "ip6.arpa."
}
