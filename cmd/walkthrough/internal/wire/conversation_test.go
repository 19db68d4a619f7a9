package wire

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// passed builds the event of a segment that passed our adapter.
func passed(out bool, flags header.Flags, seq, ack header.Seq, data string) trace.Event {
	us, them := netip.MustParseAddrPort("10.0.0.1:1000"), netip.MustParseAddrPort("10.0.0.2:80")
	kind := trace.Send
	if !out {
		us, them, kind = them, us, trace.Receive
	}
	tcp := header.TCP{SrcPort: us.Port(), DstPort: them.Port(), Seq: seq, Ack: ack, Flags: flags}
	ip := header.IPv4{TTL: 64, Protocol: header.ProtocolTCP, Src: us.Addr(), Dst: them.Addr()}
	ip.TotalLen = uint16(ip.Len() + tcp.Len() + len(data))
	frame := make([]byte, header.EthernetLen+int(ip.TotalLen))
	(&header.Ethernet{Type: header.EtherTypeIPv4}).Put(frame)
	ip.Put(frame[header.EthernetLen:])
	tcp.Put(frame[header.EthernetLen+ip.Len():])
	copy(frame[header.EthernetLen+ip.Len()+tcp.Len():], data)
	return trace.Event{Kind: kind, Frame: frame}
}

func TestConversation(t *testing.T) {
	const ack = header.ACK
	opened := trace.Events{
		{Kind: trace.Send, Frame: []byte("no frame")},
		passed(true, header.SYN, 99, 0, ""),
		passed(false, header.SYN|ack, 0xffffffff, 100, ""),
		passed(true, ack, 100, 0, "GET /"),
		passed(true, ack, 100, 0, "GET /"), // again
		passed(false, ack, 0, 105, "page"),
	}
	for name, test := range map[string]struct {
		end     trace.Events
		weFirst bool
		problem string
	}{
		"we close first": {
			trace.Events{passed(true, ack|header.FIN, 105, 4, ""), passed(false, ack|header.FIN, 4, 106, ""), passed(true, ack, 106, 5, "")},
			true, "",
		},
		"they close first": {
			trace.Events{passed(false, ack|header.FIN, 4, 105, ""), passed(true, ack|header.FIN, 105, 5, ""), passed(false, ack, 5, 106, "")},
			false, "",
		},
		"reset":            {trace.Events{passed(false, header.RST, 4, 0, "")}, false, "reset"},
		"never closed":     {nil, false, "no FIN"},
		"one way only":     {trace.Events{passed(true, ack|header.FIN, 105, 4, ""), passed(false, ack, 4, 106, "")}, true, "no FIN of theirs"},
		"last ACK missing": {trace.Events{passed(true, ack|header.FIN, 105, 4, ""), passed(false, ack|header.FIN, 4, 106, "")}, true, "FIN of theirs was not"},
		"an ACK too few":   {trace.Events{passed(true, ack|header.FIN, 105, 4, ""), passed(false, ack|header.FIN, 4, 105, ""), passed(true, ack, 106, 5, "")}, true, "FIN of ours was not"},
	} {
		talks := conversations(append(opened[:len(opened):len(opened)], test.end...))
		if len(talks) != 1 {
			t.Fatalf("%s: %d conversations", name, len(talks))
		}
		if out, in := talks[0].bytes(true), talks[0].bytes(false); out != 5 || in != 4 {
			t.Errorf("%s: %d bytes out and %d in, not 5 and 4", name, out, in)
		}
		weFirst, err := talks[0].closing()
		switch {
		case test.problem == "" && (err != nil || weFirst != test.weFirst):
			t.Errorf("%s: we closed first: %t, %v", name, weFirst, err)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%s: %v, which does not say %q", name, err, test.problem)
		}
	}
}
