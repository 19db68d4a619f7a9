//go:build !before8

package dns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// zone answers questions: by name, what is known of it.
type zone map[string][]dnsmessage.Resource

// run lets a lookup ask the zone until it is done, and returns the names that were asked for.
func (z zone) run(t *testing.T, l *Lookup, now time.Duration) (asked []string) {
	t.Helper()
	for range 100 {
		r, ok := l.Ask(now)
		if !ok {
			return asked
		}
		var m dnsmessage.Message
		if err := m.Unpack(r.Message); err != nil {
			t.Fatal(err)
		}
		question := m.Questions[0].Name.String()
		asked = append(asked, question)
		records, known := z[question]
		l.Arrive(now, r.Server, reply(t, r.Message, func(m *dnsmessage.Message) {
			if !known {
				m.RCode = dnsmessage.RCodeNameError
			}
			if len(records) == 0 {
				m.Authorities = []dnsmessage.Resource{soa("test.", 30)}
			}
		}, records...))
	}
	t.Fatal("it asks and asks")
	return nil
}

// TestAliasesAcrossQueries: a server that knows only the alias is asked for what it leads to.
func TestAliasesAcrossQueries(t *testing.T) {
	z := zone{
		"www.lab.test.": {cname("www.lab.test.", "b.lab.test.")},
		"b.lab.test.":   {cname("b.lab.test.", "c.lab.test."), cname("c.lab.test.", "d.lab.test.")},
		"d.lab.test.":   {a("d.lab.test.", "10.0.0.2")},
		"x.test.":       {cname("x.test.", "y.test.")},
		"y.test.":       {cname("y.test.", "x.test.")},
		"gone.test.":    {cname("gone.test.", "nobody.test.")},
		"odd.test.":     {cname("odd.test.", ".")},
	}
	for i := range 40 {
		n := fmt.Sprintf("long%d.test.", i)
		z[n] = []dnsmessage.Resource{cname(n, fmt.Sprintf("long%d.test.", i+1))}
	}
	res := resolver(first)
	l := res.Lookup("www.lab.test", TypeA, counter())
	asked := z.run(t, l, 0)
	if want := []string{"www.lab.test.", "b.lab.test.", "d.lab.test."}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v", asked)
	}
	if r, err := l.Answer(); err != nil || r.Name != "d.lab.test." || fmt.Sprint(r.Records) != "[d.lab.test. 60 A 10.0.0.2]" {
		t.Errorf("%v, %v", r, err)
	}
	// The whole way is remembered, for as long as all of it holds.
	l = res.Lookup("WWW.lab.test.", TypeA, counter())
	if asked := z.run(t, l, 59*time.Second); len(asked) != 0 {
		t.Errorf("asked again for %v", asked)
	}
	if r, err := l.Answer(); err != nil || r.Records[0].TTL != 1 {
		t.Errorf("%v, %v", r, err)
	}
	if asked := z.run(t, res.Lookup("www.lab.test.", TypeA, counter()), 60*time.Second); len(asked) != 3 {
		t.Errorf("after a minute asked for %v", asked)
	}
	for _, c := range []struct {
		name string
		most int
	}{{"x.test", maxAliases + 1}, {"long0.test", maxAliases + 1}, {"gone.test", 2}, {"odd.test", 1}} {
		l := res.Lookup(c.name, TypeA, counter())
		asked := z.run(t, l, 0)
		var dns *net.DNSError
		if _, err := l.Answer(); !errors.As(err, &dns) || !dns.IsNotFound || len(asked) > c.most {
			t.Errorf("%s: %d queries, %v", c.name, len(asked), err)
		}
	}
}

// TestRemembers: answers, and that there is none, for as long as the server says and no longer.
func TestRemembers(t *testing.T) {
	z := zone{"www.lab.test.": {a("www.lab.test.", "10.0.0.2")}, "empty.test.": nil}
	for _, c := range []struct {
		name string
		hold time.Duration
	}{{"www.lab.test", 60 * time.Second}, {"nobody.test", 30 * time.Second}, {"empty.test", 30 * time.Second}} {
		res := resolver(first)
		queries := func(now time.Duration) int { return len(z.run(t, res.Lookup(c.name, TypeA, counter()), now)) }
		began := 5 * time.Hour
		if queries(began) != 1 || queries(began+c.hold-1) != 0 || queries(began+c.hold) != 1 || res.Count(Remembered) != 1 {
			t.Errorf("%s is not remembered for %v", c.name, c.hold)
		}
		res.Forget()
		if n, bytes := res.Remembered(); n != 0 || bytes != 0 || queries(began+c.hold) != 1 {
			t.Errorf("%s: not forgotten", c.name)
		}
		res.SetServers(second)
		if queries(began+c.hold) != 1 {
			t.Errorf("%s: what another has said still counts", c.name)
		}
	}
}

// TestTTLs: what servers say of time is taken with a grain of salt.
func TestTTLs(t *testing.T) {
	with := func(r dnsmessage.Resource, ttl uint32) dnsmessage.Resource { r.Header.TTL = ttl; return r }
	silent := func(zone string, ttl, minimum uint32) func(*dnsmessage.Message) {
		return func(m *dnsmessage.Message) {
			m.RCode = dnsmessage.RCodeNameError
			m.Authorities = []dnsmessage.Resource{with(soa(zone, minimum), ttl)}
		}
	}
	one := a("www.lab.test.", "10.0.0.2")
	for _, c := range []struct {
		what    string
		change  func(*dnsmessage.Message)
		records []dnsmessage.Resource
		want    time.Duration
	}{
		{"nothing", nil, []dnsmessage.Resource{with(one, 0)}, 0},
		{"a second", nil, []dnsmessage.Resource{with(one, 1)}, time.Second},
		{"the shorter", nil, []dnsmessage.Resource{with(one, 50), with(one, 20)}, 20 * time.Second},
		{"the alias's", nil, []dnsmessage.Resource{with(cname("www.lab.test.", "b.test."), 7), a("b.test.", "10.0.0.2")}, 7 * time.Second},
		{"for ever", nil, []dnsmessage.Resource{with(one, 1<<31-1)}, 24 * time.Hour},
		{"less than nothing", nil, []dnsmessage.Resource{with(one, 1<<31)}, 0},
		{"silence: the minimum", silent("lab.test.", 3600, 10), nil, 10 * time.Second},
		{"silence: the TTL", silent("test.", 5, 10), nil, 5 * time.Second},
		{"silence: the root's", silent(".", 5, 10), nil, 5 * time.Second},
		{"silence: for ever", silent("test.", 1<<31-1, 1<<31-1), nil, 3 * time.Hour},
		{"silence: another's", silent("evil.test.", 3600, 3600), nil, 0},
		{"silence: of no zone", func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeNameError }, nil, 0},
	} {
		res := resolver(first)
		l := res.Lookup("www.lab.test", TypeA, counter())
		r, _ := l.Ask(0)
		l.Arrive(0, first, reply(t, r.Message, c.change, c.records...))
		if !l.done {
			t.Errorf("%s: not done", c.what)
		}
		holds := func(now time.Duration) bool {
			_, asks := res.Lookup("www.lab.test", TypeA, counter()).Ask(now)
			return !asks
		}
		if c.want == 0 && holds(0) || c.want > 0 && (!holds(c.want-1) || holds(c.want)) {
			t.Errorf("%s: not remembered for %v", c.what, c.want)
		}
	}
}

// TestBound asks for more names than can be remembered, and for some of which there is much to know.
func TestBound(t *testing.T) {
	res := resolver(first)
	for i := range 5 * maxEntries {
		n := fmt.Sprintf("host%d.test", i)
		l := res.Lookup(n, TypeA, counter())
		r, _ := l.Ask(0)
		var list []dnsmessage.Resource
		for j := range i % 50 {
			list = append(list, a(n+".", netip.AddrFrom4([4]byte{10, byte(i), byte(i >> 8), byte(j)}).String()))
		}
		l.Arrive(0, first, reply(t, r.Message, func(m *dnsmessage.Message) { m.Authorities = []dnsmessage.Resource{soa("test.", 99)} }, list...))
		l.Ask(0)
		if entries, bytes := res.Remembered(); entries > maxEntries || bytes > maxMemory || entries == 0 {
			t.Fatalf("after %d names: %d answers in %d bytes", i+1, entries, bytes)
		}
	}
	// Many of which there is little to know, and a chain of aliases that is longer than it may be.
	few := resolver(first)
	for i := range 2 * maxEntries {
		few.remember(0, question{fmt.Sprintf("host%d.test.", i), TypeA}, finding{none: true, ttl: 60})
	}
	if entries, _ := few.Remembered(); entries != maxEntries {
		t.Errorf("%d answers", entries)
	}
	for n, want := range map[int]bool{maxAliases: true, maxAliases + 1: false} {
		l := resolver(first).Lookup("n0.test", TypeA, counter())
		r, _ := l.Ask(0)
		chain := []dnsmessage.Resource{a(fmt.Sprintf("n%d.test.", n), "10.0.0.2")}
		for i := range n {
			chain = append(chain, cname(fmt.Sprintf("n%d.test.", i), fmt.Sprintf("n%d.test.", i+1)))
		}
		l.Arrive(0, first, reply(t, r.Message, nil, chain...))
		if got, err := addrs(l); !l.done || (len(got) == 1) != want {
			t.Errorf("%d aliases: %v, %v", n, got, err)
		}
	}
	// The sum is what the parts are.
	sum := 0
	for _, at := range res.cache.entries {
		sum += at.Value.(*entry).size
	}
	if sum != res.cache.memory || res.cache.used.Len() != len(res.cache.entries) {
		t.Errorf("%d bytes, and the answers have %d", res.cache.memory, sum)
	}
	// One with thousands of records is given to who asks, and not kept.
	l := res.Lookup("huge.test", TypeA, counter())
	r, _ := l.Ask(0)
	l.Arrive(0, first, reply(t, r.Message, func(m *dnsmessage.Message) { m.Truncated = true }))
	r, _ = l.Ask(0)
	var list []dnsmessage.Resource
	for range 4000 {
		list = append(list, a("huge.test.", "10.0.0.2"))
	}
	before, _ := res.Remembered()
	l.Arrive(0, first, reply(t, r.Message[2:], nil, list...))
	if result, err := l.Answer(); err != nil || len(result.Records) != 4000 {
		t.Errorf("%d records, %v", len(result.Records), err)
	}
	if after, _ := res.Remembered(); after != before {
		t.Errorf("%d answers before, %d after", before, after)
	}
}

// TestPoison: whatever else an answer says, only the name that was asked for is believed to be known.
func TestPoison(t *testing.T) {
	res := resolver(first)
	l := res.Lookup("www.lab.test", TypeA, counter())
	r, _ := l.Ask(0)
	evil := a("bank.test.", "10.6.6.6")
	l.Arrive(0, first, reply(t, r.Message, func(m *dnsmessage.Message) {
		m.Authorities = []dnsmessage.Resource{record("bank.test.", &dnsmessage.NSResource{NS: name("bank.test.")}), evil, soa("bank.test.", 99)}
		m.Additionals = []dnsmessage.Resource{evil}
	}, cname("other.test.", "bank.test."), evil, a("www.lab.test.", "10.0.0.2")))
	if got, err := addrs(l); err != nil || fmt.Sprint(got) != "[10.0.0.2]" {
		t.Errorf("%v, %v", got, err)
	}
	for _, n := range []string{"bank.test", "other.test"} {
		if _, asks := res.Lookup(n, TypeA, counter()).Ask(0); !asks {
			t.Errorf("%s is known", n)
		}
	}
	if n, _ := res.Remembered(); n != 1 {
		t.Errorf("%d answers", n)
	}
}

func TestSearch(t *testing.T) {
	z := zone{"www.lab.test.": {a("www.lab.test.", "10.0.0.2")}, "a.b.": {a("a.b.", "10.0.0.3")}, "solo.": {a("solo.", "10.0.0.4")}}
	for _, c := range []struct {
		name  string
		ndots int
		want  string
	}{
		{"www", 1, "www.dept.test. www.lab.test."},
		{"www.", 1, "www."},
		{"a.b", 1, "a.b."},
		{"a.b", 2, "a.b.dept.test. a.b.lab.test. a.b."},
		{"www.lab.test", 1, "www.lab.test."},
		{"no.body", 1, "no.body. no.body.dept.test. no.body.lab.test."},
		{"solo", 1, "solo.dept.test. solo.lab.test. solo."},
		{"solo", 0, "solo."},
		{strings.Repeat("x.", 122) + "test", 1, strings.Repeat("x.", 122) + "test."}, // with a domain it is too long
	} {
		res := resolver(first)
		res.SetSearch(c.ndots, "dept.test", "lab.test.")
		l := res.Lookup(c.name, TypeA, counter())
		if got := strings.Join(z.run(t, l, 0), " "); got != c.want {
			t.Errorf("%s, ndots %d: asked for %s", c.name, c.ndots, got)
		}
		if _, err := l.Answer(); err != nil && !strings.HasPrefix(err.Error(), "lookup "+c.name+" on ") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// When nobody answers, the next name is none to try: it would be another's.
	res := resolver(first)
	res.SetSearch(1, "dept.test", "lab.test")
	l := res.Lookup("www", TypeA, counter())
	for {
		r, ok := l.Ask(0)
		if !ok {
			break
		}
		if !strings.Contains(string(r.Message), "\x04dept") {
			t.Fatal("tried the next")
		}
		l.Timeout()
	}
	var dns *net.DNSError
	if _, err := l.Answer(); !errors.As(err, &dns) || !dns.IsTimeout {
		t.Error(err)
	}
}

func TestHosts(t *testing.T) {
	res := resolver(first)
	res.SetHosts(map[string][]netip.Addr{
		"Web.lab.test": {netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("fd00::7"), netip.MustParseAddr("10.0.0.8")},
		"six":          {netip.MustParseAddr("fd00::9")},
		"also":         {netip.MustParseAddr("10.0.0.7")},
	})
	for _, c := range []struct {
		name string
		kind Type
		want string // "?": the server is asked
	}{
		{"web.LAB.test", TypeA, "web.lab.test. 0 A 10.0.0.7, web.lab.test. 0 A 10.0.0.8"},
		{"web.lab.test.", TypeAAAA, "web.lab.test. 0 AAAA fd00::7"},
		{"web.lab.test", TypeMX, "?"},
		{"six", TypeA, ""},
		{"six", TypeAAAA, "six. 0 AAAA fd00::9"},
		{"7.0.0.10.in-addr.arpa", TypePTR, "7.0.0.10.in-addr.arpa. 0 PTR Web.lab.test., 7.0.0.10.in-addr.arpa. 0 PTR also."},
		{"9.0.0.10.in-addr.arpa", TypePTR, "?"},
		{"localhost", TypeA, "localhost. 0 A 127.0.0.1"},
		{"a.localhost.", TypeAAAA, "a.localhost. 0 AAAA ::1"},
		{"localhost", TypeMX, ""},
		{"1.0.0.127.in-addr.arpa", TypePTR, "1.0.0.127.in-addr.arpa. 0 PTR localhost."},
		{"x.invalid", TypeA, ""},
		{"x.onion", TypeA, ""},
		{"notlocalhost", TypeA, "?"},
	} {
		l := res.Lookup(c.name, c.kind, counter())
		_, asks := l.Ask(0)
		r, err := l.Answer()
		var list []string
		for _, record := range r.Records {
			list = append(list, record.String())
		}
		if got := strings.Join(list, ", "); asks != (c.want == "?") || !asks && (got != c.want || (err != nil) != (got == "")) {
			t.Errorf("%s %v: %q, asks %v, %v", c.name, c.kind, got, asks, err)
		}
	}
}

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		body dnsmessage.ResourceBody
		kind Type
		want string
	}{
		{&dnsmessage.MXResource{Pref: 10, MX: name("mx.test.")}, TypeMX, "x.test. 60 MX 10 mx.test."},
		{&dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: 3, Target: name("h.test.")}, TypeSRV, "x.test. 60 SRV 1 2 3 h.test."},
		{&dnsmessage.TXTResource{TXT: []string{"one", "tw\"o"}}, TypeTXT, `x.test. 60 TXT "one" "tw\"o"`},
		{&dnsmessage.NSResource{NS: name("ns.test.")}, TypeNS, "x.test. 60 NS ns.test."},
		{&dnsmessage.PTRResource{PTR: name("h.test.")}, TypePTR, "x.test. 60 PTR h.test."},
		{&dnsmessage.CNAMEResource{CNAME: name("h.test.")}, TypeCNAME, "x.test. 60 CNAME h.test."},
		{&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fd00::1").As16()}, TypeAAAA, "x.test. 60 AAAA fd00::1"},
	} {
		l := resolver(first).Lookup("x.test", c.kind, counter())
		r, _ := l.Ask(0)
		l.Arrive(0, first, reply(t, r.Message, nil, record("x.test.", c.body)))
		if result, err := l.Answer(); err != nil || len(result.Records) != 1 || result.Records[0].String() != c.want {
			t.Errorf("%v, %v, want %s", result, err, c.want)
		}
	}
}
