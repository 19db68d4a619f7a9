//go:build !before8

package dns

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	firstWait  = 2 * time.Second // for the first server's answer; RFC 1035 4.2.1 asks for 2 to 5 seconds
	streamWait = 5 * time.Second // for a connection, and the answer by it
	rounds     = 3               // how often every server is asked; each time the wait is twice as long
	maxStrange = 16              // messages that are no answer, before a connection is made that nobody else can answer by
)

// MaxMessage is how long an answer in a datagram may be: so long that its packet need not be cut into fragments anywhere
// (RFC 6891 6.2.3, and the common advice of 2020). Servers are told so.
const MaxMessage = 1232

// Query puts one question to the servers in turn. Ask gives the next message; the query is then told with Arrive, Fail or
// Timeout what came of it, until it is done.
type Query struct {
	name    string // as it is to stand in errors
	wire    dnsmessage.Name
	kind    Type
	servers []netip.AddrPort
	rand    func() uint64
	counts  *counts
	plain   []bool // which servers do not know EDNS

	turn     int // whose: it counts on and on; -1 before the first
	again    bool
	stream   bool // this time by TCP
	edns     bool // with an OPT record
	id       uint16
	waiting  bool
	deadline time.Duration
	strange  int

	done   bool
	found  finding
	err    *net.DNSError
	failed *net.DNSError // what the last server that could not help has answered
}

// Request is what a query wants to have sent.
type Request struct {
	Message  []byte // in a stream, its length stands before it (RFC 1035 4.2.2)
	Server   netip.AddrPort
	Stream   bool          // by TCP, not UDP
	Deadline time.Duration // until when the answer is waited for
}

// newQuery begins to ask for the records of one type that a name has.
func newQuery(name string, wire dnsmessage.Name, kind Type, servers []netip.AddrPort, rand func() uint64, c *counts) *Query {
	q := &Query{name: name, wire: wire, kind: kind, servers: servers, rand: rand, counts: c, turn: -1, plain: make([]bool, len(servers))}
	if len(servers) == 0 {
		q.fail(&net.DNSError{Err: "no name server to ask", Name: name})
	}
	return q
}

// ask gives the next message, and whom to send it to. It returns false when the query is done.
func (q *Query) ask(now time.Duration) (Request, bool) {
	if q.done {
		return Request{}, false
	}
	if q.again {
		q.again = false
	} else {
		q.turn, q.stream = q.turn+1, false
	}
	if q.turn == rounds*len(q.servers) {
		q.fail(q.last())
		return Request{}, false
	}
	round := q.turn / len(q.servers)
	// The last time without EDNS: there are filters that let nothing pass they do not know.
	q.edns = !q.plain[q.turn%len(q.servers)] && round < rounds-1
	q.deadline = now + firstWait<<round
	if q.stream {
		q.deadline = now + streamWait
	}
	q.id, q.waiting, q.strange = uint16(q.rand()), true, 0
	message, err := q.message()
	if err != nil {
		q.fail(&net.DNSError{Err: err.Error(), Name: q.name})
		return Request{}, false
	}
	q.counts.add(Asked)
	if q.stream {
		q.counts.add(AskedByStream)
		message = append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
	}
	return Request{Message: message, Server: q.server(), Stream: q.stream, Deadline: q.deadline}, true
}

// message writes the question, and says in an OPT record how long the answer may be (RFC 6891).
func (q *Query) message() ([]byte, error) {
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: q.wire, Type: q.kind, Class: dnsmessage.ClassINET}},
	}
	if q.edns {
		opt := dnsmessage.Resource{Body: &dnsmessage.OPTResource{}}
		if err := opt.Header.SetEDNS0(MaxMessage, dnsmessage.RCodeSuccess, false); err != nil {
			return nil, err
		}
		m.Additionals = []dnsmessage.Resource{opt}
	}
	return m.Pack()
}

// server is who has been asked last, or is asked now.
func (q *Query) server() netip.AddrPort { return q.servers[max(0, q.turn)%len(q.servers)] }

// last is what to say when all have been asked as often as they should be.
func (q *Query) last() *net.DNSError {
	if q.failed != nil {
		return q.failed
	}
	server := q.servers[len(q.servers)-1]
	return &net.DNSError{Err: "i/o timeout", Name: q.name, Server: server.String(), IsTimeout: true, IsTemporary: true}
}

// timeout is told that no answer has come until then.
func (q *Query) timeout() {
	q.waiting = false
	q.counts.add(TimedOut)
}

// unreachable is told that the server cannot be asked.
func (q *Query) unreachable(err error) {
	q.waiting = false
	q.failed = &net.DNSError{UnwrapErr: err, Err: err.Error(), Name: q.name, Server: q.server().String(), IsTemporary: true}
}

// unhelpful notes that the server has answered, and that another may do better.
func (q *Query) unhelpful(why string, temporary bool) {
	q.failed = &net.DNSError{Err: why, Name: q.name, Server: q.server().String(), IsTemporary: temporary}
}

// sameServer has the same server asked again, by other means.
func (q *Query) sameServer(stream bool) { q.again, q.stream, q.waiting = true, stream, false }

func (q *Query) fail(err *net.DNSError) { q.done, q.waiting, q.err = true, false, err }

// rotated returns the servers, beginning with the one at first.
func rotated(servers []netip.AddrPort, first int) []netip.AddrPort {
	return slices.Concat(servers[first:], servers[:first])
}
