//go:build !before9

package stack

import (
	"fmt"
	"strings"

	"github.com/tsunagu/tsunagu/stack/dns"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TCPInfo returns how the connection of a socket stands, as TCP_INFO does on Linux (RFC 9293 3.9.1.6, STATUS). It fails
// with EBADF, and with ENOTCONN when there is no connection.
func (s *Stack) TCPInfo(fd FD) (i tcp.Info, err error) {
	err = s.setOption(fd, func(c *tcp.Conn) { i = c.Info(s.config.Now()) })
	return i, err
}

// TCPInfo returns how the connection stands.
func (c *Conn) TCPInfo() (i tcp.Info, err error) {
	err = c.opError("get", c.s.setSocketOption(c.sk, func(conn *tcp.Conn) { i = conn.Info(c.s.config.Now()) }))
	return i, err
}

// Counter is how often something has happened to a stack.
type Counter struct {
	Name  string // the part it happened in, and what: "tcp.Retransmits"
	Value uint64
}

// Counters is a list of them, always in the same order.
type Counters []Counter

// Counters returns how often everything has happened since the stack was made, to connections that are over as well as to
// those there are. It takes one connection's lock after the other, so that none has to wait for another; while it adds up
// things go on happening.
func (s *Stack) Counters() Counters {
	conns, listeners, sum := s.transport.table.Counted()
	for _, c := range conns {
		sk := c.Owner().(*socket)
		sk.mu.Lock()
		sum.Add(c.Counts())
		sk.mu.Unlock()
	}
	for _, l := range listeners {
		sk := l.Owner.(*socket)
		sk.mu.Lock()
		sum.Add(l.Counts())
		sk.mu.Unlock()
	}
	var list Counters
	for why := range dropKinds {
		list = append(list, Counter{dropNames[why], s.network.drops[why].Load()})
	}
	whole := s.network.ip.Reassembly()
	list = append(list,
		Counter{"ip.Reassembled", whole.Whole}, Counter{"ip.ReassemblyTimeouts", whole.TimedOut},
		Counter{"ip.ReassemblyRefused", whole.Refused}, Counter{"ip.ReassemblyEvicted", whole.Evicted},
		Counter{"ip.FragmentsMade", s.network.ip.FragmentsMade()},
	)
	icmp := s.network.ip.ICMPCounts()
	list = append(list,
		Counter{"icmp.Echoes", icmp.Echoes}, Counter{"icmp.Errors", icmp.Errors}, Counter{"icmp.Limited", icmp.Limited},
		Counter{"icmp.Barred", icmp.Barred}, Counter{"icmp.Ignored", icmp.Ignored}, Counter{"icmp.Damaged", icmp.Damaged},
	)
	for k := range tcp.Counters() {
		list = append(list, Counter{"tcp." + k.String(), sum[k]})
	}
	for k := range dns.Counters() {
		list = append(list, Counter{"dns." + k.String(), s.resolver.dns.Count(k)})
	}
	return list
}

// Value returns the value of the counter with that name, 0 when there is none.
func (l Counters) Value(name string) uint64 {
	for _, c := range l {
		if c.Name == name {
			return c.Value
		}
	}
	return 0
}

// String lists what has happened at all, one counter a line, as nstat does.
func (l Counters) String() string {
	var b strings.Builder
	for _, c := range l {
		if c.Value > 0 {
			fmt.Fprintf(&b, "%-28s %12d\n", c.Name, c.Value)
		}
	}
	return b.String()
}
