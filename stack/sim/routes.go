//go:build !before7

package sim

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/tsunagu/tsunagu/stack/trace"
)

// route is a line of a router's table: what is for prefix goes to via, or straight to its destination when via is not valid.
type route struct {
	prefix netip.Prefix
	via    netip.Addr
	port   *routerPort
	found  bool // by FindRoutes
}

// Route writes a line into the routing table: what is for hosts in prefix goes to the router via, which has to be on one
// of this router's own networks; else it panics. A line with the same prefix is replaced. 0.0.0.0/0 is the default.
func (r *Router) Route(prefix netip.Prefix, via netip.Addr) {
	r.addRoute(prefix, via, false)
}

func (r *Router) addRoute(prefix netip.Prefix, via netip.Addr, found bool) {
	prefix = prefix.Masked()
	i := slices.IndexFunc(r.ports, func(p *routerPort) bool { return p.prefix.Contains(via) && p.prefix.Addr() != via })
	if i < 0 || !prefix.IsValid() {
		panic(fmt.Sprintf("sim: %s cannot reach %v by way of %v: that is on none of its networks", r.name, prefix, via))
	}
	r.setRoute(route{prefix, via, r.ports[i], found})
}

// setRoute keeps the table in the order in which it is searched: the longest prefix first.
func (r *Router) setRoute(n route) {
	r.routes = slices.DeleteFunc(r.routes, func(o route) bool { return o.prefix == n.prefix })
	i, _ := slices.BinarySearchFunc(r.routes, n, func(o, n route) int {
		if o.prefix.Bits() != n.prefix.Bits() {
			return n.prefix.Bits() - o.prefix.Bits()
		}
		return o.prefix.Addr().Compare(n.prefix.Addr())
	})
	r.routes = slices.Insert(r.routes, i, n)
}

// lookup returns the port and the next hop for a destination: the longest prefix decides (RFC 1812 5.2.4.3).
func (r *Router) lookup(dst netip.Addr) (*routerPort, netip.Addr, bool) {
	for _, o := range r.routes {
		if o.prefix.Contains(dst) {
			if !o.via.IsValid() {
				return o.port, dst, true
			}
			return o.port, o.via, true
		}
	}
	return nil, netip.Addr{}, false
}

// Routes returns the routing table as text, a line each, the longest prefixes first.
func (r *Router) Routes() (lines []string) {
	for _, o := range r.routes {
		if o.via.IsValid() {
			lines = append(lines, fmt.Sprintf("%v via %v", o.prefix, o.via))
		} else {
			lines = append(lines, fmt.Sprintf("%v on port %d", o.prefix, slices.Index(r.ports, o.port)))
		}
	}
	return lines
}

// FindRoutes fills in the routing tables of all routers: to every network the way over the fewest routers, as a routing
// protocol would find it; of two ways the one that was linked first. Lines written by [Router.Route] stay. What is linked
// later is found when it is called again.
func (w *World) FindRoutes() {
	t := &w.network.topology
	for _, n := range w.network.parts {
		if r, ok := n.(*Router); ok {
			r.routes = slices.DeleteFunc(r.routes, func(o route) bool { return o.found })
		}
	}
	for _, to := range t.segments {
		reached := map[*segment]bool{to: true}
		knows := map[*Router]bool{}
		for _, r := range to.routers() {
			knows[r] = true
		}
		// Outwards: whoever shares a network with a router that knows the way sends by it.
		for front := []*segment{to}; len(front) > 0; front = front[1:] {
			for _, r := range front[0].routers() {
				for _, s := range t.segments {
					via, on := s.addressOf(r)
					if !on || reached[s] {
						continue
					}
					reached[s] = true
					front = append(front, s)
					for _, q := range s.routers() {
						written := slices.ContainsFunc(q.routes, func(o route) bool { return o.prefix == to.prefix })
						if !knows[q] && !written {
							q.addRoute(to.prefix, via, true)
						}
						knows[q] = true
					}
				}
			}
		}
	}
}

// routers returns the routers on a segment.
func (s *segment) routers() (list []*Router) {
	for _, m := range s.members {
		if r, ok := m.node.(*Router); ok {
			list = append(list, r)
		}
	}
	return list
}

// addressOf returns the address of a node on a segment.
func (s *segment) addressOf(n Node) (netip.Addr, bool) {
	for _, m := range s.members {
		if m.node == n {
			return m.addr, true
		}
	}
	return netip.Addr{}, false
}

// traced tells the world's trace of a frame at a router, which is in it as hosts are: what it sends is another frame than
// what it got.
func (r *Router) traced(kind trace.Kind, frame []byte) {
	r.world.log.Add(trace.Event{At: r.world.now, Host: r.name, Kind: kind, Frame: slices.Clone(frame)})
}
