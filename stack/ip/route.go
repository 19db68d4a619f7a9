//go:build !before7

package ip

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

var (
	// ErrRoute: a route that cannot be: to addresses that are no network's, or by a router that is on none of our cables.
	ErrRoute = errors.New("ip: no possible route")
	// ErrRouteExists: the very same route is there already.
	ErrRouteExists = errors.New("ip: the route is there already")
)

// Route is a line of the routing table: how to reach all the addresses that begin like Dst (RFC 1122 3.3.1).
type Route struct {
	Dst     netip.Prefix // which addresses; 0.0.0.0/0 is the default route, for what no other is for
	Gateway netip.Addr   // the router that takes packets; not valid: they are on the cable itself
	Via     *Interface   // the interface whose cable it is
	Metric  int          // of several routes to the same Dst, the one with the smallest is taken
	Origin  Origin       // where the route comes from
}

// Origin is where a route comes from.
type Origin uint8

const (
	Static     Origin = iota // somebody has added it
	Connected                // an interface's own cable
	Redirected               // a router has told of a better one, see [Part.IgnoreRedirects]
)

// String writes a route as Linux's ip route does.
func (r Route) String() string {
	var b strings.Builder
	switch {
	case r.Dst.Bits() == 0:
		b.WriteString("default")
	case r.Dst.Bits() == 32:
		b.WriteString(r.Dst.Addr().String())
	default:
		b.WriteString(r.Dst.String())
	}
	if r.Gateway.IsValid() {
		fmt.Fprintf(&b, " via %v", r.Gateway)
	}
	fmt.Fprintf(&b, " dev %s", r.Via.Info.Name)
	switch {
	case r.Origin == Connected:
		fmt.Fprintf(&b, " proto kernel scope link src %v", r.Via.Addr())
	case r.Origin == Redirected:
		b.WriteString(" proto redirect")
	case !r.Gateway.IsValid():
		b.WriteString(" scope link")
	}
	if r.Metric != 0 {
		fmt.Fprintf(&b, " metric %d", r.Metric)
	}
	return b.String()
}

// Routes is a routing table, to be looked at.
type Routes []Route

// String writes a table as Linux's ip route does, a line for each route.
func (r Routes) String() string {
	var b strings.Builder
	for _, one := range r {
		fmt.Fprintln(&b, one)
	}
	return b.String()
}

// routes is the routing table.
type routes struct {
	mu        sync.Mutex // held by who changes it
	gateway   netip.Addr // SetGateway's
	static    []Route    // AddRoute's, in the order in which they were added
	table     atomic.Pointer[table]
	redirects redirects
}

// table is the routes arranged for looking up. It does not change: with each change of a route a new one is made, so that
// whoever has a packet to send looks up without a lock.
type table struct{ levels []level }

// level is all routes whose Dst is of one length. The longest is asked first: the most precise answer counts.
type level struct {
	mask uint32
	to   map[uint32][]Route // by the bits of Dst that count; of several routes the one with the smallest metric first
}

// number is an address as a number.
func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

// mask has the first n bits set.
func mask(n int) uint32 { return ^uint32(0) << (32 - n) }

// find returns the way to dst, by the interface that has the address src where that is possible. What is for this host
// itself takes the way back; nothing that has to do with 127.0.0.0/8 ever leaves (RFC 1122 3.2.1.3).
func (p *Part) find(src, dst netip.Addr) (*Interface, netip.Addr, error) {
	switch {
	case !dst.Is4():
		return nil, netip.Addr{}, ErrNoRoute
	case p.loop.via != nil && p.Own(dst):
		return p.loop.via, dst, nil
	case dst.IsLoopback() || src.IsLoopback():
		return nil, netip.Addr{}, ErrNoRoute
	case dst == broadcast || dst.IsMulticast():
		return p.toGroup(src, dst)
	}
	if r, ok := p.routes.redirects.find(dst); ok && (!src.IsValid() || r.Via.Addr() == src) {
		return r.Via, r.Gateway, nil
	}
	r := p.routes.table.Load().find(src, dst)
	switch {
	case r == nil:
		return nil, netip.Addr{}, ErrNoRoute
	case r.Gateway.IsValid():
		return r.Via, r.Gateway, nil
	}
	return r.Via, dst, nil
}

// find returns the route with the longest Dst that dst begins with; of those the interface with the address src has, if it
// has one at all. nil: there is none.
func (t *table) find(src, dst netip.Addr) (best *Route) {
	if t == nil {
		return nil
	}
	a := number(dst)
	for i := range t.levels {
		l := &t.levels[i]
		list := l.to[a&l.mask]
		for j := range list {
			r := &list[j]
			if !src.IsValid() || src.IsUnspecified() || r.Via.Addr() == src {
				return r
			}
			if best == nil {
				best = r
			}
		}
	}
	return best
}

// toGroup is the way to a group: by the interface that has the address src, or else the first.
func (p *Part) toGroup(src, dst netip.Addr) (*Interface, netip.Addr, error) {
	all := p.Interfaces()
	for _, i := range all {
		if i.Addr() == src {
			return i, dst, nil
		}
	}
	for _, i := range all {
		if !i.Addr().IsUnspecified() {
			return i, dst, nil
		}
	}
	return nil, netip.Addr{}, ErrNoRoute
}

// SetGateway names the router that takes what is for hosts beyond our own cables, in place of the one named before. It must
// be on one of them; the zero address takes it away.
func (p *Part) SetGateway(addr netip.Addr) {
	r := &p.routes
	r.mu.Lock()
	r.gateway = addr
	r.mu.Unlock()
	p.reroute()
}

// AddRoute adds a route of which Dst is given, and the router, or the interface, or both. The router has to be on the
// interface's cable: to be reached by a route that names no router. It fails with ErrRoute or ErrRouteExists.
func (p *Part) AddRoute(r Route) error {
	if r.Origin = Static; r.Gateway.IsValid() && r.Via == nil {
		for _, i := range p.Interfaces() {
			if r.Via == nil && i.Prefix().Contains(r.Gateway) {
				r.Via = i
			}
		}
	}
	switch {
	case !r.Dst.IsValid() || !r.Dst.Addr().Is4() || r.Dst != r.Dst.Masked():
		return fmt.Errorf("%w: %v is no network", ErrRoute, r.Dst)
	case r.Via == nil || !slices.Contains(p.Interfaces(), r.Via):
		return fmt.Errorf("%w: no interface leads to %v", ErrRoute, r.Gateway)
	case r.Gateway.IsValid() && (!r.Gateway.Is4() || !r.Via.single(r.Gateway) || p.Own(r.Gateway)):
		return fmt.Errorf("%w: %v is no router", ErrRoute, r.Gateway)
	}
	t := &p.routes
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Gateway.IsValid() {
		onCable := func(o Route) bool { return !o.Gateway.IsValid() && o.Via == r.Via && o.Dst.Contains(r.Gateway) }
		if !slices.ContainsFunc(p.listed(), onCable) {
			return fmt.Errorf("%w: %v is not on the cable of %s", ErrRoute, r.Gateway, r.Via.Info.Name)
		}
	}
	if slices.Contains(t.static, r) {
		return ErrRouteExists
	}
	t.static = append(t.static, r)
	p.arrange()
	return nil
}

// RemoveRoute takes away the first of the added routes that has this Dst, and this router, interface and metric, as far as
// those are given. It returns false when there is none.
func (p *Part) RemoveRoute(r Route) bool {
	t := &p.routes
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.IndexFunc(t.static, func(o Route) bool {
		return o.Dst == r.Dst && (!r.Gateway.IsValid() || o.Gateway == r.Gateway) && (r.Via == nil || o.Via == r.Via) &&
			(r.Metric == 0 || o.Metric == r.Metric)
	})
	if at < 0 {
		return false
	}
	t.static = slices.Delete(t.static, at, at+1)
	p.arrange()
	return true
}

// Routes returns the routing table: the default route first, then by address.
func (p *Part) Routes() Routes {
	p.routes.mu.Lock()
	list := p.listed()
	p.routes.mu.Unlock()
	list = append(list, p.routes.redirects.list()...)
	slices.SortStableFunc(list, func(a, b Route) int {
		return cmp.Or(a.Dst.Addr().Compare(b.Dst.Addr()), a.Dst.Bits()-b.Dst.Bits(), a.Metric-b.Metric)
	})
	return list
}

// listed is all routes but those that routers have told of. The table is locked.
func (p *Part) listed() (list Routes) {
	for _, i := range p.Interfaces() {
		if i.Addr().IsUnspecified() {
			continue // it has none yet
		}
		list = append(list, Route{Dst: i.Prefix().Masked(), Via: i, Origin: Connected})
	}
	for _, i := range p.Interfaces() {
		if hop := p.routes.gateway; i.Prefix().Contains(hop) && !i.Addr().IsUnspecified() {
			list = append(list, Route{Dst: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Gateway: hop, Via: i})
			break
		}
	}
	return append(list, p.routes.static...)
}

// reroute makes the table again, after an interface has come or has another address.
func (p *Part) reroute() {
	p.routes.mu.Lock()
	defer p.routes.mu.Unlock()
	p.arrange()
}

// arrange makes the table for looking up. The routes are locked.
func (p *Part) arrange() {
	list := p.listed()
	slices.SortStableFunc(list, func(a, b Route) int { return cmp.Or(b.Dst.Bits()-a.Dst.Bits(), a.Metric-b.Metric) })
	t := new(table)
	for _, r := range list {
		m := mask(r.Dst.Bits())
		if n := len(t.levels); n == 0 || bits.OnesCount32(t.levels[n-1].mask) != r.Dst.Bits() {
			t.levels = append(t.levels, level{m, make(map[uint32][]Route)})
		}
		l := &t.levels[len(t.levels)-1]
		key := number(r.Dst.Addr()) & m
		l.to[key] = append(l.to[key], r)
	}
	p.routes.table.Store(t)
}
