//go:build !before7

package ip

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// ErrTooLong: a packet would be longer than IP can carry, 65,535 bytes.
var ErrTooLong = errors.New("ip: longer than a packet can be")

// quoteMax is how much of a packet an error quotes at most: the whole message is to fit into the 576 bytes that every
// host can receive (RFC 1812 4.3.2.3).
const quoteMax = 576 - header.IPv4Len - header.ICMPLen

// icmp is what the part remembers of the ICMP errors it has sent.
type icmp struct {
	mu    sync.Mutex
	since time.Duration
	left  int // how many more may go out until since+errorInterval
	hosts map[netip.Addr]allowance

	counts icmpCounts
}

// arriveICMP takes an ICMP message. Echo requests it answers itself; what else makes sense goes up: answers to echo
// requests, and errors, whose quote says which of the parts above they are for.
func (p *Part) arriveICMP(now time.Duration, i *Interface, d Datagram, pkt *buffer.Packet) (Datagram, error) {
	h, payload, err := header.ParseICMP(pkt.Bytes())
	switch {
	case err != nil:
		p.icmp.counts.damaged.Add(1)
		return Datagram{}, err
	case h.Type == header.ICMPEchoRequest && h.Code == 0 && !p.everybody(d.Dst):
		p.icmp.counts.echoes.Add(1)
		// The answer comes from the address that was asked, with the same data (RFC 1122 3.2.2.6).
		h.Type, h.Code = header.ICMPEchoReply, 0
		p.sendICMP(now, Datagram{Src: d.Dst, Dst: d.Src, MayFragment: true}, h, payload)
		return Datagram{}, nil
	case h.Type == header.ICMPEchoReply:
		return d, nil
	case h.Type == header.ICMPRedirect:
		return Datagram{}, p.redirected(now, i, d.Src, h, payload)
	case h.IsError() && h.Type != header.ICMPSourceQuench:
		_, _, err := header.ParseQuote(payload)
		if err != nil {
			p.icmp.counts.damaged.Add(1)
		}
		return d, err
	}
	p.icmp.counts.ignored.Add(1)
	return Datagram{}, ErrNotForUs // to be discarded without a word (RFC 1122 3.2.2)
}

// Ping sends an echo request to dst: the answer, which has the same id and seq, will come up. It fails with ErrNoRoute,
// or with ErrTooLong.
func (p *Part) Ping(now time.Duration, dst netip.Addr, id, seq uint16, data []byte) error {
	i, _, err := p.Lookup(dst)
	switch {
	case err != nil:
		return err
	case header.IPv4Len+header.ICMPLen+len(data) > 0xffff:
		return ErrTooLong
	}
	p.sendICMP(now, Datagram{Src: i.Source(dst), Dst: dst, MayFragment: true}, header.ICMP{Type: header.ICMPEchoRequest, ID: id, Seq: seq}, data)
	return nil
}

// Refuse tells the sender of a packet that it could not be delivered, with a code of header.ICMPUnreachable, and quotes
// it. The packet must be as Arrive left it. Nothing is sent about an ICMP error (RFC 1122 3.2.2); what else must not be
// answered by one never gets this far: a packet from an address that is no single host's, or a fragment; or it is a packet
// for everybody.
func (p *Part) Refuse(now time.Duration, d Datagram, pkt *buffer.Packet, code uint8) {
	p.complain(now, d, pkt, header.ICMP{Type: header.ICMPUnreachable, Code: code})
}

// complain sends an error h about a packet, unless there must be none.
func (p *Part) complain(now time.Duration, d Datagram, pkt *buffer.Packet, h header.ICMP) {
	if p.everybody(d.Dst) {
		p.icmp.counts.barred.Add(1)
		return
	}
	if d.Protocol == header.ProtocolICMP {
		// A fragment's checksum says nothing.
		if b := pkt.Bytes(); len(b) == 0 || (&header.ICMP{Type: b[0]}).IsError() {
			p.icmp.counts.barred.Add(1)
			return
		}
	}
	if !p.allowError(now, d.Src) {
		return
	}
	pkt.Push(d.headerLen) // it is still there
	quote := pkt.Bytes()
	quote = quote[:min(len(quote), quoteMax)]
	p.sendICMP(now, Datagram{Src: d.Dst, Dst: d.Src, MayFragment: true}, h, quote)
	pkt.Pull(d.headerLen)
}

// sendICMP makes a message and has it handed out by Next, or by ARP when the neighbour has answered.
func (p *Part) sendICMP(now time.Duration, d Datagram, h header.ICMP, payload []byte) {
	i, hop, err := p.LookupFrom(d.Src, d.Dst)
	if err != nil {
		return
	}
	d.Protocol = header.ProtocolICMP
	pkt := buffer.New(len(payload))
	copy(pkt.Put(len(payload)), payload)
	h.Put(pkt.Push(header.ICMPLen))
	header.SetICMPChecksum(pkt.Bytes())
	if !p.Wrap(now, i, hop, pkt, d) {
		pkt.Release()
		return
	}
	t := &p.neighbours
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue(i, pkt)
}
