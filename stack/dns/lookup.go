//go:build !before8

package dns

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// noSuchHost is what package net says too.
const noSuchHost = "no such host"

// Lookup finds the records of one type that a name has. Ask gives the next message; the lookup is then told with Arrive,
// Fail or Timeout what came of it, until Ask says that there is nothing more to ask. It is not safe for concurrent use.
type Lookup struct {
	r     *Resolver
	rand  func() uint64
	asked string // the name, as the application has it
	kind  Type

	names []string // which it may stand for; the first is looked for now
	name  string   // where the aliases of that have led
	hops  int      // how many there were
	ttl   uint32   // for how long they hold
	query *Query

	done   bool
	result Result
	err    *net.DNSError
}

// Result is what is known of a name.
type Result struct {
	Name    string // whole: where the name's aliases lead, its canonical name (RFC 1034 3.6.2)
	Records []Record
}

// Lookup begins to look for the records of one type that a name has. rand is the source of the queries' numbers, which must
// not be guessed (RFC 5452 4.3).
func (r *Resolver) Lookup(name string, kind Type, rand func() uint64) *Lookup {
	l := &Lookup{r: r, rand: rand, asked: name, kind: kind}
	if !sound(whole(name)) {
		l.finish(&net.DNSError{Err: noSuchHost, Name: name, IsNotFound: true})
		return l
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	records, ok := r.known(name, kind)
	switch {
	case ok && len(records) > 0:
		l.done, l.result = true, Result{Name: whole(name), Records: records}
	case ok || nowhere(whole(name)):
		l.finish(&net.DNSError{Err: noSuchHost, Name: name, IsNotFound: true})
	case len(r.servers) == 0:
		l.finish(&net.DNSError{Err: "no name server to ask: name one with UseResolver", Name: name})
	default:
		l.names = r.candidates(name)
		l.begin()
	}
	return l
}

// begin turns to the first of the names that are left.
func (l *Lookup) begin() { l.name, l.hops, l.ttl, l.query = l.names[0], 0, maxTTL, nil }

// Ask gives the next message, and whom to send it to. It returns false when the lookup has come to its end.
func (l *Lookup) Ask(now time.Duration) (Request, bool) {
	for !l.done {
		if l.query == nil && !l.ask(now) {
			continue
		}
		if r, ok := l.query.ask(now); ok {
			return r, true
		}
		l.settle(now)
	}
	return Request{}, false
}

// ask begins to ask for the name, unless it is remembered what the answer was.
func (l *Lookup) ask(now time.Duration) bool {
	if f, ok := l.r.recall(now, question{fold(l.name), l.kind}); ok {
		l.take(now, f)
		return false
	}
	wire, err := dnsmessage.NewName(l.name)
	if err != nil || !sound(l.name) {
		l.missing("")
		return false
	}
	l.query = newQuery(l.asked, wire, l.kind, l.r.Servers(), l.rand, &l.r.counts)
	return true
}

// Arrive is told a message that came from a server; the length that stands before it in a stream is not part of it.
func (l *Lookup) Arrive(now time.Duration, from netip.AddrPort, message []byte) {
	if l.query == nil {
		return
	}
	l.query.arrive(from, message)
	if l.query.done {
		l.settle(now)
	}
}

// Waiting says whether an answer to what Ask gave last is still waited for.
func (l *Lookup) Waiting() bool { return l.query != nil && l.query.waiting }

// Timeout is told that no answer has come until the deadline.
func (l *Lookup) Timeout() { l.query.timeout() }

// Fail is told that the server cannot be asked.
func (l *Lookup) Fail(err error) { l.query.unreachable(err) }

// settle takes what the query has come to.
func (l *Lookup) settle(now time.Duration) {
	q := l.query
	l.query = nil
	switch {
	case q.err == nil:
		l.r.helped(q.server())
		if f := q.found; f.none || len(f.records) > 0 {
			l.r.remember(now, question{fold(l.name), l.kind}, f)
		}
		l.take(now, q.found)
	case q.err.IsNotFound:
		l.missing(q.err.Server)
		if l.done {
			l.err = q.err // it says more
		}
	default: // whoever cannot be asked may know the name: to go on with the next would be to take one for another
		l.finish(q.err)
	}
}

// take goes on with what is known of the name.
func (l *Lookup) take(now time.Duration, f finding) {
	l.hops += f.aliases
	l.ttl = min(l.ttl, f.ttl)
	switch {
	case f.none || len(f.records) > 0:
		if l.name != l.names[0] { // one query was not enough, and next time none is needed
			f.ttl, f.aliases = l.ttl, l.hops
			l.r.remember(now, question{fold(l.names[0]), l.kind}, f)
		}
		if f.none {
			l.missing(f.server)
			return
		}
		l.done, l.result = true, Result{Name: f.name, Records: f.records}
	case l.hops > maxAliases:
		l.missing(f.server)
	default:
		l.name = f.name
	}
}

// missing tries the next name, when this one is not there.
func (l *Lookup) missing(server string) {
	if l.names = l.names[1:]; len(l.names) > 0 {
		l.begin()
		return
	}
	l.finish(&net.DNSError{Err: noSuchHost, Name: l.asked, Server: server, IsNotFound: true})
}

func (l *Lookup) finish(err *net.DNSError) { l.done, l.err, l.query = true, err, nil }

// Answer returns what Ask has come to in the end: at least one record, or a *net.DNSError.
func (l *Lookup) Answer() (Result, error) {
	if l.err != nil {
		return Result{}, l.err
	}
	return l.result, nil
}
