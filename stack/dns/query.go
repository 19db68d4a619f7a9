//go:build !before8

// Package dns is the resolver: it asks name servers for the address of a name (RFC 1034, RFC 1035). A [Query] is a plain
// state machine: it says which message to send to whom, and is told what came back, or that nothing did. The messages
// themselves are golang.org/x/net/dns/dnsmessage's.
package dns

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	firstWait = 2 * time.Second // for the first server's answer; RFC 1035 4.2.1 asks for 2 to 5 seconds
	rounds    = 3               // how often every server is asked; each time the wait is twice as long
)

// MaxMessage is how long an answer over UDP can be, in bytes (RFC 1035 4.2.1).
const MaxMessage = 512

// Query looks for the IPv4 addresses of one name. Ask gives the next message; it is then told with Arrive, Fail or
// Timeout what came of it, until Done.
type Query struct {
	name    string // as it was asked for
	wire    dnsmessage.Name
	servers []netip.AddrPort
	rand    func() uint64

	asked    int // messages sent
	id       uint16
	deadline time.Duration
	waiting  bool

	done   bool
	addrs  []netip.Addr
	err    error
	failed *net.DNSError // what the last server that answered has answered, when it could not help
}

// New begins to look for name. It asks the servers in turn. rand is the source of the queries' numbers, which must not be
// guessed (RFC 5452 4.3).
func New(name string, servers []netip.AddrPort, rand func() uint64) *Query {
	q := &Query{name: name, servers: slices.Clone(servers), rand: rand}
	full := strings.TrimSuffix(name, ".") + "."
	wire, err := dnsmessage.NewName(full)
	switch {
	case err != nil || !sound(full):
		q.fail(&net.DNSError{Err: noSuchHost, Name: name, IsNotFound: true})
	case len(servers) == 0:
		q.fail(&net.DNSError{Err: "no name server to ask", Name: name})
	}
	q.wire = wire
	return q
}

// noSuchHost is what package net says too.
const noSuchHost = "no such host"

// sound says whether a name, with its last dot, can be one: labels of 1 to 63 bytes (RFC 1035 2.3.4), none of which is
// white space or a control character.
func sound(name string) bool {
	if len(name) < 2 || len(name) > 254 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if len(label) < 1 || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return false
		}
	}
	return true
}

// Ask gives the next message, and whom to send it to. It returns false when the query is done.
func (q *Query) Ask(now time.Duration) (message []byte, server netip.AddrPort, ok bool) {
	if q.done {
		return nil, netip.AddrPort{}, false
	}
	if q.asked == rounds*len(q.servers) {
		q.fail(q.last())
		return nil, netip.AddrPort{}, false
	}
	server = q.server(q.asked)
	q.deadline = now + firstWait<<(q.asked/len(q.servers))
	q.asked++
	q.waiting = true
	q.id = uint16(q.rand())
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: q.wire, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	message, err := m.Pack()
	if err != nil {
		q.fail(&net.DNSError{Err: err.Error(), Name: q.name})
		return nil, netip.AddrPort{}, false
	}
	return message, server, true
}

func (q *Query) server(n int) netip.AddrPort { return q.servers[n%len(q.servers)] }

// last is what to say when all have been asked as often as they should be.
func (q *Query) last() *net.DNSError {
	if q.failed != nil {
		return q.failed
	}
	return &net.DNSError{Err: "i/o timeout", Name: q.name, Server: q.server(q.asked - 1).String(), IsTimeout: true, IsTemporary: true}
}

// Waiting says whether an answer to what Ask gave last is still waited for.
func (q *Query) Waiting() bool { return q.waiting }

// Deadline is until when.
func (q *Query) Deadline() time.Duration { return q.deadline }

// Timeout is told that no answer has come until then.
func (q *Query) Timeout() { q.waiting = false }

// Fail is told that the server cannot be asked.
func (q *Query) Fail(err error) {
	q.waiting = false
	q.failed = &net.DNSError{Err: err.Error(), Name: q.name, Server: q.server(q.asked - 1).String(), IsTemporary: true}
}

// Done says whether the query has come to its end.
func (q *Query) Done() bool { return q.done }

// Answer returns the addresses in the order in which the server gave them, or a *net.DNSError.
func (q *Query) Answer() ([]netip.Addr, error) { return q.addrs, q.err }

func (q *Query) fail(err *net.DNSError) { q.done, q.waiting, q.err = true, false, err }
