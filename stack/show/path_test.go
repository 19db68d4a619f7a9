//go:build !before3

package show_test

import (
	"slices"
	"testing"

	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/trace"
)

func TestPath(t *testing.T) {
	p := show.Path(opening(), "client", "connect")
	text(t, p, `
part            client ▼                                                          bytes  server ▲
application     asks: connect 10.0.0.2:80
Socket library  names descriptor 3
TCP part        no data + TCP header: SYN                                            24  looks for the socket: listener
IP part         + IP header: to 10.0.0.2 + Ethernet header: to 02:00:00:00:00:02     58  hands up what is for it
LAN driver      hands the frame to the adapter                                       58  takes the frame
LAN adapter     sends at 1.0 ms                                                      58  receives at 1.5 ms`)
	wellFormed(t, p.SVG(), "application", "LAN adapter", "looks for the socket: listener")
}

// TestPathOfData goes up to the application.
func TestPathOfData(t *testing.T) {
	var s story
	s.add(trace.Event{Host: "client", Kind: trace.Call, FD: 3, Name: "write", Note: "18 bytes"})
	s.add(trace.Event{Host: "client", Kind: trace.Build, Name: "PSH,ACK", Local: clientAddr, Remote: serverAddr})
	s.pass("client", "server", request, 2)
	s.add(trace.Event{Host: "server", Kind: trace.LookUp, FD: 4, Note: "connection", Local: serverAddr, Remote: clientAddr})
	s.add(trace.Event{Host: "client", Kind: trace.Return, FD: 3, Name: "write", Note: "18 bytes"})
	s.add(trace.Event{Host: "server", Kind: trace.Return, FD: 4, Name: "read", Note: "18 bytes"})
	p := show.Path(s.Events, "client", "write")
	text(t, p, `
part            client ▼                                                          bytes  server ▲
application     asks: write 18 bytes                                                     gets its answer: read 18 bytes
Socket library  names descriptor 3                                                       hands it up
TCP part        18 bytes of data + TCP header: PSH,ACK                               38  looks for the socket: connection
IP part         + IP header: to 10.0.0.2 + Ethernet header: to 02:00:00:00:00:02     72  hands up what is for it
LAN driver      hands the frame to the adapter                                       72  takes the frame
LAN adapter     sends at 0 ms                                                        72  receives at 2 ms`)
	wellFormed(t, p.SVG(), "gets its answer: read 18 bytes")
}

// TestPathThatEndsEarly: a part that nothing was heard of is not drawn.
func TestPathThatEndsEarly(t *testing.T) {
	text(t, show.Path(opening(), "client", "socket"), `
part            client ▼
application     asks: socket SOCK_STREAM
Socket library  hands it to the protocol stack
protocol stack  reserves memory: socket; records: state CLOSED`)
	text(t, show.Path(opening(), "client", "write"), "no application on client has asked for write")
	wellFormed(t, show.Path(opening(), "client", "write").SVG())

	// The header is made, and then nothing is sent.
	made := slices.IndexFunc(opening(), func(e trace.Event) bool { return e.Kind == trace.Build })
	text(t, show.Path(opening()[:made+1], "client", "connect"), `
part            client ▼
application     asks: connect 10.0.0.2:80
Socket library  names descriptor 3
TCP part        records: peer 10.0.0.2:80; reserves memory: buffer; records: state CLOSED → SYN-SENT; makes a TCP header: SYN`)

	var s story
	s.add(trace.Event{Host: "client", Kind: trace.Call, FD: 3, Name: "connect", Note: "10.0.0.2:80"})
	s.add(trace.Event{Host: "client", Kind: trace.Build, Name: "SYN", Local: clientAddr, Remote: serverAddr})
	s.lose("client", syn, "lost")
	p := show.Path(s.Events, "client", "connect")
	text(t, p, `
part            client ▼                                                          bytes  the cable ▲
application     asks: connect 10.0.0.2:80
Socket library  names descriptor 3
TCP part        no data + TCP header: SYN                                            24
IP part         + IP header: to 10.0.0.2 + Ethernet header: to 02:00:00:00:00:02     58
LAN driver      hands the frame to the adapter                                       58
LAN adapter     sends at 0 ms                                                        58  lost at 0 ms`)
	wellFormed(t, p.SVG(), "lost at 0 ms")
}
