//go:build !before11

package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/dhcp"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// leases is the interfaces whose addresses a DHCP server gives.
type leases struct {
	any  atomic.Bool // there is one
	mu   sync.Mutex  // guards the rest
	list []*leasing
}

// leasing is one of them.
type leasing struct {
	via     *ip.Interface
	client  *dhcp.Client
	checked netip.Addr // the address that is being claimed, or has been
	used    dhcp.Lease // what the interface is set up with; its Prefix is not valid while it is with nothing
	waits   *ping      // the request for an address, while it waits
}

// AttachDHCP gives the stack an adapter whose address a DHCP server on its cable gives (RFC 2131), and returns what that has
// given when all is set up: the address, which nobody else on the cable has; the first router as the default route; the
// name servers and the domain for the resolver. The stack keeps it from then on: it asks for more time, and when there is no
// more it stops using the address, resets the connections that were made from it, and asks for another.
//
// It waits as long as ctx lets it. Its error is a *net.OpError that says what has been tried; the adapter stays attached,
// and the stack goes on asking. A live stack has to be started first.
func (s *Stack) AttachDHCP(ctx context.Context, d nic.Driver) (dhcp.Lease, error) {
	before := len(s.network.ip.Interfaces())
	if err := s.Attach(d, ip.NoAddress); err != nil {
		return dhcp.Lease{}, err
	}
	return s.Obtain(ctx, s.network.ip.Interfaces()[before])
}

// Obtain has a DHCP server give an interface its address, as AttachDHCP does. An address that it has is given up.
func (s *Stack) Obtain(ctx context.Context, i *ip.Interface) (dhcp.Lease, error) {
	l, err := s.obtain(ctx, i)
	if err != nil {
		return dhcp.Lease{}, &net.OpError{Op: "obtain", Net: "dhcp", Err: err}
	}
	return l, nil
}

func (s *Stack) obtain(ctx context.Context, i *ip.Interface) (dhcp.Lease, error) {
	if err := s.allowed(); err != nil {
		return dhcp.Lease{}, err
	}
	all := &s.leases
	l := &leasing{via: i, waits: new(ping)}
	w := l.waits
	w.sk.stream.changed.L = &w.sk.mu
	l.client = dhcp.NewClient(dhcp.Config{MAC: i.MAC, HostName: s.config.Name, Rand: s.config.Rand})
	all.mu.Lock()
	if slices.ContainsFunc(all.list, func(o *leasing) bool { return o.via == i }) {
		all.mu.Unlock()
		return dhcp.Lease{}, syscall.EALREADY
	}
	old := i.Addr()
	if !old.IsUnspecified() {
		s.network.ip.SetPrefix(i, ip.NoAddress)
	}
	l.client.Start(s.config.Now())
	all.list = append(all.list, l)
	all.any.Store(true)
	all.mu.Unlock()
	if !old.IsUnspecified() {
		s.abortFrom(old)
	}
	s.rewind()

	defer context.AfterFunc(ctx, func() { w.finish(0, context.Cause(ctx)) })()
	w.sk.mu.Lock()
	err := s.wait(&w.sk, func() bool { return w.end })
	if err == nil {
		err = w.err
	}
	w.sk.mu.Unlock()

	all.mu.Lock()
	defer all.mu.Unlock()
	l.waits = nil
	if err == nil || errors.Is(err, net.ErrClosed) {
		return l.used, err
	}
	n := l.client.Counts()
	switch {
	case n.Sent == 0:
		err = fmt.Errorf("nothing was sent on %s; a live stack has to be started first: %w", i.Info.Name, err)
	case n.Answers == 0:
		err = fmt.Errorf("%d messages were sent on %s, and no DHCP server has answered: look whether the cable is plugged in and a server is on it, or give the address by hand with Attach: %w", n.Sent, i.Info.Name, err)
	default:
		err = fmt.Errorf("a DHCP server has answered on %s, but there is no address yet (%v; %d refused, %d used by somebody else): %w", i.Info.Name, l.client.State(), n.Refusals, n.Declines, err)
	}
	return dhcp.Lease{}, err
}

// Lease returns what a DHCP server has given an interface, or false when that has no address by one.
func (s *Stack) Lease(i *ip.Interface) (dhcp.Lease, bool) {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	for _, l := range s.leases.list {
		if l.via == i {
			return l.used, l.used.Prefix.IsValid()
		}
	}
	return dhcp.Lease{}, false
}

// arriveLease takes what a DHCP server says to one of our clients. It returns false when the packet is something else.
func (s *Stack) arriveLease(now time.Duration, i *ip.Interface, d ip.Datagram, pkt *buffer.Packet) bool {
	if d.Protocol != header.ProtocolUDP || !d.Src.IsValid() || !s.leases.any.Load() {
		return false
	}
	h, payload, err := header.ParseUDP(pkt.Bytes())
	if err != nil || h.SrcPort != dhcp.ServerPort || h.DstPort != dhcp.ClientPort {
		return false
	}
	if o := &pkt.Offload; !o.NeedsChecksum && !o.ChecksumValid && !header.UDPChecksumValid(pkt.Bytes()[:h.Length], d.Src, d.Dst) {
		return false // to be counted there
	}
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	for _, l := range s.leases.list {
		if l.via == i {
			l.client.Arrive(now, payload)
			s.rewind()
			return true
		}
	}
	return false
}

// leaseDeadline returns when leasesDue has something to do.
func (s *Stack) leaseDeadline() (first time.Duration, ok bool) {
	if !s.leases.any.Load() {
		return 0, false
	}
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	for _, l := range s.leases.list {
		if at, set := l.client.Deadline(); set && (!ok || at < first) {
			first, ok = at, true
		}
	}
	return first, ok
}

// leasesDue lets the clients do what is due, and the interfaces follow.
func (s *Stack) leasesDue(now time.Duration) {
	if !s.leases.any.Load() {
		return
	}
	var done []*ping
	var gone []netip.Addr
	again := false
	s.leases.mu.Lock()
	for _, l := range s.leases.list {
		l.client.Timeout(now)
		again = s.check(now, l) || again
		s.speak(now, l)
		got, ok := l.client.Lease()
		if !ok {
			got = dhcp.Lease{}
		}
		if old := l.used.Prefix; old != got.Prefix {
			s.withdraw(l)
			if old.IsValid() {
				gone = append(gone, old.Addr())
			}
		}
		if ok && !same(&l.used, &got) {
			s.use(l, got)
		}
		l.used = got
		if ok && l.waits != nil {
			done = append(done, l.waits)
		}
	}
	s.leases.mu.Unlock()
	for _, w := range done {
		w.finish(now, nil)
	}
	for _, a := range gone {
		s.abortFrom(a)
	}
	if again {
		s.rewind() // the clock's goroutine may not know yet
	}
}

// check finds out by ARP whether somebody uses the address that a server has given (RFC 2131 4.4.1; RFC 5227). It returns
// true when there is something new to wait for.
func (s *Stack) check(now time.Duration, l *leasing) bool {
	addr, ok := l.client.Checking()
	if !ok {
		return false
	}
	if l.checked != addr {
		l.checked = addr
		s.network.ip.Claim(now, l.via, addr)
		return true
	}
	switch s.network.ip.Claimed(l.via, addr) {
	case ip.Held:
		l.client.Checked(now, true)
	case ip.Taken:
		s.network.ip.Unclaim(l.via, addr)
		l.checked = netip.Addr{}
		l.client.Checked(now, false)
	default:
		return false
	}
	return true
}

// speak sends what a client has to say.
func (s *Stack) speak(now time.Duration, l *leasing) {
	for {
		p, ok := l.client.Next()
		if !ok {
			return
		}
		hop := p.Dst
		if !l.via.Broadcast(hop) {
			i, next, err := s.network.ip.LookupFrom(p.Src, p.Dst)
			if err != nil || i != l.via {
				s.dropped(dropNoRoute)
				continue
			}
			hop = next
		}
		pkt := s.network.pool.Get()
		b := pkt.Push(header.UDPLen)
		h := header.UDP{SrcPort: dhcp.ClientPort, DstPort: dhcp.ServerPort, Length: uint16(header.UDPLen + len(p.Payload))}
		h.Put(b)
		pkt.Body[0] = p.Payload
		header.SetUDPChecksum(b, p.Src, p.Dst, p.Payload)
		out := s.sending()
		s.handDown(now, out, l.via, hop, pkt, ip.Datagram{Src: p.Src, Dst: p.Dst, Protocol: header.ProtocolUDP, MayFragment: true})
		s.sent(out)
	}
}

// same says whether the interface would be set up with one lease as with the other: the times may differ.
func same(a, b *dhcp.Lease) bool {
	return a.Prefix == b.Prefix && slices.Equal(a.Routers, b.Routers) && slices.Equal(a.DNS, b.DNS) && a.Domain == b.Domain
}

// use sets the interface up.
func (s *Stack) use(l *leasing, lease dhcp.Lease) {
	s.unroute(l)
	s.network.ip.SetPrefix(l.via, lease.Prefix)
	if len(lease.Routers) > 0 {
		s.network.ip.AddRoute(ip.Route{Dst: everywhere, Gateway: lease.Routers[0], Via: l.via}) // at worst there is one already
	}
	var servers []netip.AddrPort
	for _, a := range lease.DNS {
		servers = append(servers, netip.AddrPortFrom(a, 53))
	}
	if len(servers) > 0 {
		s.UseResolver(servers...)
	}
	if lease.Domain != "" {
		s.DNS().SetSearch(1, lease.Domain)
	}
}

// everywhere is what the default route is for.
var everywhere = netip.PrefixFrom(netip.IPv4Unspecified(), 0)

// withdraw takes the address away. Name servers stay: there may be another way to them.
func (s *Stack) withdraw(l *leasing) {
	old := l.used.Prefix
	if !old.IsValid() {
		return
	}
	s.unroute(l)
	s.network.ip.SetPrefix(l.via, ip.NoAddress)
	s.network.ip.Unclaim(l.via, old.Addr())
	l.checked = netip.Addr{}
}

func (s *Stack) unroute(l *leasing) {
	if len(l.used.Routers) > 0 {
		s.network.ip.RemoveRoute(ip.Route{Dst: everywhere, Gateway: l.used.Routers[0], Via: l.via})
	}
}

// abortFrom ends the connections that were made from an address that is ours no longer.
func (s *Stack) abortFrom(a netip.Addr) {
	conns, _, _ := s.transport.table.Counted()
	for _, c := range conns {
		if c.Local().Addr() != a {
			continue
		}
		sk := c.Owner().(*socket)
		sk.mu.Lock()
		if sk.stream.conn == c {
			s.abort(sk)
		}
		sk.mu.Unlock()
	}
}

// endLeases is what Stop does: servers are told that the addresses are free, as far as their MAC addresses are known; for an
// answer to ARP nobody waits any more.
func (s *Stack) endLeases() {
	var waits []*ping
	s.leases.mu.Lock()
	s.leases.any.Store(false)
	for _, l := range s.leases.list {
		now := s.config.Now()
		l.client.Stop(now)
		s.speak(now, l)
		if l.waits != nil {
			waits = append(waits, l.waits)
		}
	}
	s.leases.list = nil
	s.leases.mu.Unlock()
	for _, w := range waits {
		w.finish(0, net.ErrClosed)
	}
}
