//go:build !before9

package trace_test

import (
	"net/netip"
	"testing"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// TestScale has a history know how far a window is shifted, from the SYNs that it has seen, also in a selection without them.
func TestScale(t *testing.T) {
	x, y := netip.MustParseAddrPort("10.0.0.1:1000"), netip.MustParseAddrPort("10.0.0.2:80")
	frame := func(from, to netip.AddrPort, flags header.Flags, options []byte) trace.Event {
		h := header.TCP{SrcPort: from.Port(), DstPort: to.Port(), Flags: flags, Window: 100, Options: header.PadOptions(options)}
		b := make([]byte, header.EthernetLen+header.IPv4Len+h.Len())
		e := header.Ethernet{Type: header.EtherTypeIPv4}
		e.Put(b)
		ip := header.IPv4{TotalLen: uint16(header.IPv4Len + h.Len()), TTL: 64, Protocol: header.ProtocolTCP, Src: from.Addr(), Dst: to.Addr()}
		ip.Put(b[header.EthernetLen:])
		h.Put(b[header.EthernetLen+header.IPv4Len:])
		return trace.Event{Kind: trace.Send, Frame: b}
	}
	for _, c := range []struct {
		name              string
		offered, answered []byte
		there, back       uint8
	}{
		{"agreed", header.AppendWindowScale(nil, 7), header.AppendWindowScale(nil, 2), 7, 2},
		{"not answered", header.AppendWindowScale(nil, 7), nil, 0, 0},
		{"too much", header.AppendWindowScale(nil, 15), header.AppendWindowScale(nil, 0), 14, 0},
	} {
		var log trace.Log
		log.Add(frame(x, y, header.SYN, c.offered))
		log.Add(frame(x, y, header.ACK, nil)) // nobody has answered yet
		log.Add(frame(y, x, header.SYN|header.ACK, c.answered))
		opened := log.Len()
		log.Add(frame(x, y, header.ACK, nil))
		log.Add(frame(y, x, header.ACK, nil))
		for i, e := range log.Events()[:opened] {
			if e.Scale != 0 {
				t.Errorf("%s: event %d is shifted by %d", c.name, i, e.Scale)
			}
		}
		later := log.Since(opened)
		if later[0].Scale != c.there || later[1].Scale != c.back {
			t.Errorf("%s: %d and %d, want %d and %d", c.name, later[0].Scale, later[1].Scale, c.there, c.back)
		}
	}
}

// TestScaleInFlood: a connection that is in use is known however many SYNs come for others.
func TestScaleInFlood(t *testing.T) {
	frame := func(from, to uint16, flags header.Flags) trace.Event {
		h := header.TCP{SrcPort: from, DstPort: to, Flags: flags}
		if flags.Has(header.SYN) {
			h.Options = header.PadOptions(header.AppendWindowScale(nil, 7))
		}
		b := make([]byte, header.EthernetLen+header.IPv4Len+h.Len())
		e := header.Ethernet{Type: header.EtherTypeIPv4}
		e.Put(b)
		addr := netip.MustParseAddr("10.0.0.1")
		ip := header.IPv4{TotalLen: uint16(header.IPv4Len + h.Len()), TTL: 64, Protocol: header.ProtocolTCP, Src: addr, Dst: addr}
		ip.Put(b[header.EthernetLen:])
		h.Put(b[header.EthernetLen+header.IPv4Len:])
		return trace.Event{Kind: trace.Send, Frame: b}
	}
	var log trace.Log
	log.Add(frame(1, 80, header.SYN))
	log.Add(frame(80, 1, header.SYN|header.ACK))
	for i := range 50_000 {
		log.Add(frame(uint16(100+i), 80, header.SYN))
		if i%1000 == 0 {
			log.Add(frame(1, 80, header.ACK))
			if e := log.Last(); e.Scale != 7 {
				t.Fatalf("after %d SYNs its window is shifted by %d", i, e.Scale)
			}
			log.Clear()
		}
	}
}
