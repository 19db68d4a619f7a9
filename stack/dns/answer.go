//go:build !before8

package dns

import (
	"net"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

// maxAliases is how many names may stand between the one asked for and what is known of it.
const maxAliases = 16

// badVersion says that a server knows EDNS, and another version of it (RFC 6891 6.1.3).
const badVersion dnsmessage.RCode = 16

// finding is what an answer comes to.
type finding struct {
	name    string   // where the aliases end, as it was written
	aliases int      // how many there were
	records []Record // of the type that was asked for, in the order in which the server gave them
	none    bool     // for certain there are none
	circle  bool     // the aliases lead nowhere
	ttl     uint32   // for how many seconds that holds
	server  string
}

// arrive is told a message that came from a server. One that is no answer to what was asked last changes nothing: it may
// be late, or somebody else's who would like to be believed (RFC 5452 3). So the sender, the number and the question must
// all be right (RFC 5452 9.1).
func (q *Query) arrive(from netip.AddrPort, message []byte) {
	if !q.waiting || from != q.server() {
		q.counts.add(Ignored)
		return
	}
	var p dnsmessage.Parser
	h, err := p.Start(message)
	if err != nil || !h.Response || h.ID != q.id || h.OpCode != 0 || !q.asked(&p, h) {
		q.counts.add(Ignored)
		switch q.strange++; {
		case q.stream: // nothing else was asked by this connection
			q.waiting = false
			q.unhelpful("cannot unmarshal DNS message", false)
		case q.strange == maxStrange:
			q.sameServer(true) // somebody guesses: by a connection he would have to guess far more
		}
		return
	}
	q.waiting = false
	switch code := q.code(p, h); {
	case q.edns && (code == dnsmessage.RCodeFormatError || code == dnsmessage.RCodeNotImplemented || code == badVersion):
		q.counts.add(WithoutEDNS)
		q.plain[q.turn%len(q.servers)] = true // it does not know EDNS (RFC 6891 7)
		q.sameServer(q.stream)
	case code != dnsmessage.RCodeSuccess && code != dnsmessage.RCodeNameError: // perhaps another server can help
		q.unhelpful("server misbehaving", code == dnsmessage.RCodeServerFailure)
	case !q.stream && (h.Truncated || len(message) > MaxMessage): // half an answer is none (RFC 2181 9)
		q.counts.add(Truncated)
		q.sameServer(true)
	default:
		q.read(p, h)
	}
}

// asked says whether a message repeats the question, and goes past it. One who did not understand the question may leave
// it out.
func (q *Query) asked(p *dnsmessage.Parser, h dnsmessage.Header) bool {
	question, err := p.Question()
	if err == dnsmessage.ErrSectionDone {
		return q.edns && h.RCode == dnsmessage.RCodeFormatError
	}
	if err != nil || question.Type != q.kind || question.Class != dnsmessage.ClassINET || foldName(question.Name) != foldName(q.wire) {
		return false
	}
	_, err = p.Question()
	return err == dnsmessage.ErrSectionDone
}

// code returns what became of the question: part of the number may stand in an OPT record (RFC 6891 6.1.3).
func (q *Query) code(p dnsmessage.Parser, h dnsmessage.Header) dnsmessage.RCode {
	if p.SkipAllAnswers() != nil || p.SkipAllAuthorities() != nil {
		return h.RCode
	}
	for {
		r, err := p.AdditionalHeader()
		if err != nil {
			return h.RCode
		}
		if r.Type == dnsmessage.TypeOPT {
			return r.ExtendedRCode(h.RCode)
		}
		if p.SkipAdditional() != nil {
			return h.RCode
		}
	}
}

// read takes an answer's records.
func (q *Query) read(p dnsmessage.Parser, h dnsmessage.Header) {
	a, err := readAnswers(&p, q.kind)
	if err != nil || h.Truncated {
		q.unhelpful("cannot unmarshal DNS message", false)
		return
	}
	f := a.follow(q.wire.String(), q.kind)
	f.server = q.server().String()
	if len(f.records) == 0 && !f.circle {
		ttl, certain := silence(&p, fold(f.name))
		switch {
		case h.RCode == dnsmessage.RCodeNameError || certain || f.aliases == 0 && (h.Authoritative || h.RecursionAvailable):
			f.none, f.ttl = true, min(ttl, f.ttl)
		case f.aliases == 0:
			q.unhelpful("lame referral", false) // it knows others who may know
			return
		}
	}
	if f.circle {
		q.fail(&net.DNSError{Err: "the aliases of the name lead nowhere", Name: q.name, Server: f.server, IsNotFound: true})
		return
	}
	q.done, q.found = true, f
}

// answers is what an answer section says of which name. What it says of names that nobody asked for is never looked at:
// whoever believed it could be told anything about any name (RFC 5452 6, RFC 2181 5.4.1).
type answers struct {
	alias map[string]Record
	found map[string][]Record
}

func readAnswers(p *dnsmessage.Parser, kind Type) (answers, error) {
	a := answers{map[string]Record{}, map[string][]Record{}}
	for {
		h, err := p.AnswerHeader()
		if err == dnsmessage.ErrSectionDone {
			return a, nil
		}
		if err != nil {
			return a, err
		}
		if h.Class != dnsmessage.ClassINET || h.Type != kind && h.Type != TypeCNAME {
			if err := p.SkipAnswer(); err != nil {
				return a, err
			}
			continue
		}
		r, err := p.Answer()
		if err != nil {
			return a, err
		}
		record := Record{Name: h.Name.String(), Type: h.Type, TTL: seconds(h.TTL), Body: r.Body}
		key := fold(record.Name)
		if h.Type == kind {
			a.found[key] = append(a.found[key], record)
		} else if _, twice := a.alias[key]; !twice { // of aliases a name has one (RFC 1034 3.6.2)
			a.alias[key] = record
		}
	}
}

// follow goes from a name along its aliases to the records (RFC 1034 3.6.2). They stand in any order.
func (a *answers) follow(name string, kind Type) finding {
	f := finding{name: name, ttl: maxTTL}
	for {
		if f.records = a.found[fold(f.name)]; len(f.records) > 0 {
			for _, r := range f.records {
				f.ttl = min(f.ttl, r.TTL)
			}
			return f
		}
		alias, ok := a.alias[fold(f.name)]
		if !ok {
			return f
		}
		if f.aliases++; f.aliases > maxAliases {
			f.circle = true
			return f
		}
		f.name, f.ttl = alias.Target(), min(f.ttl, alias.TTL)
	}
}

// silence looks in the authority section for the record that says for how long it holds that there is nothing to be
// known: the zone's own (RFC 2308 5). certain says that there is one. Without one, nobody should remember it.
func silence(p *dnsmessage.Parser, name string) (ttl uint32, certain bool) {
	if p.SkipAllAnswers() != nil {
		return 0, false
	}
	for {
		h, err := p.AuthorityHeader()
		if err != nil {
			return 0, false
		}
		if h.Type != TypeSOA || h.Class != dnsmessage.ClassINET || !within(name, foldName(h.Name)) {
			if p.SkipAuthority() != nil {
				return 0, false
			}
			continue
		}
		soa, err := p.SOAResource()
		if err != nil {
			return 0, false
		}
		return min(seconds(h.TTL), seconds(soa.MinTTL), maxSilence), true
	}
}

// seconds reads a TTL. One whose first bit is set is 0 (RFC 2181 8).
func seconds(ttl uint32) uint32 {
	if ttl > 1<<31-1 {
		return 0
	}
	return min(ttl, maxTTL)
}
