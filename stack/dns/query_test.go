//go:build !before8

package dns

import (
	"errors"
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

func name(s string) dnsmessage.Name { return dnsmessage.MustNewName(s) }

func a(owner, addr string) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: name(owner), Class: dnsmessage.ClassINET, TTL: 60},
		Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()},
	}
}

func cname(owner, target string) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: name(owner), Class: dnsmessage.ClassINET, TTL: 60},
		Body:   &dnsmessage.CNAMEResource{CNAME: name(target)},
	}
}

// reply answers a query with records, after change has had its way with the message.
func reply(t *testing.T, query []byte, change func(m *dnsmessage.Message), records ...dnsmessage.Resource) []byte {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		t.Fatal(err)
	}
	m.Response, m.RecursionAvailable = true, true
	m.Answers = records
	if change != nil {
		change(&m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
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
		{"an alias that leads nowhere", []dnsmessage.Resource{cname("www.lab.test.", "b.test."), a("c.test.", "10.0.0.2")}, nil},
		{"nothing", nil, nil},
	} {
		q := New("www.lab.test", []netip.AddrPort{first}, counter())
		m, server, ok := q.Ask(0)
		if !ok || server != first || len(m) > MaxMessage {
			t.Fatalf("%s: asked %v, %v", c.what, server, ok)
		}
		q.Arrive(first, reply(t, m, nil, c.records...))
		addrs, err := q.Answer()
		var got []string
		for _, a := range addrs {
			got = append(got, a.String())
		}
		if !q.Done() || !slices.Equal(got, c.want) {
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
	q := New("www.lab.test.", []netip.AddrPort{first}, counter())
	m, _, _ := q.Ask(0)
	good := reply(t, m, nil, a("www.lab.test.", "10.0.0.2"))
	for what, bad := range map[string][]byte{
		"another number":   reply(t, m, func(m *dnsmessage.Message) { m.ID++ }, a("www.lab.test.", "10.6.6.6")),
		"another name":     reply(t, m, func(m *dnsmessage.Message) { m.Questions[0].Name = name("evil.test.") }, a("www.lab.test.", "10.6.6.6")),
		"another type":     reply(t, m, func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeMX }, a("www.lab.test.", "10.6.6.6")),
		"no question":      reply(t, m, func(m *dnsmessage.Message) { m.Questions = nil }, a("www.lab.test.", "10.6.6.6")),
		"a question again": m,
		"half of it":       good[:7],
		"nothing":          nil,
	} {
		q.Arrive(first, bad)
		if q.Done() || !q.Waiting() {
			t.Errorf("%s is taken for the answer", what)
		}
	}
	q.Arrive(second, good)
	if q.Done() {
		t.Error("who was not asked is believed")
	}
	q.Arrive(first, good)
	if addrs, err := q.Answer(); err != nil || len(addrs) != 1 {
		t.Errorf("the answer itself: %v, %v", addrs, err)
	}
}

// TestTurns asks servers that do not help, one after the other.
func TestTurns(t *testing.T) {
	q := New("www.lab.test", []netip.AddrPort{first, second}, counter())
	var asked []netip.AddrPort
	var waits []time.Duration
	ids := map[string]bool{}
	for now := time.Duration(0); ; now = q.Deadline() {
		m, server, ok := q.Ask(now)
		if !ok {
			break
		}
		asked = append(asked, server)
		waits = append(waits, q.Deadline()-now)
		ids[string(m[:2])] = true
		q.Timeout()
	}
	if want := []netip.AddrPort{first, second, first, second, first, second}; !slices.Equal(asked, want) {
		t.Errorf("asked %v", asked)
	}
	if want := []time.Duration{2e9, 2e9, 4e9, 4e9, 8e9, 8e9}; !slices.Equal(waits, want) {
		t.Errorf("waited %v", waits)
	}
	if len(ids) != 6 {
		t.Errorf("%d different numbers", len(ids))
	}
	var dns *net.DNSError
	if _, err := q.Answer(); !errors.As(err, &dns) || !dns.IsTimeout || !dns.Timeout() || dns.Name != "www.lab.test" {
		t.Errorf("%v", err)
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
		{"too long", func(m *dnsmessage.Message) { m.Truncated = true }, true, "lookup www.lab.test on 10.0.0.53:53: the answer is too long for a UDP datagram", false, false},
	} {
		q := New("www.lab.test", []netip.AddrPort{first}, counter())
		for {
			m, _, ok := q.Ask(0)
			if !ok {
				break
			}
			q.Arrive(first, reply(t, m, c.change))
			if q.Done() != c.end {
				t.Errorf("%s: Done is %v", c.what, q.Done())
			}
		}
		var dns *net.DNSError
		if _, err := q.Answer(); !errors.As(err, &dns) || dns.Error() != c.text || dns.IsNotFound != c.notFound || dns.IsTemporary != c.temporary {
			t.Errorf("%s: %+v", c.what, dns)
		}
	}
	// A server that is not there, and one that helps.
	q := New("www.lab.test", []netip.AddrPort{first, second}, counter())
	q.Ask(0)
	q.Fail(syscall.ECONNREFUSED)
	m, server, ok := q.Ask(0)
	q.Arrive(server, reply(t, m, nil, a("www.lab.test.", "10.0.0.2")))
	if addrs, err := q.Answer(); !ok || server != second || err != nil || len(addrs) != 1 {
		t.Errorf("the second server: %v, %v", addrs, err)
	}
}

func TestNames(t *testing.T) {
	for _, bad := range []string{"", ".", "a..b", strings.Repeat("x", 64) + ".test", strings.Repeat("long.", 60), "two words.test", "line\n.test"} {
		q := New(bad, []netip.AddrPort{first}, counter())
		var dns *net.DNSError
		if _, err := q.Answer(); !q.Done() || !errors.As(err, &dns) || !dns.IsNotFound {
			t.Errorf("%q: %v", bad, err)
		}
		if _, _, ok := q.Ask(0); ok {
			t.Errorf("%q is asked for", bad)
		}
	}
	if q := New("www.lab.test", nil, counter()); !q.Done() {
		t.Error("nobody to ask, and not done")
	}
}

func FuzzArrive(f *testing.F) {
	q := New("www.lab.test", []netip.AddrPort{first}, func() uint64 { return 0x1234 })
	m, _, _ := q.Ask(0)
	var message dnsmessage.Message
	if err := message.Unpack(m); err != nil {
		f.Fatal(err)
	}
	message.Response = true
	message.Answers = []dnsmessage.Resource{cname("www.lab.test.", "b.test."), a("b.test.", "10.0.0.2")}
	good, err := message.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(m)
	f.Fuzz(func(t *testing.T, b []byte) {
		q := New("www.lab.test", []netip.AddrPort{first}, func() uint64 { return 0x1234 })
		q.Ask(0)
		q.Arrive(first, b)
		if addrs, err := q.Answer(); q.Done() && (err == nil) == (len(addrs) == 0) {
			t.Errorf("%v, %v", addrs, err)
		}
	})
}
