//go:build !before8

package sim

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tsunagu/tsunagu/stack"
)

// ServeNames makes a host a name server: a task of the world's answers what is asked at its UDP port 53. names says which
// addresses there are; to every other name the answer is that there is none. It panics when the port is taken.
func (w *World) ServeNames(host *stack.Stack, names map[string]netip.Addr) {
	fd, err := host.Socket(stack.Datagram)
	if err == nil {
		err = host.Bind(fd, netip.AddrPortFrom(netip.IPv4Unspecified(), 53))
	}
	if err != nil {
		panic(fmt.Sprintf("sim: no name server on %v: %v", host, err))
	}
	known := make(map[string]netip.Addr, len(names))
	for name, addr := range names {
		known[strings.ToLower(strings.TrimSuffix(name, "."))+"."] = addr
	}
	w.Go(func() {
		b := make([]byte, 512)
		for {
			n, from, err := host.ReceiveFrom(fd, b)
			if err != nil {
				return
			}
			if answer := answerName(known, b[:n]); answer != nil {
				host.SendTo(fd, answer, from) // whoever has gone meanwhile needs no answer
			}
		}
	})
}

// answerName answers a query, or returns nil when it is none.
func answerName(known map[string]netip.Addr, query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || m.Response || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	answer := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: m.ID, Response: true, Authoritative: true,
			RecursionDesired: m.RecursionDesired, RecursionAvailable: true,
		},
		Questions: m.Questions,
	}
	addr, ok := known[strings.ToLower(q.Name.String())]
	switch {
	case m.OpCode != 0:
		answer.RCode = dnsmessage.RCodeNotImplemented
	case !ok:
		answer.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA && q.Class == dnsmessage.ClassINET:
		answer.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 300},
			Body:   &dnsmessage.AResource{A: addr.As4()},
		}}
	}
	b, err := answer.Pack()
	if err != nil {
		return nil
	}
	return b
}
