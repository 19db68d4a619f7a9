//go:build !before3

package stack

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// network is what lies below the upper part: the IP part, and the adapters by which it sends.
type network struct {
	ip        ip.Part
	drops     drops       // what got no further
	pool      buffer.Pool // packets for headers on their way down
	sendings  sync.Pool   // *sending
	arrivings sync.Pool   // *receiving
}

// Attach gives the stack an adapter, and its own address on the adapter's cable: 10.0.0.1/24 says that all hosts whose
// addresses begin with 10.0.0 are there too.
func (s *Stack) Attach(d nic.Driver, prefix netip.Prefix) error {
	info := d.Info()
	switch {
	case !prefix.Addr().Is4() || !prefix.IsValid():
		return fmt.Errorf("attach %s: %v is no IPv4 address with the length of its network: %w", info.Name, prefix, syscall.EINVAL)
	case info.MTU < minMTU:
		return fmt.Errorf("attach %s: an MTU of %d bytes is less than IPv4 needs, %d: %w", info.Name, info.MTU, minMTU, syscall.EINVAL)
	case len(info.Address) != len(header.MAC{}):
		return fmt.Errorf("attach %s: %v is no MAC address: %w", info.Name, info.Address, syscall.EINVAL)
	}
	s.network.ip.Attach(d, prefix)
	s.attached()
	return nil
}

// minMTU is what every cable must take for IPv4 to work (RFC 791 3.2).
const minMTU = 68

// IP returns the stack's IP part, to look into and to set up.
func (s *Stack) IP() *ip.Part { return &s.network.ip }

// Addr returns the stack's own first address, with the given port. It is not valid before the stack is attached.
func (s *Stack) Addr(port uint16) netip.AddrPort {
	for _, i := range s.network.ip.Interfaces() {
		return netip.AddrPortFrom(i.Addr(), port)
	}
	return netip.AddrPort{}
}

// addressFor asks the IP part which of our addresses to use for a peer.
func (s *Stack) addressFor(dst netip.Addr) (netip.Addr, error) {
	i, _, err := s.network.ip.Lookup(dst)
	if err != nil {
		s.dropped(dropNoRoute)
		return netip.Addr{}, syscall.ENETUNREACH
	}
	if i.Broadcast(dst) {
		return netip.Addr{}, syscall.EINVAL // MUST-46
	}
	return i.Source(dst), nil
}

// batchSize is how many frames are taken from an adapter, or given to it, at a time.
const batchSize = 64

// Poll takes what has arrived at the adapters and does what is due by now. It is how a simulated world drives a stack,
// and how a program can that wants no goroutines. It does not wait.
func (s *Stack) Poll() {
	var frames [batchSize]*buffer.Packet
	for _, i := range s.network.ip.Interfaces() {
		for {
			n, err := i.Driver.Receive(frames[:])
			if n == 0 || err != nil {
				break
			}
			s.arrived(i, frames[:n])
		}
	}
	s.due()
}

// Deadline returns when Poll has something to do even if nothing arrives, or false.
func (s *Stack) Deadline() (time.Duration, bool) {
	a, aok := s.network.ip.Deadline()
	b, bok := s.nextTimer()
	if !aok || bok && b < a {
		a, aok = b, bok
	}
	if c, ok := s.leaseDeadline(); ok && (!aok || c < a) {
		a, aok = c, true
	}
	if now, ok := s.loopDeadline(); ok {
		return now, true
	}
	return a, aok
}

// due does what the clock asks for.
func (s *Stack) due() {
	now := s.config.Now()
	s.network.ip.Timeout(now)
	s.undelivered(now)
	s.leasesDue(now)
	s.timersDue(now)
	s.sendOwn()
	s.looped()
}

// arrived is the way up: frames that came in by interface i. All of them are worked off before anything is answered
// (RFC 9293 3.10.7.4, MUST-59).
func (s *Stack) arrived(i *ip.Interface, frames []*buffer.Packet) {
	now := s.config.Now()
	r, _ := s.network.arrivings.Get().(*receiving)
	if r == nil {
		r = new(receiving)
	}
	for _, pkt := range frames {
		s.traceFrame(trace.Receive, pkt)
		d, err := s.network.ip.Arrive(now, i, pkt)
		if err == nil {
			if !s.arriveLease(now, i, d, pkt) {
				s.deliver(now, d, pkt, r)
			}
		} else {
			s.unpacked(err)
		}
		pkt.Release()
	}
	s.answer(now, r)
	s.network.arrivings.Put(r)
	s.undelivered(now)
	s.leasesDue(now)
	s.sendOwn()
	if s.network.ip.Waiting() {
		s.rewind() // there may be something new to give up in time
	}
}

// sendOwn sends what the IP part itself has to say.
func (s *Stack) sendOwn() {
	for {
		i, pkt, ok := s.network.ip.Next()
		if !ok {
			return
		}
		out := s.sending()
		s.post(out, i, pkt)
		s.sent(out)
	}
}

// sending is frames on their way to one adapter.
type sending struct {
	via    *ip.Interface
	frames [batchSize]*buffer.Packet
	n      int
}

// sending begins a batch, and sent sends what is left of it. A batch is used again and again: it goes through a driver's
// method, so that it would be allocated each time.
func (s *Stack) sending() *sending {
	if out, ok := s.network.sendings.Get().(*sending); ok {
		return out
	}
	return new(sending)
}

func (s *Stack) sent(out *sending) {
	s.post(out, nil, nil)
	out.via = nil
	s.network.sendings.Put(out)
}

// post adds a frame for interface i, which may not be the one of the frames before; with a nil pkt it sends what there
// is. A driver that fails is like a cable that loses: the parts above send again, or give up in time.
func (s *Stack) post(out *sending, i *ip.Interface, pkt *buffer.Packet) {
	if out.n > 0 && (pkt == nil || i != out.via || out.n == batchSize) {
		out.via.Driver.Send(out.frames[:out.n])
		for j := range out.n {
			out.frames[j].Release()
			out.frames[j] = nil
		}
		out.n = 0
	}
	if pkt != nil {
		s.traceFrame(trace.Send, pkt)
		out.via = i
		out.frames[out.n] = pkt
		out.n++
	}
}

// traceFrame tells the trace of a frame, body and all, and with its checksum, even where an adapter has yet to write that: a
// trace has what the cable has.
func (s *Stack) traceFrame(kind trace.Kind, pkt *buffer.Packet) {
	if s.config.Trace == nil {
		return
	}
	frame := make([]byte, 0, pkt.Len())
	frame = append(append(append(frame, pkt.Bytes()...), pkt.Body[0]...), pkt.Body[1]...)
	if o := pkt.Offload; o.NeedsChecksum {
		if start, at := int(o.ChecksumStart), int(o.ChecksumStart)+int(o.ChecksumOffset); at+2 <= len(frame) {
			binary.BigEndian.PutUint16(frame[at:], header.Checksum(frame[start:]))
		}
	}
	s.emit(trace.Event{Kind: kind, Frame: frame})
}
