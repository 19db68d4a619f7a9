package wire

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// segment is one TCP segment as it passed our adapter.
type segment struct {
	out  bool // sent by us
	tcp  header.TCP
	data int // bytes of the stream in it
}

// end is the sequence number behind the segment: SYN and FIN take a place each.
func (s segment) end() header.Seq {
	end := s.tcp.Seq.Add(s.data)
	for _, f := range []header.Flags{header.SYN, header.FIN} {
		if s.tcp.Flags.Has(f) {
			end = end.Add(1)
		}
	}
	return end
}

// conversation is all that passed between two sockets.
type conversation struct {
	ours, theirs netip.AddrPort
	segments     []segment
}

// conversations finds the TCP connections in a history of frames, in the order in which they began.
func conversations(events trace.Events) []*conversation {
	var all []*conversation
	for _, e := range events.Of(trace.Send, trace.Receive) {
		out := e.Kind == trace.Send
		ethernet, packet, err := header.ParseEthernet(e.Frame)
		if err != nil || ethernet.Type != header.EtherTypeIPv4 {
			continue
		}
		ip, payload, err := header.ParseIPv4(packet)
		if err != nil || ip.Protocol != header.ProtocolTCP {
			continue
		}
		tcp, data, err := header.ParseTCP(payload)
		if err != nil {
			continue
		}
		ours, theirs := netip.AddrPortFrom(ip.Src, tcp.SrcPort), netip.AddrPortFrom(ip.Dst, tcp.DstPort)
		if !out {
			ours, theirs = theirs, ours
		}
		var c *conversation
		for _, known := range all {
			if known.ours == ours && known.theirs == theirs {
				c = known
			}
		}
		if c == nil {
			c = &conversation{ours: ours, theirs: theirs}
			all = append(all, c)
		}
		c.segments = append(c.segments, segment{out, tcp, len(data)})
	}
	return all
}

// bytes counts the stream's bytes in one direction, those that were sent again once.
func (c *conversation) bytes(out bool) int {
	var first, last header.Seq
	began := false
	for _, s := range c.segments {
		if s.out != out {
			continue
		}
		if s.tcp.Flags.Has(header.SYN) && !began {
			first, began = s.tcp.Seq.Add(1), true
			last = first
		}
		if end := s.tcp.Seq.Add(s.data); began && s.data > 0 && last.Before(end) {
			last = end
		}
	}
	return last.Sub(first)
}

// closing says who closed first, and whether the connection was closed as RFC 9293 3.6 has it: a FIN in each direction,
// each of them acknowledged, and no reset.
func (c *conversation) closing() (weFirst bool, err error) {
	type direction struct {
		fin          bool
		end          header.Seq
		acknowledged bool
	}
	var ways [2]direction // by what it carries: 0 what we send, 1 what we receive
	first := -1
	for _, s := range c.segments {
		way, back := 0, 1
		if !s.out {
			way, back = 1, 0
		}
		if s.tcp.Flags.Has(header.RST) {
			return false, fmt.Errorf("%v ↔ %v: reset", c.ours, c.theirs)
		}
		if s.tcp.Flags.Has(header.FIN) && !ways[way].fin {
			ways[way].fin, ways[way].end = true, s.end()
			if first < 0 {
				first = way
			}
		}
		if s.tcp.Flags.Has(header.ACK) && ways[back].fin && ways[back].end.AtMost(s.tcp.Ack) {
			ways[back].acknowledged = true
		}
	}
	for i, name := range []string{"ours", "theirs"} {
		switch {
		case !ways[i].fin:
			err = errors.Join(err, fmt.Errorf("%v ↔ %v: no FIN of %s", c.ours, c.theirs, name))
		case !ways[i].acknowledged:
			err = errors.Join(err, fmt.Errorf("%v ↔ %v: the FIN of %s was not acknowledged", c.ours, c.theirs, name))
		}
	}
	return first == 0, err
}
