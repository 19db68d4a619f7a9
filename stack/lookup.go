//go:build !before8

package stack

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tsunagu/tsunagu/stack/dns"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// Lookup returns the records of one type that a name has, in the order in which the server gave them; what they point
// into is shared and must not be changed. Like all that follows it asks as LookupHost does, and fails as that does.
func (s *Stack) Lookup(ctx context.Context, name string, kind dns.Type) ([]dns.Record, error) {
	r, err := s.lookupResult(ctx, name, kind)
	return r.Records, err
}

func (s *Stack) lookupResult(ctx context.Context, name string, kind dns.Type) (r dns.Result, err error) {
	s.emit(trace.Event{Kind: trace.Call, Name: "resolve", Note: dns.TypeName(kind) + " " + name})
	if err = s.allowed(); err == nil {
		r, err = s.resolve(ctx, name, kind)
	}
	var answer []string
	for _, record := range r.Records {
		answer = append(answer, record.String())
	}
	s.returned("resolve", 0, err, strings.Join(answer, ", "))
	return r, err
}

// LookupNetIP returns the addresses of a host: for the network "ip4" its IPv4 addresses, for "ip6" its IPv6 addresses,
// for "ip" both. The stack itself speaks IPv4 alone.
func (s *Stack) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	kinds := map[string][]dns.Type{"ip4": {dns.TypeA}, "ip6": {dns.TypeAAAA}, "ip": {dns.TypeA, dns.TypeAAAA}}[network]
	if kinds == nil {
		return nil, net.UnknownNetworkError(network)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		if network == "ip" || a.Is4() == (network == "ip4") {
			return []netip.Addr{a}, nil
		}
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	var list []netip.Addr
	var failed error
	for _, kind := range kinds {
		r, err := s.lookupResult(ctx, host, kind)
		if err != nil && (failed == nil || isNotFound(failed)) {
			failed = err
		}
		list = append(list, addresses(r)...)
	}
	if len(list) > 0 {
		return list, nil
	}
	return nil, failed
}

func isNotFound(err error) bool {
	e, ok := err.(*net.DNSError)
	return ok && e.IsNotFound
}

// LookupCNAME returns the canonical name of a host that has an address: where its aliases lead, or itself. It ends in a
// dot.
func (s *Stack) LookupCNAME(ctx context.Context, host string) (string, error) {
	r, err := s.lookupResult(ctx, host, dns.TypeA)
	if isNotFound(err) {
		if r6, err6 := s.lookupResult(ctx, host, dns.TypeAAAA); err6 == nil {
			r, err = r6, nil
		}
	}
	if err == nil && !dns.IsHostName(r.Name) {
		err = unusable(host)
	}
	if err != nil {
		return "", err
	}
	return r.Name, nil
}

// LookupMX returns who takes the mail of a domain: whoever is preferred first, and of those that are alike any.
func (s *Stack) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	r, err := s.lookupResult(ctx, name, dns.TypeMX)
	if err != nil {
		return nil, err
	}
	var list []*net.MX
	for _, record := range r.Records {
		if b := record.Body.(*dnsmessage.MXResource); dns.IsHostName(record.Target()) {
			list = append(list, &net.MX{Host: record.Target(), Pref: b.Pref})
		}
	}
	s.shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	slices.SortStableFunc(list, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	return complete(list, r, name)
}

// LookupNS returns the servers that know the names of a domain.
func (s *Stack) LookupNS(ctx context.Context, name string) ([]*net.NS, error) {
	r, err := s.lookupResult(ctx, name, dns.TypeNS)
	if err != nil {
		return nil, err
	}
	var list []*net.NS
	for _, record := range r.Records {
		if dns.IsHostName(record.Target()) {
			list = append(list, &net.NS{Host: record.Target()})
		}
	}
	return complete(list, r, name)
}

// LookupTXT returns the texts of a name. A text that stands in several strings is put together.
func (s *Stack) LookupTXT(ctx context.Context, name string) ([]string, error) {
	r, err := s.lookupResult(ctx, name, dns.TypeTXT)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, record := range r.Records {
		list = append(list, strings.Join(record.Body.(*dnsmessage.TXTResource).TXT, ""))
	}
	return list, nil
}

// LookupAddr returns the names of an address.
func (s *Stack) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return nil, &net.DNSError{Err: "unrecognized address", Name: addr}
	}
	r, err := s.lookupResult(ctx, dns.Reverse(a), dns.TypePTR)
	if e, ok := err.(*net.DNSError); ok {
		own := *e
		own.Name = addr
		return nil, &own
	} else if err != nil {
		return nil, err
	}
	var list []string
	for _, record := range r.Records {
		if dns.IsHostName(record.Target()) {
			list = append(list, record.Target())
		}
	}
	return complete(list, r, addr)
}

// LookupSRV returns the hosts and ports of a service: for LookupSRV(ctx, "xmpp-server", "tcp", "lab.test") those of the
// name _xmpp-server._tcp.lab.test, which it returns too, as far as aliases lead. When service and proto are both empty the
// name is taken as it is. The hosts stand in the order in which to try them: by priority, and among those of the same by
// chance, which their weights shift (RFC 2782).
func (s *Stack) LookupSRV(ctx context.Context, service, proto, name string) (cname string, hosts []*net.SRV, err error) {
	if service != "" || proto != "" {
		name = "_" + service + "._" + proto + "." + name
	}
	r, err := s.lookupResult(ctx, name, dns.TypeSRV)
	if err != nil {
		return "", nil, err
	}
	for _, record := range r.Records {
		if b := record.Body.(*dnsmessage.SRVResource); dns.IsHostName(record.Target()) {
			hosts = append(hosts, &net.SRV{Target: record.Target(), Port: b.Port, Priority: b.Priority, Weight: b.Weight})
		}
	}
	s.byWeight(hosts)
	hosts, err = complete(hosts, r, name)
	return r.Name, hosts, err
}

// byWeight sorts hosts as RFC 2782 asks for: each weight is how likely it is to come before the others of its priority.
func (s *Stack) byWeight(hosts []*net.SRV) {
	slices.SortStableFunc(hosts, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight)) // weight 0 is to stand first
	})
	for len(hosts) > 0 {
		same, sum := 0, 0
		for ; same < len(hosts) && hosts[same].Priority == hosts[0].Priority; same++ {
			sum += int(hosts[same].Weight)
		}
		for group := hosts[:same]; len(group) > 1; group = group[1:] {
			drawn := int(s.config.Rand() % uint64(sum+1))
			at := 0
			for ; at < len(group)-1 && drawn > int(group[at].Weight); at++ {
				drawn -= int(group[at].Weight)
			}
			chosen := group[at]
			copy(group[1:], group[:at])
			group[0] = chosen
			sum -= int(chosen.Weight)
		}
		hosts = hosts[same:]
	}
}

func (s *Stack) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, int(s.config.Rand()%uint64(i+1)))
	}
}

// complete returns what was made of the records, and says so when some of them had names that nobody should use.
func complete[T any](list []T, r dns.Result, name string) ([]T, error) {
	if len(list) == len(r.Records) {
		return list, nil
	}
	return list, unusable(name)
}

// unusable is what package net says of such names.
func unusable(name string) error {
	return &net.DNSError{Err: "DNS response contained records which contain invalid names", Name: name}
}
