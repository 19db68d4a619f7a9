//go:build !before3

package sim

import (
	"net"
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// Node is what a cable of a world ends in: a host's stack, and from chapter 7 on also a [Hub], a [Switch], a [Router] or a [Tap].
type Node interface {
	// Name is what it is called in traces and pictures.
	Name() string
	// Poll takes what has arrived and does what is due by now.
	Poll()
	// Deadline says when Poll has something to do even if nothing arrives.
	Deadline() (time.Duration, bool)
}

// network is the cables of a world, and what they end in beside hosts.
type network struct {
	cables  []*nic.Cable
	nodes   map[*nic.Adapter]Node // at which end is who
	parts   []Node                // all that are no hosts: chapter 7
	count   int                   // adapters so far
	subnets int                   // networks that have been given an address so far

	topology topology // who hears whom: chapter 7
}

// delay is how long a frame is on its way on a cable that nobody has changed.
const delay = time.Millisecond

// Connect puts a cable between two hosts, with an adapter at either end: 1500 bytes of MTU, and one millisecond from end
// to end. The first cable's hosts get the addresses 10.0.0.1 and 10.0.0.2, those of the next 10.0.1.1 and 10.0.1.2.
func (w *World) Connect(a, b *stack.Stack) *nic.Cable {
	n := &w.network
	c := n.plug(w, a, b, 1500)
	subnet := n.subnet()
	x, y := c.Ends()
	ax := subnet.Addr().Next()
	ay := ax.Next()
	for _, end := range []struct {
		host    *stack.Stack
		adapter *nic.Adapter
		addr    netip.Addr
	}{{a, x, ax}, {b, y, ay}} {
		if err := end.host.Attach(end.adapter, netip.PrefixFrom(end.addr, subnet.Bits())); err != nil {
			panic(err) // the addresses above are good
		}
	}
	introduce(a, ay, y)
	introduce(b, ax, x)
	return c
}

// plug puts a cable between two nodes, with an adapter at either end.
func (n *network) plug(w *World, a, b Node, mtu int) *nic.Cable {
	c := nic.NewCable(w.Now, n.info(mtu), n.info(mtu))
	c.Delay = delay
	c.Lost = func(p nic.Passing, cause string) {
		w.log.Add(trace.Event{At: w.now, Host: n.nodes[p.From].Name(), Kind: trace.Lost, Name: cause, Frame: p.Frame})
	}
	n.cables = append(n.cables, c)
	x, y := c.Ends()
	if n.nodes == nil {
		n.nodes = make(map[*nic.Adapter]Node)
	}
	n.nodes[x], n.nodes[y] = a, b
	return c
}

// subnet returns the next network that nobody is on yet: 10.0.0.0/24, 10.0.1.0/24, and so on.
func (n *network) subnet() netip.Prefix {
	number := n.subnets
	n.subnets++
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(number >> 8), byte(number), 0}), 24)
}

// info describes the next adapter: its MAC address is a locally administered one, and says which it is.
func (n *network) info(mtu int) nic.Info {
	n.count++
	return nic.Info{Name: "eth0", Address: net.HardwareAddr{0x02, 0, 0, 0, byte(n.count >> 8), byte(n.count)}, MTU: mtu}
}

// next returns when the next frame arrives or the next timer of a host goes off.
func (n *network) next(w *World) (first time.Duration, ok bool) {
	consider := func(at time.Duration, set bool) {
		if set && (!ok || at < first) {
			first, ok = at, true
		}
	}
	for _, c := range n.cables {
		consider(c.Due())
	}
	for _, h := range w.hosts {
		consider(h.Deadline())
	}
	for _, p := range n.parts {
		consider(p.Deadline())
	}
	return first, ok
}

// happen delivers the frames that are due and lets the timers go off.
func (n *network) happen(w *World) {
	for _, c := range n.cables {
		if a := c.Deliver(); a != nil {
			n.nodes[a].Poll()
			return
		}
	}
	for _, h := range w.hosts {
		if at, ok := h.Deadline(); ok && at <= w.now {
			h.Poll()
			return
		}
	}
	for _, p := range n.parts {
		if at, ok := p.Deadline(); ok && at <= w.now {
			p.Poll()
			return
		}
	}
}
