//go:build !before8

package dns

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Resolver is what all lookups share: which servers to ask, the search list, the hosts table, and what is remembered. The
// zero value knows no server. It may be used by several goroutines at once.
type Resolver struct {
	mu      sync.Mutex // guards all but counts
	servers []netip.AddrPort
	first   int // which of them is asked first: the one that has answered last
	search  []string
	ndots   int
	hosts   map[string][]netip.Addr
	names   map[netip.Addr][]string // the same the other way round
	cache   cache

	counts counts
}

// SetServers says which name servers to ask, in this order; port 53 is usual. Whoever answers is asked first from then on,
// as long as he does. What other servers have said is forgotten.
func (r *Resolver) SetServers(servers ...netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.servers, r.first = slices.Clone(servers), 0
	r.cache.clear()
}

// Servers returns the name servers, in the order in which the next query asks them.
func (r *Resolver) Servers() []netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	return rotated(r.servers, r.first)
}

// SetSearch says which domains to try for a name that is not whole, one after the other, until there is such a name. A
// name with at least ndots dots is tried as it is first, and one with fewer last, as resolv.conf(5) has it; 1 is usual.
// One that ends in a dot is whole, and never searched for.
func (r *Resolver) SetSearch(ndots int, domains ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ndots, r.search = max(0, ndots), nil
	for _, d := range domains {
		r.search = append(r.search, whole(d))
	}
}

// SetHosts gives names that need not be asked for, with their addresses, as /etc/hosts has them. It replaces those that
// were given before. localhost is always known (RFC 6761 6.3).
func (r *Resolver) SetHosts(hosts map[string][]netip.Addr) {
	known, names := map[string][]netip.Addr{}, map[netip.Addr][]string{}
	for name, addrs := range hosts {
		known[fold(whole(name))] = slices.Clone(addrs)
		for _, a := range addrs {
			names[a.Unmap()] = append(names[a.Unmap()], whole(name))
		}
	}
	for _, list := range names {
		slices.Sort(list) // a map has no order
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts, r.names = known, names
}

// Forget forgets all that servers have said.
func (r *Resolver) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cache.clear()
}

// Remembered returns how many answers are remembered, and about how many bytes they occupy: at most a thousand, and at
// most a mebibyte.
func (r *Resolver) Remembered() (answers, bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.cache.entries), r.cache.memory
}

// candidates returns the whole names that a name may stand for, in the order in which to try them. It holds the lock.
func (r *Resolver) candidates(name string) []string {
	own := whole(name)
	if strings.HasSuffix(name, ".") {
		return []string{own}
	}
	var list []string
	for _, domain := range r.search {
		if longer := own + domain; sound(longer) {
			list = append(list, longer)
		}
	}
	if strings.Count(name, ".") >= r.ndots {
		return append([]string{own}, list...)
	}
	return append(list, own)
}

// known answers what no server need be asked for. It holds the lock.
func (r *Resolver) known(name string, kind Type) (records []Record, ok bool) {
	name = fold(whole(name))
	switch kind {
	case TypeA, TypeAAAA:
		addrs, ok := r.hosts[name]
		if !ok && within(name, "localhost.") {
			addrs, ok = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, true
		}
		for _, a := range addrs {
			if a = a.Unmap(); a.Is4() == (kind == TypeA) {
				records = append(records, addressRecord(name, a))
			}
		}
		return records, ok
	case TypePTR:
		for a, names := range r.names {
			if Reverse(a) == name {
				for _, n := range names {
					records = append(records, nameRecord(name, n))
				}
			}
		}
		if len(records) == 0 && (name == "1.0.0.127.in-addr.arpa." || name == Reverse(netip.IPv6Loopback())) {
			records = append(records, nameRecord(name, "localhost."))
		}
		return records, len(records) > 0
	}
	return nil, false
}

// nowhere says whether a name can be none that a server knows, so that nobody needs to hear who asks for it (RFC 6761
// 6.3 and 6.4, RFC 7686 2).
func nowhere(name string) bool {
	name = fold(name)
	return within(name, "localhost.") || within(name, "invalid.") || within(name, "onion.")
}

func addressRecord(name string, a netip.Addr) Record {
	if a.Is4() {
		return Record{Name: name, Type: TypeA, Body: &dnsmessage.AResource{A: a.As4()}}
	}
	return Record{Name: name, Type: TypeAAAA, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}}
}

func nameRecord(name, target string) Record {
	n, _ := dnsmessage.NewName(target) // one that is too long is empty, and leads nowhere
	return Record{Name: name, Type: TypePTR, Body: &dnsmessage.PTRResource{PTR: n}}
}

// recall returns what is remembered.
func (r *Resolver) recall(now time.Duration, q question) (finding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.cache.get(now, q)
	if ok {
		r.counts.add(Remembered)
	}
	return f, ok
}

// remember keeps what an answer has come to.
func (r *Resolver) remember(now time.Duration, q question, f finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cache.put(now, q, f)
}

// helped notes that a server has answered. It may be none of ours any more.
func (r *Resolver) helped(server netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.servers, server); i >= 0 {
		r.first = i
	}
}

// Counter is something that happens to a resolver.
type Counter uint8

const (
	Asked         Counter = iota // messages sent to servers
	AskedByStream                // … those of them that went by TCP
	Remembered                   // questions that were answered by what is remembered
	Joined                       // lookups that waited for another's of the same question
	TimedOut                     // messages without an answer
	Ignored                      // messages that were no answer to what was asked
	Truncated                    // answers that did not fit into a datagram
	WithoutEDNS                  // servers that did not know EDNS

	counters
)

var counterNames = [counters]string{
	"Asked", "AskedByStream", "Remembered", "Joined", "TimedOut", "Ignored", "Truncated", "WithoutEDNS",
}

// String returns the counter's name.
func (c Counter) String() string { return counterNames[c] }

// Counters is how many there are.
func Counters() Counter { return counters }

// Count returns how often something has happened.
func (r *Resolver) Count(c Counter) uint64 { return r.counts[c].Load() }

// Add counts what those notice who ask on the resolver's behalf.
func (r *Resolver) Add(c Counter) { r.counts.add(c) }

type counts [counters]atomic.Uint64

func (n *counts) add(c Counter) { n[c].Add(1) }
