//go:build !before7

package ip

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// several makes a part with an interface for each prefix: eth0, eth1 and so on.
func several(prefixes ...string) (*Part, []*Interface) {
	p := new(Part)
	for n, prefix := range prefixes {
		info := nic.Info{Name: fmt.Sprint("eth", n), Address: net.HardwareAddr{2, 0, 0, 0, 0, byte(n)}, MTU: 1500}
		p.Attach(card{info: info}, netip.MustParsePrefix(prefix))
	}
	return p, p.Interfaces()
}

var loopInfo = (&nic.Loop{}).Info()

func route(dst, gateway string, via *Interface, metric int) Route {
	r := Route{Dst: netip.MustParsePrefix(dst), Via: via, Metric: metric}
	if gateway != "" {
		r.Gateway = netip.MustParseAddr(gateway)
	}
	return r
}

// TestRoutes adds routes, asks for ways, and prints the table as ip route does.
func TestRoutes(t *testing.T) {
	p, i := several("10.0.0.1/24", "10.0.1.1/24")
	p.SetGateway(netip.MustParseAddr("10.0.0.254"))
	for _, r := range []Route{
		route("0.0.0.0/0", "10.0.1.254", nil, 100),
		route("192.0.2.0/24", "10.0.1.2", nil, 0),
		route("192.0.2.128/25", "10.0.0.2", nil, 0),
		route("198.51.100.0/24", "", i[1], 0),
		route("203.0.113.7/32", "198.51.100.1", i[1], 0), // a router that only a route of its own leads to
	} {
		if err := p.AddRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	const want = `default via 10.0.0.254 dev eth0
default via 10.0.1.254 dev eth1 metric 100
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1
10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1
192.0.2.0/24 via 10.0.1.2 dev eth1
192.0.2.128/25 via 10.0.0.2 dev eth0
198.51.100.0/24 dev eth1 scope link
203.0.113.7 via 198.51.100.1 dev eth1
`
	if diff := cmp.Diff(want, p.Routes().String()); diff != "" {
		t.Error(diff)
	}
	check := func(src, dst, want string) {
		t.Helper()
		var from netip.Addr
		if src != "" {
			from = netip.MustParseAddr(src)
		}
		got := "none"
		if i, hop, err := p.LookupFrom(from, netip.MustParseAddr(dst)); err == nil {
			got = hop.String() + " " + i.Info.Name
		} else if !errors.Is(err, ErrNoRoute) {
			t.Error(err)
		}
		if got != want {
			t.Errorf("%s from %q: %s, not %s", dst, src, got, want)
		}
	}
	check("", "10.0.0.9", "10.0.0.9 eth0")
	check("", "10.0.1.9", "10.0.1.9 eth1")
	check("", "8.8.8.8", "10.0.0.254 eth0")
	check("10.0.0.1", "8.8.8.8", "10.0.0.254 eth0")
	check("10.0.1.1", "8.8.8.8", "10.0.1.254 eth1") // the way back of what came in there
	check("0.0.0.0", "8.8.8.8", "10.0.0.254 eth0")
	check("10.0.1.1", "10.0.0.9", "10.0.1.254 eth1")
	check("", "192.0.2.127", "10.0.1.2 eth1")
	check("", "192.0.2.128", "10.0.0.2 eth0")
	check("", "198.51.100.1", "198.51.100.1 eth1")
	check("10.0.0.1", "198.51.100.1", "10.0.0.254 eth0")
	check("", "203.0.113.7", "198.51.100.1 eth1")
	check("", "255.255.255.255", "255.255.255.255 eth0")
	check("10.0.1.1", "224.0.0.251", "224.0.0.251 eth1")
	check("", "127.0.0.1", "none") // never leaves
	check("", "::1", "none")

	if !p.RemoveRoute(Route{Dst: netip.MustParsePrefix("192.0.2.128/25")}) || p.RemoveRoute(Route{Dst: netip.MustParsePrefix("192.0.2.128/25")}) {
		t.Error("a route is removed once")
	}
	check("", "192.0.2.128", "10.0.1.2 eth1")
	p.SetGateway(netip.Addr{})
	check("", "8.8.8.8", "10.0.1.254 eth1")
	p.RemoveRoute(route("0.0.0.0/0", "", nil, 100))
	check("", "8.8.8.8", "none")

	for _, r := range []Route{
		{},
		route("192.0.2.1/24", "10.0.0.2", nil, 0),   // no network
		route("192.0.2.0/24", "", nil, 0),           // to nowhere
		route("192.0.2.0/24", "172.16.0.1", nil, 0), // a router on no cable
		route("192.0.2.0/24", "10.0.0.2", i[1], 0),  // a router on another
		route("192.0.2.0/24", "10.0.0.1", nil, 0),   // ourselves
		route("192.0.2.0/24", "10.0.0.255", nil, 0), // everybody
		{Dst: netip.MustParsePrefix("192.0.2.0/24"), Via: new(Interface)},
		{Dst: netip.MustParsePrefix("2001:db8::/32"), Via: i[0]},
	} {
		if err := p.AddRoute(r); !errors.Is(err, ErrRoute) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if err := p.AddRoute(route("192.0.2.0/24", "10.0.1.2", i[1], 0)); !errors.Is(err, ErrRouteExists) {
		t.Errorf("twice: %v", err)
	}
}

// TestGatewayLater: a default router may be named before there is a cable on which it is.
func TestGatewayLater(t *testing.T) {
	p := new(Part)
	p.SetGateway(netip.MustParseAddr("10.0.0.254"))
	if _, _, err := p.Lookup(peer); !errors.Is(err, ErrNoRoute) {
		t.Error(err)
	}
	p.Attach(card{info: nic.Info{Address: ownMAC[:], MTU: 1500}}, netip.PrefixFrom(own, 24))
	if _, hop, err := p.Lookup(netip.MustParseAddr("192.0.2.1")); err != nil || hop.String() != "10.0.0.254" {
		t.Error(hop, err)
	}
}

// TestRoutesModel compares the table with one that is read line by line.
func TestRoutesModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, i := several("10.0.0.1/24", "10.0.1.1/16", "10.64.0.1/10")
		var model []Route
		for _, via := range i {
			model = append(model, Route{Dst: via.Prefix().Masked(), Via: via, Origin: Connected})
		}
		// Few bits, so that routes meet.
		addr := rapid.Custom(func(t *rapid.T) netip.Addr {
			return netip.AddrFrom4([4]byte{
				rapid.SampledFrom([]byte{10, 10, 10, 192, 1}).Draw(t, "a"),
				rapid.SampledFrom([]byte{0, 0, 1, 64, 127}).Draw(t, "b"),
				rapid.SampledFrom([]byte{0, 1, 128}).Draw(t, "c"),
				rapid.SampledFrom([]byte{2, 3, 130}).Draw(t, "d"),
			})
		})
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			dst := netip.PrefixFrom(addr.Draw(t, "dst"), rapid.IntRange(0, 32).Draw(t, "bits")).Masked()
			if rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				at := slices.IndexFunc(model, func(r Route) bool { return r.Origin == Static && r.Dst == dst })
				if p.RemoveRoute(Route{Dst: dst}) != (at >= 0) {
					t.Fatalf("removing %v", dst)
				}
				if at >= 0 {
					model = slices.Delete(model, at, at+1)
				}
				continue
			}
			r := Route{Dst: dst, Via: rapid.SampledFrom(i).Draw(t, "via"), Metric: rapid.IntRange(0, 2).Draw(t, "metric")}
			if rapid.Bool().Draw(t, "router") {
				r.Gateway = r.Via.Addr().Next()
			}
			err := p.AddRoute(r)
			if exists := slices.Contains(model, r); exists != errors.Is(err, ErrRouteExists) || !exists && err != nil {
				t.Fatalf("adding %v: %v", r, err)
			} else if !exists {
				model = append(model, r)
			}
		}
		for range 20 {
			dst := addr.Draw(t, "to")
			src := rapid.SampledFrom([]netip.Addr{{}, i[0].Addr(), i[1].Addr(), i[2].Addr()}).Draw(t, "from")
			better := func(a, b *Route) bool {
				if own := a.Via.Addr() == src; src.IsValid() && own != (b.Via.Addr() == src) {
					return own
				}
				return a.Dst.Bits() > b.Dst.Bits() || a.Dst.Bits() == b.Dst.Bits() && a.Metric < b.Metric
			}
			var want *Route
			for n := range model {
				if r := &model[n]; r.Dst.Contains(dst) && (want == nil || better(r, want)) {
					want = r
				}
			}
			via, hop, err := p.LookupFrom(src, dst)
			if want == nil {
				if !errors.Is(err, ErrNoRoute) {
					t.Fatalf("%v: %v, %v", dst, hop, err)
				}
				continue
			}
			next := dst
			if want.Gateway.IsValid() {
				next = want.Gateway
			}
			if err != nil || via != want.Via || hop != next {
				t.Fatalf("%v from %v: %v by %v, %v; not %v\n%v", dst, src, hop, via, err, want, p.Routes())
			}
		}
		if n := strings.Count(p.Routes().String(), "\n"); n != len(model) {
			t.Fatalf("%d lines of %d routes", n, len(model))
		}
	})
}

// TestLookupAllocates nothing, however long the table is.
func TestLookupAllocates(t *testing.T) {
	p := longTable(t)
	dst := netip.MustParseAddr("192.0.7.9")
	if n := testing.AllocsPerRun(100, func() { p.LookupFrom(own, dst) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func longTable(t testing.TB) *Part {
	p, i := newPart()
	for n := range 1000 {
		r := Route{Dst: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, byte(n >> 8), byte(n), 0}), 24), Gateway: peer, Via: i}
		p.routes.static = append(p.routes.static, r)
	}
	if err := p.AddRoute(Route{Dst: netip.MustParsePrefix("192.0.0.0/8").Masked(), Gateway: peer}); err != nil {
		t.Fatal(err)
	}
	p.SetGateway(peer)
	return p
}

// BenchmarkLookup looks up in a table of a thousand routes.
func BenchmarkLookup(b *testing.B) {
	p := longTable(b)
	dst := netip.MustParseAddr("8.8.8.8") // the last that is asked
	b.ReportAllocs()
	for b.Loop() {
		p.LookupFrom(own, dst)
	}
}

// TestRedirect: a router tells of a better one; who is believed, for how long, and for how many.
func TestRedirect(t *testing.T) {
	far, router, better := netip.MustParseAddr("192.0.2.1"), theirs, netip.MustParseAddr("10.0.0.7")
	redirect := func(p *Part, i *Interface, from, better, src, dst netip.Addr, code uint8) error {
		b := better.As4()
		quote := make([]byte, 28)
		q := header.IPv4{TotalLen: 28, TTL: 60, Protocol: header.ProtocolUDP, Src: src, Dst: dst}
		q.Put(quote)
		m := header.ICMP{Type: header.ICMPRedirect, Code: code, ID: uint16(b[0])<<8 | uint16(b[1]), Seq: uint16(b[2])<<8 | uint16(b[3])}
		_, err := p.Arrive(0, i, frameOf(header.ProtocolICMP, from, ours, icmpOf(m, quote)))
		return err
	}
	hop := func(p *Part, dst netip.Addr) netip.Addr {
		_, hop, _ := p.Lookup(dst)
		return hop
	}
	for code := range uint8(4) {
		p, i := alone()
		p.SetGateway(router)
		if err := redirect(p, i, router, better, ours, far, code); err != nil || hop(p, far) != better || hop(p, far.Next()) != router {
			t.Errorf("code %d: by %v, %v", code, hop(p, far), err)
		}
		if s := p.Routes().String(); !strings.Contains(s, "192.0.2.1 via 10.0.0.7 dev eth0 proto redirect\n") {
			t.Error(s)
		}
		p.Timeout(redirectAge - 1)
		if hop(p, far) != better {
			t.Error("forgotten too early")
		}
		p.Timeout(redirectAge)
		if hop(p, far) != router {
			t.Error("believed for too long")
		}
		redirect(p, i, router, better, ours, far, code)
		p.Doubt(far)
		if hop(p, far) != router {
			t.Error("believed although nothing arrives")
		}
	}
	for name, c := range map[string]struct{ from, better, src, dst string }{
		"from another than the router": {"10.0.0.3", "10.0.0.7", "10.0.0.1", "192.0.2.1"},
		"from afar":                    {"192.0.2.9", "10.0.0.7", "10.0.0.1", "192.0.2.1"},
		"to a router elsewhere":        {"10.0.0.2", "10.0.1.7", "10.0.0.1", "192.0.2.1"},
		"to ourselves":                 {"10.0.0.2", "10.0.0.1", "10.0.0.1", "192.0.2.1"},
		"to everybody":                 {"10.0.0.2", "10.0.0.255", "10.0.0.1", "192.0.2.1"},
		"to itself":                    {"10.0.0.2", "10.0.0.2", "10.0.0.1", "192.0.2.1"},
		"of what another has sent":     {"10.0.0.2", "10.0.0.7", "10.0.0.3", "192.0.2.1"},
		"of a neighbour":               {"10.0.0.2", "10.0.0.7", "10.0.0.1", "10.0.0.2"},
	} {
		p, i := alone()
		p.SetGateway(router)
		a := netip.MustParseAddr
		err := redirect(p, i, a(c.from), a(c.better), a(c.src), a(c.dst), 1)
		if err == nil || len(p.routes.redirects.of) != 0 {
			t.Errorf("%s: believed", name)
		}
	}
	p, i := alone()
	p.SetGateway(router)
	p.IgnoreRedirects = true
	if err := redirect(p, i, router, better, ours, far, 1); err == nil || hop(p, far) != router {
		t.Error("not ignored")
	}
	p.IgnoreRedirects = false
	for range 3 * redirectMost {
		far = far.Next()
		redirect(p, i, router, better, ours, far, 1)
	}
	if n := len(p.routes.redirects.of); n != redirectMost {
		t.Errorf("%d are believed", n)
	}
}
