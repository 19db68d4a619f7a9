//go:build !before8

package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/dns"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// resolver is the part of the Socket library that finds the address of a name: which servers it asks.
type resolver struct {
	mu      sync.Mutex
	servers []netip.AddrPort
}

// UseResolver says which name servers to ask for the addresses of names, in this order. Port 53 is usual.
func (s *Stack) UseResolver(servers ...netip.AddrPort) {
	s.resolver.mu.Lock()
	defer s.resolver.mu.Unlock()
	s.resolver.servers = slices.Clone(servers)
}

// LookupHost asks the name servers that UseResolver has named for the IPv4 addresses of a name, and waits for the
// answer. An address is its own answer. The error is a *net.DNSError, which says whether there is no such name
// (IsNotFound) or nobody has answered (IsTimeout).
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
	s.resolver.mu.Lock()
	servers := s.resolver.servers
	s.resolver.mu.Unlock()
	if len(servers) == 0 {
		return nil, &net.DNSError{Err: "no name server to ask: name one with UseResolver", Name: name}
	}
	q := dns.New(name, servers, s.config.Rand)
	for {
		message, server, ok := q.Ask(s.config.Now())
		if !ok {
			return q.Answer()
		}
		if err := s.ask(ctx, q, message, server); err != nil {
			return nil, lookupError(err, name, server)
		}
	}
}

// ask sends one query, from a socket and so a port of its own, and waits for what comes of it. The socket is connected: it
// hears the server alone, and it learns when nobody is there.
func (s *Stack) ask(ctx context.Context, q *dns.Query, message []byte, server netip.AddrPort) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fd, err := s.Socket(Datagram)
	if err != nil {
		return err
	}
	defer s.Close(fd)
	sk, err := s.table.find(fd)
	if err != nil {
		return err
	}
	if err := s.setDeadlines(sk, func(d *deadlines) { d.read = q.Deadline() }); err != nil {
		return err
	}
	stop := s.heed(ctx, sk)
	defer stop()
	sk.mu.Lock()
	err = s.connectDatagram(sk, server)
	sk.mu.Unlock()
	if err == nil {
		_, err = s.SendTo(fd, message, server)
	}
	var answer [dns.MaxMessage]byte
	for {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, os.ErrDeadlineExceeded):
			q.Timeout()
		case errors.Is(err, syscall.EBADF):
			return net.ErrClosed
		case errors.As(err, new(syscall.Errno)):
			q.Fail(err)
		case err != nil:
			return err
		}
		if !q.Waiting() {
			return nil
		}
		var n int
		var from netip.AddrPort
		if n, from, err = s.ReceiveFrom(fd, answer[:]); err == nil {
			q.Arrive(from, answer[:n])
		}
	}
}

// lookupError dresses what ended a query from outside as package net does.
func lookupError(err error, name string, server netip.AddrPort) error {
	e := &net.DNSError{UnwrapErr: err, Err: err.Error(), Name: name, Server: server.String()}
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
func (s *Stack) destinations(ctx context.Context, address string) ([]netip.AddrPort, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		remote, err := parseAddress(address)
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
