//go:build !before3 && before7

package ip

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Until chapter 7 a neighbour is known when somebody has written it down.

func (p *Part) resolve(_ time.Duration, _ *Interface, hop netip.Addr, _ *buffer.Packet) (header.MAC, bool) {
	return p.neighbours.book.find(hop)
}

func (p *Part) arriveOther(time.Duration, *Interface, header.Ethernet, []byte) error {
	return ErrNotForUs
}

// arriveICMP: what ICMP says goes up, where nobody listens to it.
func (p *Part) arriveICMP(_ time.Duration, _ *Interface, d Datagram, _ *buffer.Packet) (Datagram, error) {
	return d, nil
}

// Next gives a frame that the part itself wants to be sent: none.
func (p *Part) Next() (*Interface, *buffer.Packet, bool) { return nil, nil, false }

// Pending: there is none.
func (p *Part) Pending() bool { return false }

// Timeout and Deadline: nothing is waited for.
func (p *Part) Timeout(time.Duration)           {}
func (p *Part) Deadline() (time.Duration, bool) { return 0, false }

type (
	neighbours struct{ book neighbourBook }
	icmp       struct{}
)
