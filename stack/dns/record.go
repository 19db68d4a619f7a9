//go:build !before8

package dns

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// Type is what a record says about a name: its address, another name, who takes its mail.
type Type = dnsmessage.Type

// The types that a resolver is asked for.
const (
	TypeA     = dnsmessage.TypeA     // an IPv4 address
	TypeNS    = dnsmessage.TypeNS    // a server that knows all names of a zone
	TypeCNAME = dnsmessage.TypeCNAME // the name that this one is an alias of
	TypeSOA   = dnsmessage.TypeSOA   // where a zone begins, and how long its silence is to be believed
	TypePTR   = dnsmessage.TypePTR   // the name of an address
	TypeMX    = dnsmessage.TypeMX    // who takes the mail
	TypeTXT   = dnsmessage.TypeTXT   // text
	TypeAAAA  = dnsmessage.TypeAAAA  // an IPv6 address
	TypeSRV   = dnsmessage.TypeSRV   // host and port of a service
)

// Record is one thing that is known of a name.
type Record struct {
	Name string // whole, with its last dot
	Type Type
	TTL  uint32 // for how many seconds it may still be believed
	Body dnsmessage.ResourceBody
}

// Addr returns the address that an A or AAAA record tells; it is not valid for another.
func (r Record) Addr() netip.Addr {
	switch b := r.Body.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(b.A)
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(b.AAAA)
	}
	return netip.Addr{}
}

// Target returns the name that a CNAME, NS, PTR, MX or SRV record leads to, and "" for another.
func (r Record) Target() string {
	switch b := r.Body.(type) {
	case *dnsmessage.CNAMEResource:
		return b.CNAME.String()
	case *dnsmessage.NSResource:
		return b.NS.String()
	case *dnsmessage.PTRResource:
		return b.PTR.String()
	case *dnsmessage.MXResource:
		return b.MX.String()
	case *dnsmessage.SRVResource:
		return b.Target.String()
	}
	return ""
}

// String writes the record as a zone file has it (RFC 1035 5.1): name, seconds, type, and what it says.
func (r Record) String() string {
	head := fmt.Sprintf("%s %d %s", r.Name, r.TTL, TypeName(r.Type))
	switch b := r.Body.(type) {
	case *dnsmessage.AResource, *dnsmessage.AAAAResource:
		return head + " " + r.Addr().String()
	case *dnsmessage.MXResource:
		return fmt.Sprintf("%s %d %s", head, b.Pref, r.Target())
	case *dnsmessage.SRVResource:
		return fmt.Sprintf("%s %d %d %d %s", head, b.Priority, b.Weight, b.Port, r.Target())
	case *dnsmessage.TXTResource:
		for _, text := range b.TXT {
			head += " " + strconv.Quote(text)
		}
		return head
	}
	if target := r.Target(); target != "" {
		return head + " " + target
	}
	return head
}

// size is about how much memory the record occupies. The names in a body have 256 bytes each.
func (r Record) size() int {
	n := 64 + len(r.Name)
	switch b := r.Body.(type) {
	case *dnsmessage.AResource, *dnsmessage.AAAAResource:
		return n
	case *dnsmessage.TXTResource:
		for _, text := range b.TXT {
			n += 16 + len(text)
		}
		return n
	case *dnsmessage.UnknownResource:
		return n + len(b.Data)
	}
	return n + 2*256
}

// TypeName is how people write a type: A, MX.
func TypeName(t Type) string { return strings.TrimPrefix(t.String(), "Type") }
