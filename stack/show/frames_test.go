//go:build !before3

package show_test

import (
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// The two hosts of most tests, and the ends of their connection.
var (
	clientMAC  = header.MAC{2, 0, 0, 0, 0, 1}
	serverMAC  = header.MAC{2, 0, 0, 0, 0, 2}
	clientAddr = netip.MustParseAddrPort("10.0.0.1:49152")
	serverAddr = netip.MustParseAddrPort("10.0.0.2:80")
)

// tcpFrame builds a frame from client to server, or the other way when from is the server's end.
func tcpFrame(from netip.AddrPort, h header.TCP, data string) []byte {
	to, src, dst := serverAddr, clientMAC, serverMAC
	if from == serverAddr {
		to, src, dst = clientAddr, serverMAC, clientMAC
	}
	h.SrcPort, h.DstPort = from.Port(), to.Port()
	segment := make([]byte, h.Len()+len(data))
	h.Put(segment)
	copy(segment[h.Len():], data)
	header.SetTCPChecksum(segment, from.Addr(), to.Addr())
	ip := header.IPv4{
		TotalLen: uint16(header.IPv4Len + len(segment)), ID: 7, DontFragment: true, TTL: 64,
		Protocol: header.ProtocolTCP, Src: from.Addr(), Dst: to.Addr(),
	}
	eth := header.Ethernet{Dst: dst, Src: src, Type: header.EtherTypeIPv4}
	frame := make([]byte, header.EthernetLen+header.IPv4Len, header.EthernetLen+int(ip.TotalLen))
	eth.Put(frame)
	ip.Put(frame[header.EthernetLen:])
	return append(frame, segment...)
}

func arpFrame(operation uint16) []byte {
	a := header.ARP{Operation: operation, SenderMAC: clientMAC, SenderIP: clientAddr.Addr(), TargetIP: serverAddr.Addr()}
	eth := header.Ethernet{Dst: header.Broadcast, Src: clientMAC, Type: header.EtherTypeARP}
	if operation == header.ARPReply {
		a = header.ARP{Operation: operation, SenderMAC: serverMAC, SenderIP: serverAddr.Addr(), TargetMAC: clientMAC, TargetIP: clientAddr.Addr()}
		eth.Dst, eth.Src = clientMAC, serverMAC
	}
	frame := make([]byte, header.EthernetLen+header.ARPLen)
	eth.Put(frame)
	a.Put(frame[header.EthernetLen:])
	return frame
}

// story builds a history by hand.
type story struct {
	trace.Events
	now time.Duration
}

func (s *story) at(ms float64) { s.now = time.Duration(ms * float64(time.Millisecond)) }

func (s *story) add(e trace.Event) {
	e.At = s.now
	s.Events = append(s.Events, e)
}

func (s *story) state(host, note string) {
	e := trace.Event{Host: host, Kind: trace.Record, Name: "state", Note: note, FD: 3, Local: clientAddr, Remote: serverAddr}
	if host == "server" {
		e.FD, e.Local, e.Remote = 0, serverAddr, clientAddr
	}
	s.add(e)
}

// pass is a frame that arrives after a while.
func (s *story) pass(from, to string, frame []byte, ms float64) {
	s.add(trace.Event{Host: from, Kind: trace.Send, Frame: frame})
	s.now += time.Duration(ms * float64(time.Millisecond))
	s.add(trace.Event{Host: to, Kind: trace.Receive, Frame: frame})
}

func (s *story) lose(from string, frame []byte, cause string) {
	s.add(trace.Event{Host: from, Kind: trace.Send, Frame: frame})
	s.add(trace.Event{Host: from, Kind: trace.Lost, Name: cause, Frame: frame})
}

var (
	clientISS = header.Seq(2896541234)
	serverISS = header.Seq(4294967295) // the numbering goes on from 0

	mss       = header.AppendMSS(nil, 1460)
	syn       = tcpFrame(clientAddr, header.TCP{Flags: header.SYN, Seq: clientISS, Window: 65535, Options: mss}, "")
	synACK    = tcpFrame(serverAddr, header.TCP{Flags: header.SYN | header.ACK, Seq: serverISS, Ack: clientISS + 1, Window: 65535, Options: mss}, "")
	onlyACK   = tcpFrame(clientAddr, header.TCP{Flags: header.ACK, Seq: clientISS + 1, Ack: serverISS + 1, Window: 65535}, "")
	request   = tcpFrame(clientAddr, header.TCP{Flags: header.PSH | header.ACK, Seq: clientISS + 1, Ack: serverISS + 1, Window: 65535}, "GET / HTTP/1.1\r\n\r\n")
	serverRST = tcpFrame(serverAddr, header.TCP{Flags: header.RST, Seq: serverISS + 1}, "")
)

// handshake is a connection being opened, the first SYN lost.
func handshake() trace.Events {
	var s story
	s.state("server", "CLOSED → LISTEN")
	s.state("client", "CLOSED → SYN-SENT")
	s.pass("client", "server", arpFrame(header.ARPRequest), 0.5)
	s.pass("server", "client", arpFrame(header.ARPReply), 0.5)
	s.lose("client", syn, "lost")
	s.at(1000)
	s.pass("client", "server", syn, 0.5)
	s.state("server", "LISTEN → SYN-RECEIVED")
	s.pass("server", "client", synACK, 0.5)
	s.state("client", "SYN-SENT → ESTABLISHED")
	s.pass("client", "server", onlyACK, 0.5)
	s.state("server", "SYN-RECEIVED → ESTABLISHED")
	s.pass("client", "server", request, 0.5)
	return s.Events
}

// opening is everything that happens when a client connects, as a stack tells it.
func opening() trace.Events {
	var s story
	client := func(kind trace.Kind, name, note string) {
		e := trace.Event{Host: "client", Kind: kind, FD: 3, Name: name, Note: note}
		if kind != trace.Call && kind != trace.Return && name != "socket" {
			e.Local, e.Remote = clientAddr, serverAddr
		}
		s.add(e)
	}
	server := func(kind trace.Kind, name, note string) {
		s.add(trace.Event{Host: "server", Kind: kind, Name: name, Note: note, Local: serverAddr, Remote: clientAddr})
	}
	s.add(trace.Event{Host: "server", Kind: trace.Call, FD: 3, Name: "listen"})
	s.state("server", "CLOSED → LISTEN")
	s.add(trace.Event{Host: "client", Kind: trace.Call, Name: "socket", Note: "SOCK_STREAM"})
	client(trace.Reserve, "socket", "480 bytes")
	client(trace.Record, "state", "CLOSED")
	client(trace.Return, "socket", "3")
	s.add(trace.Event{Host: "client", Kind: trace.Call, FD: 3, Name: "connect", Note: serverAddr.String(), Remote: serverAddr})
	client(trace.Record, "peer", serverAddr.String())
	client(trace.Reserve, "buffer", "8192 bytes")
	client(trace.Record, "state", "CLOSED → SYN-SENT")
	client(trace.Build, "SYN", "0 bytes of data")
	s.pass("client", "server", arpFrame(header.ARPRequest), 0.5)
	s.pass("server", "client", arpFrame(header.ARPReply), 0.5)
	s.pass("client", "server", syn, 0.5)
	server(trace.LookUp, "", "listener")
	server(trace.Record, "state", "LISTEN → SYN-RECEIVED")
	server(trace.Build, "SYN,ACK", "0 bytes of data")
	s.pass("server", "client", synACK, 0.5)
	client(trace.LookUp, "", "connection")
	client(trace.Record, "state", "SYN-SENT → ESTABLISHED")
	client(trace.Build, "ACK", "0 bytes of data")
	s.pass("client", "server", onlyACK, 0)
	client(trace.Return, "connect", "connected")
	server(trace.LookUp, "", "connection")
	server(trace.Record, "state", "SYN-RECEIVED → ESTABLISHED")
	return s.Events
}
