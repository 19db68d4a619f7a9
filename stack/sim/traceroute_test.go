//go:build !before9

package sim

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// routers pretends that there are routers in a cable, for what one of its ends sends: hops are their addresses, a zero one
// is silent; the last of them tells what last says, if that says anything.
func routers(cable *nic.Cable, end *nic.Adapter, last header.ICMP, hops ...netip.Addr) {
	cable.Fate = func(p nic.Passing) nic.Fate {
		e, packet, err := header.ParseEthernet(p.Frame)
		if err != nil || e.Type != header.EtherTypeIPv4 || p.From != end {
			return nic.Fate{}
		}
		q, _, err := header.ParseIPv4(packet)
		if err != nil || int(q.TTL) > len(hops) && last.Type == 0 {
			return nic.Fate{}
		}
		h, n := header.ICMP{Type: header.ICMPTimeExceeded}, min(int(q.TTL), len(hops))
		if n == len(hops) && last.Type != 0 {
			h = last
		}
		fate := nic.Fate{Lost: true}
		if hops[n-1].IsValid() {
			fate.Answer = About(p.Frame, h)
			answer := fate.Answer[header.EthernetLen:]
			outer, _, _ := header.ParseIPv4(answer)
			outer.Src = hops[n-1]
			outer.Put(answer)
		}
		return fate
	}
}

// acquainted is two hosts that know each other's MAC address.
func acquainted(t *testing.T) (a, b *stack.Stack, cable *nic.Cable) {
	w := New(1)
	a, b = w.Host("a"), w.Host("b")
	cable = w.Connect(a, b)
	if _, err := a.Ping(b.Addr(0).Addr(), 0); err != nil {
		t.Fatal(err)
	}
	return a, b, cable
}

func TestTraceroute(t *testing.T) {
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for _, c := range []struct {
		what string
		last header.ICMP
		hops []netip.Addr
		want string
	}{
		{"nobody between", header.ICMP{}, nil, " 1  10.0.0.2  2.000 ms  2.000 ms  2.000 ms"},
		{"two, and one that is silent", header.ICMP{}, []netip.Addr{one, {}, two}, ` 1  192.0.2.1  2.000 ms  2.000 ms  2.000 ms
 2  * * *
 3  192.0.2.2  2.000 ms  2.000 ms  2.000 ms
 4  10.0.0.2  2.000 ms  2.000 ms  2.000 ms`},
		{"no host", header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableHost}, []netip.Addr{one, two}, ` 1  192.0.2.1  2.000 ms  2.000 ms  2.000 ms
 2  192.0.2.2  2.000 ms !H  2.000 ms !H  2.000 ms !H`},
		{"not allowed", header.ICMP{Type: header.ICMPUnreachable, Code: header.UnreachableFiltered}, []netip.Addr{one}, " 1  192.0.2.1  2.000 ms !X  2.000 ms !X  2.000 ms !X"},
	} {
		a, b, cable := acquainted(t)
		end, _ := cable.Ends()
		routers(cable, end, c.last, c.hops...)
		h, err := a.Traceroute(b.Addr(0).Addr())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("traceroute to 10.0.0.2, 30 hops max, 60 byte packets\n"+c.want, h.String()); diff != "" {
			t.Errorf("%s: wanted - and got +:\n%s", c.what, diff)
		}
	}
	a, _, _ := acquainted(t)
	if _, err := a.Traceroute(netip.MustParseAddr("198.51.100.1")); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("to nowhere: %v", err)
	}
	h, err := a.Traceroute(netip.MustParseAddr("10.0.0.9"))
	want := "traceroute to 10.0.0.9, 30 hops max, 60 byte packets\n 1  10.0.0.1  3000.000 ms !H  3000.000 ms !H  3000.000 ms !H"
	if err != nil || h.String() != want {
		t.Errorf("nobody there: %v, %v", h, err)
	}
}

func TestPings(t *testing.T) {
	a, b, cable := acquainted(t)
	n := 0
	cable.Fate = func(p nic.Passing) nic.Fate {
		if _, end := cable.Ends(); p.From == end { // the answers
			n++
			return nic.Fate{Lost: n == 2, Delay: time.Duration(n) * 5 * time.Millisecond}
		}
		return nic.Fate{}
	}
	r, err := a.Pings(b.Addr(0).Addr(), 3, 56)
	if err != nil {
		t.Fatal(err)
	}
	want := `PING 10.0.0.2 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=7.00 ms
no answer yet for icmp_seq=2
64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=17.0 ms

--- 10.0.0.2 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 6017ms
rtt min/avg/max/mdev = 7.000/12.000/17.000/5.000 ms`
	if diff := cmp.Diff(want, r.String()); diff != "" {
		t.Errorf("wanted - and got +:\n%s", diff)
	}
	r, err = a.Pings(netip.MustParseAddr("10.0.0.9"), 1, 56)
	want = `PING 10.0.0.9 56(84) bytes of data.
From 10.0.0.1 icmp_seq=1 Destination Host Unreachable

--- 10.0.0.9 ping statistics ---
1 packets transmitted, 0 received, 100% packet loss, time 3000ms`
	if err != nil || r.String() != want {
		t.Errorf("%v\n%v", err, r)
	}
	for addr, want := range map[string]error{"::1": syscall.EINVAL, "198.51.100.1": syscall.ENETUNREACH} {
		if _, err := a.Pings(netip.MustParseAddr(addr), 1, 56); !errors.Is(err, want) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if _, err := a.Pings(b.Addr(0).Addr(), 1, 70000); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("too long: %v", err)
	}
}

// TestTracerouteRouters goes over routers of the world, which say who they are themselves.
func TestTracerouteRouters(t *testing.T) {
	w := New(1)
	a, b := w.Host("a"), w.Host("b")
	one, two := w.Router("one"), w.Router("two")
	w.Link(a, one)
	w.Link(one, two)
	w.Link(two, b)
	w.FindRoutes()
	h, err := a.Traceroute(b.Addr(0).Addr())
	if err != nil || len(h.List) != 3 {
		t.Fatalf("%v, %v", h, err)
	}
	for n, owners := range [][]netip.Addr{one.Addrs(), two.Addrs(), {b.Addr(0).Addr()}} {
		for _, e := range h.List[n] {
			if !slices.Contains(owners, e.From) {
				t.Errorf("hop %d is %v, not one of %v", n+1, e.From, owners)
			}
		}
	}
	if r, err := a.Pings(b.Addr(0).Addr(), 2, 56); err != nil || r.List[1].Err != nil || r.List[1].TTL != 62 {
		t.Errorf("%v, %v", r, err)
	}
}
