//go:build !before8

package dns

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

var (
	first  = netip.MustParseAddrPort("10.0.0.53:53")
	second = netip.MustParseAddrPort("10.0.1.53:53")
)

func counter() func() uint64 {
	n := uint64(0x10000)
	return func() uint64 { n++; return n }
}

// resolver makes one that asks some servers.
func resolver(servers ...netip.AddrPort) *Resolver {
	r := new(Resolver)
	r.SetServers(servers...)
	return r
}

func lookup(name string, servers ...netip.AddrPort) *Lookup {
	return resolver(servers...).Lookup(name, TypeA, counter())
}

func name(s string) dnsmessage.Name { return dnsmessage.MustNewName(s) }

func record(owner string, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name(owner), Class: dnsmessage.ClassINET, TTL: 60}, Body: body}
}

func a(owner, addr string) dnsmessage.Resource {
	return record(owner, &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()})
}

func cname(owner, target string) dnsmessage.Resource {
	return record(owner, &dnsmessage.CNAMEResource{CNAME: name(target)})
}

// soa says for how long a zone's silence holds.
func soa(zone string, seconds uint32) dnsmessage.Resource {
	r := record(zone, &dnsmessage.SOAResource{NS: name("ns.test."), MBox: name("root.test."), MinTTL: seconds})
	r.Header.TTL = 3600
	return r
}

// reply answers a query with records, after change has had its way with the message.
func reply(t testing.TB, query []byte, change func(m *dnsmessage.Message), records ...dnsmessage.Resource) []byte {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		t.Fatal(err)
	}
	m.Response, m.RecursionAvailable = true, true
	m.Answers, m.Additionals = records, nil
	if change != nil {
		change(&m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// addrs writes what a lookup has found.
func addrs(l *Lookup) (list []string, err error) {
	r, err := l.Answer()
	for _, record := range r.Records {
		list = append(list, record.Addr().String())
	}
	return list, err
}

func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		what    string
		records []dnsmessage.Resource
		want    []string
	}{
		{"one address", []dnsmessage.Resource{a("www.lab.test.", "10.0.0.2")}, []string{"10.0.0.2"}},
		{"two addresses", []dnsmessage.Resource{a("www.lab.test.", "10.0.0.3"), a("www.lab.test.", "10.0.0.2")}, []string{"10.0.0.3", "10.0.0.2"}},
		{"upper case", []dnsmessage.Resource{a("WWW.lab.TEST.", "10.0.0.2")}, []string{"10.0.0.2"}},
		{"aliases, in any order", []dnsmessage.Resource{
			a("c.lab.test.", "10.0.0.4"), cname("b.lab.test.", "c.lab.test."), cname("www.lab.test.", "b.lab.test."),
		}, []string{"10.0.0.4"}},
		{"somebody else's address", []dnsmessage.Resource{a("evil.test.", "10.6.6.6"), a("www.lab.test.", "10.0.0.2")}, []string{"10.0.0.2"}},
		{"aliases in a circle", []dnsmessage.Resource{cname("www.lab.test.", "b.test."), cname("b.test.", "www.lab.test.")}, nil},
		{"a second alias", []dnsmessage.Resource{cname("www.lab.test.", "b.test."), cname("www.lab.test.", "evil.test."),
			a("evil.test.", "10.6.6.6"), a("b.test.", "10.0.0.2")}, []string{"10.0.0.2"}},
		{"nothing", nil, nil},
	} {
		l := lookup("www.lab.test", first)
		r, ok := l.Ask(0)
		if !ok || r.Server != first || r.Stream {
			t.Fatalf("%s: asked %v, %v", c.what, r, ok)
		}
		l.Arrive(0, first, reply(t, r.Message, nil, c.records...))
		if _, more := l.Ask(0); more {
			t.Errorf("%s: asked again", c.what)
		}
		got, err := addrs(l)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
		var dns *net.DNSError
		if (err == nil) != (c.want != nil) || err != nil && !(errors.As(err, &dns) && dns.IsNotFound) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

// TestBelievesNobody has answers arrive that are none.
func TestBelievesNobody(t *testing.T) {
	l := lookup("www.lab.test.", first)
	r, _ := l.Ask(0)
	m := r.Message
	evil := a("www.lab.test.", "10.6.6.6")
	good := reply(t, m, nil, a("www.lab.test.", "10.0.0.2"))
	bad := map[string][]byte{
		"another number":   reply(t, m, func(m *dnsmessage.Message) { m.ID++ }, evil),
		"another name":     reply(t, m, func(m *dnsmessage.Message) { m.Questions[0].Name = name("evil.test.") }, evil),
		"another type":     reply(t, m, func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeMX }, evil),
		"another class":    reply(t, m, func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassCHAOS }, evil),
		"another request":  reply(t, m, func(m *dnsmessage.Message) { m.OpCode = 4 }, evil),
		"no question":      reply(t, m, func(m *dnsmessage.Message) { m.Questions = nil }, evil),
		"two questions":    reply(t, m, func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) }, evil),
		"a question again": m,
		"half of it":       good[:7],
		"nothing":          nil,
	}
	for what, b := range bad {
		l.Arrive(0, first, b)
		if l.done || !l.Waiting() {
			t.Errorf("%s is taken for the answer", what)
		}
	}
	l.Arrive(0, second, good)
	l.Arrive(0, netip.AddrPortFrom(first.Addr(), 54), good)
	if l.done {
		t.Error("who was not asked is believed")
	}
	if got := l.r.Count(Ignored); got != uint64(len(bad)+2) {
		t.Errorf("%d were ignored, of %d", got, len(bad)+2)
	}
	l.Arrive(0, first, good)
	if got, err := addrs(l); err != nil || len(got) != 1 {
		t.Errorf("the answer itself: %v, %v", got, err)
	}
	// Who guesses again and again is not given the time.
	l = lookup("www.lab.test.", first)
	r, _ = l.Ask(0)
	for range maxStrange {
		if !l.Waiting() {
			t.Fatal("given up too early")
		}
		l.Arrive(0, first, reply(t, r.Message, func(m *dnsmessage.Message) { m.ID += 7 }, evil))
	}
	if r, ok := l.Ask(0); !ok || !r.Stream || r.Server != first {
		t.Errorf("after %d guesses: %+v, %v", maxStrange, r, ok)
	}
}

// TestTurns asks servers that do not help, one after the other.
func TestTurns(t *testing.T) {
	l := lookup("www.lab.test", first, second)
	var asked []netip.AddrPort
	var waits []time.Duration
	var edns []bool
	ids := map[string]bool{}
	for now := time.Duration(0); ; {
		r, ok := l.Ask(now)
		if !ok {
			break
		}
		asked = append(asked, r.Server)
		waits = append(waits, r.Deadline-now)
		edns = append(edns, binary.BigEndian.Uint16(r.Message[10:]) == 1)
		ids[string(r.Message[:2])] = true
		l.Timeout()
		now = r.Deadline
	}
	if want := []netip.AddrPort{first, second, first, second, first, second}; !slices.Equal(asked, want) {
		t.Errorf("asked %v", asked)
	}
	if want := []time.Duration{2e9, 2e9, 4e9, 4e9, 8e9, 8e9}; !slices.Equal(waits, want) {
		t.Errorf("waited %v", waits)
	}
	if want := []bool{true, true, true, true, false, false}; !slices.Equal(edns, want) {
		t.Errorf("with EDNS: %v", edns)
	}
	if len(ids) != 6 {
		t.Errorf("%d different numbers", len(ids))
	}
	var dns *net.DNSError
	if _, err := l.Answer(); !errors.As(err, &dns) || !dns.IsTimeout || !dns.Timeout() || dns.Name != "www.lab.test" {
		t.Errorf("%v", err)
	}
	// Who has answered is asked first from then on.
	res := resolver(first, second)
	for i, want := range []netip.AddrPort{first, second} {
		l := res.Lookup(fmt.Sprintf("host%d.test", i), TypeA, counter())
		r, _ := l.Ask(0)
		if r.Server != want {
			t.Errorf("lookup %d asks %v first", i, r.Server)
		}
		if i == 0 {
			l.Timeout()
			r, _ = l.Ask(r.Deadline)
		}
		l.Arrive(0, r.Server, reply(t, r.Message, nil, a(fmt.Sprintf("host%d.test.", i), "10.0.0.2")))
	}
}

func TestErrors(t *testing.T) {
	code := func(c dnsmessage.RCode) func(*dnsmessage.Message) {
		return func(m *dnsmessage.Message) { m.RCode = c }
	}
	for _, c := range []struct {
		what      string
		change    func(*dnsmessage.Message)
		end       bool // no other server is asked
		text      string
		notFound  bool
		temporary bool
	}{
		{"no such name", code(dnsmessage.RCodeNameError), true, "lookup www.lab.test on 10.0.0.53:53: no such host", true, false},
		{"server failure", code(dnsmessage.RCodeServerFailure), false, "lookup www.lab.test on 10.0.0.53:53: server misbehaving", false, true},
		{"refused", code(dnsmessage.RCodeRefused), false, "lookup www.lab.test on 10.0.0.53:53: server misbehaving", false, false},
		{"not implemented", code(dnsmessage.RCodeNotImplemented), false, "lookup www.lab.test on 10.0.0.53:53: server misbehaving", false, false},
		{"others may know", func(m *dnsmessage.Message) { m.RecursionAvailable = false }, false, "lookup www.lab.test on 10.0.0.53:53: lame referral", false, false},
	} {
		l := lookup("www.lab.test", first)
		for {
			r, ok := l.Ask(0)
			if !ok {
				break
			}
			l.Arrive(0, first, reply(t, r.Message, c.change))
			if l.done != c.end {
				t.Errorf("%s: done is %v", c.what, l.done)
			}
		}
		var dns *net.DNSError
		if _, err := l.Answer(); !errors.As(err, &dns) || dns.Error() != c.text || dns.IsNotFound != c.notFound || dns.IsTemporary != c.temporary {
			t.Errorf("%s: %+v", c.what, dns)
		}
	}
	// A server that is not there, and one that helps.
	l := lookup("www.lab.test", first, second)
	l.Ask(0)
	l.Fail(syscall.ECONNREFUSED)
	r, ok := l.Ask(0)
	l.Arrive(0, r.Server, reply(t, r.Message, nil, a("www.lab.test.", "10.0.0.2")))
	if got, err := addrs(l); !ok || r.Server != second || err != nil || len(got) != 1 {
		t.Errorf("the second server: %v, %v", got, err)
	}
}

// TestEDNS asks servers that do not know it, each in its own way.
func TestEDNS(t *testing.T) {
	for what, refuse := range map[string]func(m *dnsmessage.Message){
		"format error":                       func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeFormatError },
		"format error, without the question": func(m *dnsmessage.Message) { m.RCode, m.Questions = dnsmessage.RCodeFormatError, nil },
		"not implemented":                    func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeNotImplemented },
		"another version": func(m *dnsmessage.Message) {
			opt := dnsmessage.Resource{Body: &dnsmessage.OPTResource{}}
			opt.Header.SetEDNS0(512, badVersion, false)
			m.Additionals = []dnsmessage.Resource{opt}
		},
	} {
		l := lookup("www.lab.test", first, second)
		r, _ := l.Ask(0)
		var m dnsmessage.Message
		if err := m.Unpack(r.Message); err != nil || len(m.Additionals) != 1 || m.Additionals[0].Header.Class != MaxMessage {
			t.Fatalf("%+v, %v", m, err)
		}
		l.Arrive(0, first, reply(t, r.Message, refuse))
		r, ok := l.Ask(0)
		if err := m.Unpack(r.Message); err != nil || !ok || r.Server != first || r.Stream || len(m.Additionals) != 0 {
			t.Errorf("%s: then %+v, %v", what, r, ok)
		}
		l.Arrive(0, first, reply(t, r.Message, refuse)) // and again: it is of no use
		if r, ok := l.Ask(0); what != "another version" && (!ok || r.Server != second) {
			t.Errorf("%s, twice: then %+v, %v", what, r, ok)
		}
		if l.r.Count(WithoutEDNS) != 1 {
			t.Errorf("%s: counted %d times", what, l.r.Count(WithoutEDNS))
		}
	}
}

// TestTruncated asks again by TCP when an answer did not fit.
func TestTruncated(t *testing.T) {
	many := func(n int) (list []dnsmessage.Resource) {
		for i := range n {
			list = append(list, a("www.lab.test.", netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String()))
		}
		return list
	}
	for what, change := range map[string]func(t *testing.T, query []byte) []byte{
		"it says so": func(t *testing.T, m []byte) []byte {
			return reply(t, m, func(m *dnsmessage.Message) { m.Truncated = true }, many(2)...)
		},
		"longer than we take": func(t *testing.T, m []byte) []byte { return reply(t, m, nil, many(100)...)[:MaxMessage+1] },
	} {
		l := lookup("www.lab.test", first)
		r, _ := l.Ask(0)
		l.Arrive(0, first, change(t, r.Message))
		again, ok := l.Ask(0)
		if !ok || !again.Stream || again.Server != first || int(binary.BigEndian.Uint16(again.Message)) != len(again.Message)-2 {
			t.Fatalf("%s: then %+v, %v", what, again, ok)
		}
		if r.Message[0] == again.Message[2] && r.Message[1] == again.Message[3] {
			t.Errorf("%s: the same number twice", what)
		}
		l.Arrive(0, first, reply(t, again.Message[2:], nil, many(3000)...))
		if got, err := addrs(l); err != nil || len(got) != 3000 {
			t.Errorf("%s: %d addresses, %v", what, len(got), err)
		}
		if l.r.Count(Truncated) != 1 || l.r.Count(AskedByStream) != 1 {
			t.Errorf("%s: counted %v", what, &l.r.counts)
		}
	}
	// By TCP nothing is to be truncated, or strange: another server is asked.
	for what, change := range map[string]func(m *dnsmessage.Message){
		"truncated again": func(m *dnsmessage.Message) { m.Truncated = true },
		"strange":         func(m *dnsmessage.Message) { m.ID++ },
	} {
		l := lookup("www.lab.test", first, second)
		r, _ := l.Ask(0)
		l.Arrive(0, first, reply(t, r.Message, func(m *dnsmessage.Message) { m.Truncated = true }))
		r, _ = l.Ask(0)
		l.Arrive(0, first, reply(t, r.Message[2:], change))
		if r, ok := l.Ask(0); !ok || r.Server != second || r.Stream {
			t.Errorf("%s: then %+v, %v", what, r, ok)
		}
	}
}

// TestCompression: names that point to themselves, to each other, forward or outside end nothing but the answer.
func TestCompression(t *testing.T) {
	l := lookup("www.lab.test", first)
	r, _ := l.Ask(0)
	head := reply(t, r.Message, nil)
	for _, pointer := range []uint16{uint16(len(head)), uint16(len(head)) + 2, 0x3fff} {
		m := slices.Clone(head)
		binary.BigEndian.PutUint16(m[6:], 1) // an answer, says the header
		m = binary.BigEndian.AppendUint16(m, 0xc000|pointer)
		m = binary.BigEndian.AppendUint16(m, 0xc000|uint16(len(head)))
		m = append(m, make([]byte, 20)...)
		l := lookup("www.lab.test", first, second)
		l.Ask(0)
		l.Arrive(0, first, m)
		if l.Waiting() || l.done {
			t.Errorf("a pointer to %d: waiting %v, done %v", pointer, l.Waiting(), l.done)
		}
		if r, ok := l.Ask(0); !ok || r.Server != second {
			t.Errorf("a pointer to %d: then %+v", pointer, r)
		}
	}
}

func FuzzArrive(f *testing.F) {
	l := lookup("www.lab.test", first)
	r, _ := l.Ask(0)
	good := reply(f, r.Message, func(m *dnsmessage.Message) { m.Authorities = []dnsmessage.Resource{soa("test.", 60)} },
		cname("www.lab.test.", "b.test."), a("b.test.", "10.0.0.2"))
	f.Add(good, false)
	f.Add(r.Message, true)
	f.Add(reply(f, r.Message, func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeNameError }), true)
	f.Fuzz(func(t *testing.T, b []byte, stream bool) {
		res := resolver(first)
		l := res.Lookup("www.lab.test", TypeA, counter())
		l.Ask(0)
		if stream {
			l.query.sameServer(true)
			l.Ask(0)
		}
		l.query.id = 1
		l.Arrive(0, first, b)
		result, err := l.Answer()
		if l.done && (err == nil) == (len(result.Records) == 0) {
			t.Errorf("%v, %v", result, err)
		}
		for _, r := range result.Records {
			if r.Type != TypeA || !r.Addr().Is4() || r.TTL > maxTTL || fold(r.Name) != fold(result.Name) {
				t.Errorf("%v", r)
			}
		}
		if n, bytes := res.Remembered(); n > 1 || bytes > maxMemory {
			t.Errorf("%d answers in %d bytes", n, bytes)
		}
	})
}

func TestNames(t *testing.T) {
	for _, bad := range []string{"", ".", "a..b", strings.Repeat("x", 64) + ".test", strings.Repeat("long.", 60), "two words.test", "line\n.test"} {
		l := lookup(bad, first)
		var dns *net.DNSError
		if _, ok := l.Ask(0); ok {
			t.Errorf("%q is asked for", bad)
		} else if _, err := l.Answer(); !errors.As(err, &dns) || !dns.IsNotFound || dns.Name != bad {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"a", "www.lab.test.", strings.Repeat("x", 63) + ".test", "_dns._udp.lab.test", "日本語.test"} {
		if _, ok := lookup(good, first).Ask(0); !ok {
			t.Errorf("%q is not asked for", good)
		}
	}
	var dns *net.DNSError
	if _, err := lookup("www.lab.test").Answer(); !errors.As(err, &dns) || dns.IsNotFound {
		t.Errorf("without a server: %v", err)
	}
	for _, name := range []string{"www.lab.test", "www.lab.test.", "_dns._udp.lab.test.", "."} {
		if !IsHostName(name) {
			t.Errorf("%q is none", name)
		}
	}
	for _, name := range []string{"", "a b.", "$(reboot).test.", "a..b.", "x\x1b[2J.test.", "<b>.test."} {
		if IsHostName(name) {
			t.Errorf("%q is one", name)
		}
	}
	for addr, want := range map[string]string{
		"10.0.1.2": "2.1.0.10.in-addr.arpa.", "::ffff:10.0.1.2": "2.1.0.10.in-addr.arpa.",
		"2001:db8::567:89ab": "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		if got := Reverse(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
}
