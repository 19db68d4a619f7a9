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

// network is the cables of a world.
type network struct {
	cables   []*nic.Cable
	adapters map[*nic.Adapter]*stack.Stack
	count    int // adapters so far
}

// delay is how long a frame is on its way on a cable that nobody has changed.
const delay = time.Millisecond

// Connect puts a cable between two hosts, with an adapter at either end: 1500 bytes of MTU, and one millisecond from end
// to end. The first cable's hosts get the addresses 10.0.0.1 and 10.0.0.2, those of the next 10.0.1.1 and 10.0.1.2.
func (w *World) Connect(a, b *stack.Stack) *nic.Cable {
	n := &w.network
	subnet := byte(len(n.cables))
	c := nic.NewCable(w.Now, n.info(), n.info())
	c.Delay = delay
	c.Lost = func(p nic.Passing, cause string) {
		w.log.Add(trace.Event{At: w.now, Host: n.adapters[p.From].Name(), Kind: trace.Lost, Name: cause, Frame: p.Frame})
	}
	n.cables = append(n.cables, c)
	x, y := c.Ends()
	if n.adapters == nil {
		n.adapters = make(map[*nic.Adapter]*stack.Stack)
	}
	n.adapters[x], n.adapters[y] = a, b
	ax := netip.AddrFrom4([4]byte{10, 0, subnet, 1})
	ay := netip.AddrFrom4([4]byte{10, 0, subnet, 2})
	for _, end := range []struct {
		host    *stack.Stack
		adapter *nic.Adapter
		addr    netip.Addr
	}{{a, x, ax}, {b, y, ay}} {
		if err := end.host.Attach(end.adapter, netip.PrefixFrom(end.addr, 24)); err != nil {
			panic(err) // the addresses above are good
		}
	}
	introduce(a, ay, y)
	introduce(b, ax, x)
	return c
}

// info describes the next adapter: its MAC address is a locally administered one, and says which it is.
func (n *network) info() nic.Info {
	n.count++
	return nic.Info{Name: "eth0", Address: net.HardwareAddr{0x02, 0, 0, 0, byte(n.count >> 8), byte(n.count)}, MTU: 1500}
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
	return first, ok
}

// happen delivers the frames that are due and lets the timers go off.
func (n *network) happen(w *World) {
	for _, c := range n.cables {
		if a := c.Deliver(); a != nil {
			n.adapters[a].Poll()
			return
		}
	}
	for _, h := range w.hosts {
		if at, ok := h.Deadline(); ok && at <= w.now {
			h.Poll()
			return
		}
	}
}
