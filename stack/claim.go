//go:build !before7

package stack

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// claiming is the requests that wait until it is known whether an address is free, or for time to pass.
type claiming struct {
	mu    sync.Mutex
	ended bool
	all   map[*ping]bool
}

// Claim asks all on the cable of interface i whether somebody has the address addr, and says that it is ours when nobody
// objects (RFC 5227). It returns when that is known, after four to seven seconds; until then nothing is sent from the
// address, should it be the interface's already. It fails with EADDRINUSE when somebody else has it, or claims it too: then
// it stays unused.
//
// Attach alone does not claim: the addresses of a simulated world are its maker's affair. On a cable with strangers an
// address should be claimed right after Attach.
func (s *Stack) Claim(i *ip.Interface, addr netip.Addr) error {
	at := netip.AddrPortFrom(addr.Unmap(), 0)
	s.emit(trace.Event{Kind: trace.Call, Name: "claim", Note: addr.String(), Local: at})
	err := s.claim(i, at.Addr())
	s.returned("claim", 0, err, addr.String())
	if err != nil {
		return &net.OpError{Op: "claim", Net: "arp", Addr: &net.IPAddr{IP: addr.AsSlice()}, Err: named("claim", err)}
	}
	return nil
}

func (s *Stack) claim(i *ip.Interface, addr netip.Addr) error {
	if err := s.allowed(); err != nil {
		return err
	}
	if i == nil || !addr.Is4() || addr.IsUnspecified() || addr.IsMulticast() {
		return syscall.EINVAL
	}
	w := new(ping)
	w.sk.stream.changed.L = &w.sk.mu
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	if !s.claiming.begin(w) {
		return net.ErrClosed
	}
	defer s.claiming.forget(w)
	s.network.ip.Claim(s.config.Now(), i, addr)
	s.rewind()
	if err := s.wait(&w.sk, func() bool { return w.end || s.network.ip.Claimed(i, addr) != ip.Probing }); err != nil {
		return err
	}
	switch {
	case w.end:
		return w.err
	case s.network.ip.Claimed(i, addr) == ip.Taken:
		return syscall.EADDRINUSE
	}
	return nil
}

func (c *claiming) begin(w *ping) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	if c.all == nil {
		c.all = make(map[*ping]bool)
	}
	c.all[w] = true
	return true
}

func (c *claiming) forget(w *ping) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, w)
}

// list returns the requests that wait.
func (c *claiming) list() (all []*ping) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.all {
		all = append(all, w)
	}
	return all
}

// wake has them look again.
func (c *claiming) wake() {
	for _, w := range c.list() {
		w.sk.mu.Lock()
		w.sk.stream.changed.Broadcast()
		w.sk.mu.Unlock()
	}
}

// end is what Stop does with them.
func (c *claiming) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	for _, w := range c.list() {
		w.finish(0, net.ErrClosed)
	}
}
