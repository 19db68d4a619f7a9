//go:build !before8

package stack

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/dns"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// resolver is the part of the Socket library that finds what there is to know of a name.
type resolver struct {
	dns     dns.Resolver
	mu      sync.Mutex // guards flights
	flights map[flightKey]*flight
}

// flight is a lookup under way, which all wait for who want to know the same.
type flight struct {
	over   chan struct{} // closed when the rest is set
	result dns.Result
	err    error
	again  bool // whoever asked has given up, for reasons of his own
}

type flightKey struct {
	name string
	kind dns.Type
}

// DNS returns the stack's resolver, to look into and to set up: its servers, search list and hosts table.
func (s *Stack) DNS() *dns.Resolver { return &s.resolver.dns }

// UseResolver says which name servers to ask for the addresses of names, in this order. Port 53 is usual.
func (s *Stack) UseResolver(servers ...netip.AddrPort) {
	s.resolver.dns.SetServers(servers...)
}

// LookupHost returns the IPv4 addresses of a name: from the hosts table, or as the name servers say that UseResolver has
// named, whose answer it waits for if it is not remembered. An address is its own answer. The error is a *net.DNSError,
// which says whether there is no such name (IsNotFound) or nobody has answered (IsTimeout).
func (s *Stack) LookupHost(ctx context.Context, name string) ([]netip.Addr, error) {
	s.emit(trace.Event{Kind: trace.Call, Name: "resolve", Note: name})
	addrs, err := s.lookupHost(ctx, name)
	s.returned("resolve", 0, err, strings.Trim(fmt.Sprint(addrs), "[]"))
	return addrs, err
}

func (s *Stack) lookupHost(ctx context.Context, name string) ([]netip.Addr, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	if a, err := netip.ParseAddr(name); err == nil && a.Unmap().Is4() {
		return []netip.Addr{a.Unmap()}, nil
	}
	result, err := s.resolve(ctx, name, dns.TypeA)
	return addresses(result), err
}

func addresses(r dns.Result) (list []netip.Addr) {
	for _, record := range r.Records {
		list = append(list, record.Addr())
	}
	return list
}

// resolve finds the records of one type that a name has. Whoever wants to know what another is asking for already waits
// for his answer.
func (s *Stack) resolve(ctx context.Context, name string, kind dns.Type) (dns.Result, error) {
	r := &s.resolver
	key := flightKey{strings.ToLower(name), kind}
	for {
		r.mu.Lock()
		f, under := r.flights[key]
		if !under {
			f = &flight{over: make(chan struct{})}
			if r.flights == nil {
				r.flights = make(map[flightKey]*flight)
			}
			r.flights[key] = f
		}
		r.mu.Unlock()
		if !under {
			f.result, f.err = s.search(ctx, name, kind)
			f.again = ctx.Err() != nil
			r.mu.Lock()
			delete(r.flights, key)
			r.mu.Unlock()
			close(f.over)
			return f.result, f.err
		}
		r.dns.Add(dns.Joined)
		if err := s.join(ctx, f); err != nil {
			return dns.Result{}, lookupError(err, name, netip.AddrPort{})
		}
		if !f.again {
			return f.result, f.err
		}
	}
}

// join waits until a lookup is over.
func (s *Stack) join(ctx context.Context, f *flight) error {
	if block := s.config.Block; block != nil {
		if err := block(func() bool { return f.ended() || ctx.Err() != nil }); err != nil {
			return err
		}
	} else {
		select {
		case <-f.over:
		case <-ctx.Done():
		}
	}
	if f.ended() {
		return nil
	}
	return ctx.Err()
}

func (f *flight) ended() bool {
	select {
	case <-f.over:
		return true
	default:
		return false
	}
}

// search does what the lookup asks for, until it is done.
func (s *Stack) search(ctx context.Context, name string, kind dns.Type) (dns.Result, error) {
	l := s.resolver.dns.Lookup(name, kind, s.config.Rand)
	for {
		request, ok := l.Ask(s.config.Now())
		if !ok {
			return l.Answer()
		}
		if err := s.ask(ctx, l, request); err != nil {
			return dns.Result{}, lookupError(err, name, request.Server)
		}
	}
}

// ask sends one query, from a socket and so a port of its own, and waits for what comes of it. The socket is connected: it
// hears the server alone, and it learns when nobody is there.
func (s *Stack) ask(ctx context.Context, l *dns.Lookup, r dns.Request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	kind, exchange := Datagram, s.askDatagram
	if r.Stream {
		kind, exchange = Stream, s.askStream
	}
	fd, err := s.Socket(kind)
	if err != nil {
		return err
	}
	defer s.Close(fd)
	sk, err := s.table.find(fd)
	if err != nil {
		return err
	}
	if err := s.setDeadlines(sk, func(d *deadlines) { d.read, d.write = r.Deadline, r.Deadline }); err != nil {
		return err
	}
	stop := s.heed(ctx, sk)
	defer stop()
	for err = s.Connect(fd, r.Server); ; {
		if err == nil {
			err = exchange(fd, l, r)
		}
		late := s.config.Now() >= r.Deadline
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, os.ErrDeadlineExceeded), late && errors.Is(err, syscall.ETIMEDOUT):
			l.Timeout()
		case errors.Is(err, syscall.EBADF):
			return net.ErrClosed
		case errors.As(err, new(syscall.Errno)), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			l.Fail(err)
		case err != nil:
			return err
		}
		if !l.Waiting() {
			return nil
		}
	}
}

// askDatagram sends the query and passes on whatever comes, until that is an answer.
func (s *Stack) askDatagram(fd FD, l *dns.Lookup, r dns.Request) error {
	if _, err := s.SendTo(fd, r.Message, r.Server); err != nil {
		return err
	}
	var answer [dns.MaxMessage + 1]byte // one that is longer is cut, and it shows
	for l.Waiting() {
		n, from, err := s.ReceiveFrom(fd, answer[:])
		if err != nil {
			return err
		}
		l.Arrive(s.config.Now(), from, answer[:n])
	}
	return nil
}

// askStream sends the query by a connection that stands, and reads answers, each behind its length (RFC 7766 8), until one
// is an answer to this query.
func (s *Stack) askStream(fd FD, l *dns.Lookup, r dns.Request) error {
	if _, err := s.Write(fd, r.Message); err != nil {
		return err
	}
	in := descriptorReader{s, fd}
	for l.Waiting() {
		var length [2]byte
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return err
		}
		answer := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(in, answer); err != nil {
			return err
		}
		l.Arrive(s.config.Now(), r.Server, answer)
	}
	return nil
}

// descriptorReader reads from a socket by its descriptor.
type descriptorReader struct {
	s  *Stack
	fd FD
}

func (r descriptorReader) Read(p []byte) (int, error) { return r.s.Read(r.fd, p) }

// lookupError dresses what ended a query from outside as package net does.
func lookupError(err error, name string, server netip.AddrPort) error {
	e := &net.DNSError{UnwrapErr: err, Err: err.Error(), Name: name}
	if server.IsValid() {
		e.Server = server.String()
	}
	switch {
	case errors.Is(err, context.Canceled):
		e.Err = "operation was canceled"
	case errors.Is(err, context.DeadlineExceeded):
		e.Err, e.IsTimeout = "i/o timeout", true
	}
	return e
}

// destinations returns the ends that an address leads to, whose host may be a name: several when that has several
// addresses, to be tried in turn.
func (s *Stack) destinations(ctx context.Context, network, address string) ([]netip.AddrPort, error) {
	host, port, err := splitAddress(network, address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		remote, err := parseAddress(network, address)
		return []netip.AddrPort{remote}, err
	}
	addrs, err := s.LookupHost(ctx, host)
	if err != nil {
		return nil, err
	}
	var ends []netip.AddrPort
	for _, a := range addrs {
		ends = append(ends, netip.AddrPortFrom(a, port))
	}
	return ends, nil
}
