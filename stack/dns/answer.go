//go:build !before8

package dns

import (
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// maxAliases is how many names may stand between the one asked for and the address.
const maxAliases = 8

// Arrive is told a message that came from a server. One that is no answer to what was asked last changes nothing: it may
// be late, or somebody else's who would like to be believed (RFC 5452 3). So the sender, the number and the question must
// all be right.
func (q *Query) Arrive(from netip.AddrPort, message []byte) {
	if !q.waiting || from != q.server(q.asked-1) {
		return
	}
	var p dnsmessage.Parser
	h, err := p.Start(message)
	if err != nil || !h.Response || h.ID != q.id || h.OpCode != 0 {
		return
	}
	question, err := p.Question()
	if err != nil || question.Type != dnsmessage.TypeA || question.Class != dnsmessage.ClassINET || !same(question.Name, q.wire) {
		return
	}
	if err := p.SkipAllQuestions(); err != nil {
		return
	}
	q.waiting = false
	server := from.String()
	switch {
	case h.RCode == dnsmessage.RCodeNameError:
		q.fail(&net.DNSError{Err: noSuchHost, Name: q.name, Server: server, IsNotFound: true})
		return
	case h.RCode != dnsmessage.RCodeSuccess: // perhaps another server can help
		q.failed = &net.DNSError{Err: "server misbehaving", Name: q.name, Server: server, IsTemporary: h.RCode == dnsmessage.RCodeServerFailure}
		return
	case h.Truncated:
		q.fail(&net.DNSError{Err: "the answer is too long for a UDP datagram", Name: q.name, Server: server})
		return
	}
	addrs, err := addresses(&p, q.wire)
	switch {
	case err != nil:
		q.failed = &net.DNSError{Err: "cannot read the answer: " + err.Error(), Name: q.name, Server: server}
	case len(addrs) == 0: // the name is there, and has no IPv4 address
		q.fail(&net.DNSError{Err: noSuchHost, Name: q.name, Server: server, IsNotFound: true})
	default:
		q.done, q.addrs = true, addrs
	}
}

// addresses finds the addresses of name in an answer. An alias (CNAME) says under which other name to look (RFC 1034
// 3.6.2); the records stand in any order.
func addresses(p *dnsmessage.Parser, name dnsmessage.Name) ([]netip.Addr, error) {
	alias := map[string]dnsmessage.Name{}
	found := map[string][]netip.Addr{}
	for {
		h, err := p.AnswerHeader()
		if err == dnsmessage.ErrSectionDone {
			break
		}
		if err != nil {
			return nil, err
		}
		key := fold(h.Name)
		switch {
		case h.Class == dnsmessage.ClassINET && h.Type == dnsmessage.TypeA:
			r, err := p.AResource()
			if err != nil {
				return nil, err
			}
			found[key] = append(found[key], netip.AddrFrom4(r.A))
		case h.Class == dnsmessage.ClassINET && h.Type == dnsmessage.TypeCNAME:
			r, err := p.CNAMEResource()
			if err != nil {
				return nil, err
			}
			alias[key] = r.CNAME
		default:
			if err := p.SkipAnswer(); err != nil {
				return nil, err
			}
		}
	}
	for range maxAliases {
		if addrs := found[fold(name)]; len(addrs) > 0 {
			return addrs, nil
		}
		next, ok := alias[fold(name)]
		if !ok {
			break
		}
		name = next
	}
	return nil, nil
}

// fold writes a name so that two which differ in upper and lower case alone are the same (RFC 4343).
func fold(n dnsmessage.Name) string { return strings.ToLower(n.String()) }

func same(a, b dnsmessage.Name) bool { return fold(a) == fold(b) }
