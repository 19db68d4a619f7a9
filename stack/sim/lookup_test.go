//go:build !before8

package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/dns"
)

// serveZone makes a host a name server that knows some records, and answers after a while.
func serveZone(t *testing.T, w *World, host *stack.Stack, after time.Duration, records ...dnsmessage.Resource) {
	t.Helper()
	fd := datagramSocket(t, host, 53)
	w.Go(func() {
		b := make([]byte, 512)
		for {
			n, from, err := host.ReceiveFrom(fd, b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			for _, r := range records {
				r.Header.Type = 0
				packed := dnsmessage.Message{Answers: []dnsmessage.Resource{r}}
				raw, err := packed.Pack() // which sets the type
				if err != nil || packed.Unpack(raw) != nil {
					t.Error(err)
				}
				if q := m.Questions[0]; packed.Answers[0].Header.Type == q.Type && r.Header.Name == q.Name {
					m.Answers = append(m.Answers, r)
				}
			}
			w.Sleep(after)
			if answer, err := m.Pack(); err == nil {
				host.SendTo(fd, answer, from)
			}
		}
	})
}

func TestLookupTypes(t *testing.T) {
	w, client, server, _ := pair()
	n := dnsmessage.MustNewName
	srv := func(priority, weight uint16, target string) dnsmessage.Resource {
		return resource("_sip._udp.lab.test.", 60, &dnsmessage.SRVResource{Priority: priority, Weight: weight, Port: 5060, Target: n(target)})
	}
	serveZone(t, w, server, 0,
		resource("lab.test.", 60, &dnsmessage.MXResource{Pref: 20, MX: n("b.lab.test.")}),
		resource("lab.test.", 60, &dnsmessage.MXResource{Pref: 10, MX: n("a.lab.test.")}),
		resource("odd.test.", 60, &dnsmessage.MXResource{Pref: 10, MX: n("a.lab.test.")}),
		resource("odd.test.", 60, &dnsmessage.MXResource{Pref: 10, MX: n("$(reboot).test.")}),
		resource("lab.test.", 60, &dnsmessage.NSResource{NS: n("ns.lab.test.")}),
		resource("lab.test.", 60, &dnsmessage.TXTResource{TXT: []string{"one ", "text"}}),
		resource("2.0.0.10.in-addr.arpa.", 60, &dnsmessage.PTRResource{PTR: n("b.lab.test.")}),
		resource("six.test.", 60, &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fd00::6").As16()}),
		address("both.test.", 60, netip.MustParseAddr("10.0.0.7")),
		resource("both.test.", 60, &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fd00::7").As16()}),
		srv(2, 0, "last.test."), srv(1, 0, "none.test."), srv(1, 10, "ten.test."), srv(1, 90, "ninety.test."))
	client.UseResolver(server.Addr(53))
	ctx := context.Background()
	text := func(v any, err error) string {
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(v)
	}
	mx := func(name string) (list []string, err error) {
		found, err := client.LookupMX(ctx, name)
		for _, m := range found {
			list = append(list, fmt.Sprint(m.Host, " ", m.Pref))
		}
		return list, err
	}
	ns, err := client.LookupNS(ctx, "lab.test")
	if err != nil || len(ns) != 1 || ns[0].Host != "ns.lab.test." {
		t.Errorf("NS: %v, %v", ns, err)
	}
	if list, err := mx("odd.test"); len(list) != 1 || err == nil || !strings.HasSuffix(err.Error(), "contain invalid names") {
		t.Errorf("odd names: %v, %v", list, err)
	}
	for _, c := range []struct{ what, got, want string }{
		{"MX", text(mx("lab.test")), "[a.lab.test. 10 b.lab.test. 20]"},
		{"TXT", text(client.LookupTXT(ctx, "lab.test")), "[one text]"},
		{"PTR", text(client.LookupAddr(ctx, "10.0.0.2")), "[b.lab.test.]"},
		{"PTR of nobody", text(client.LookupAddr(ctx, "10.0.0.3")), "lookup 10.0.0.3 on 10.0.0.2:53: no such host"},
		{"PTR of no address", text(client.LookupAddr(ctx, "lab.test")), "lookup lab.test: unrecognized address"},
		{"ip", text(client.LookupNetIP(ctx, "ip", "both.test")), "[10.0.0.7 fd00::7]"},
		{"ip6", text(client.LookupNetIP(ctx, "ip6", "both.test")), "[fd00::7]"},
		{"ip of six", text(client.LookupNetIP(ctx, "ip", "six.test")), "[fd00::6]"},
		{"ip4 of six", text(client.LookupNetIP(ctx, "ip4", "six.test")), "lookup six.test on 10.0.0.2:53: no such host"},
		{"ip of an address", text(client.LookupNetIP(ctx, "ip", "::1")), "[::1]"},
		{"ip4 of an IPv6 address", text(client.LookupNetIP(ctx, "ip4", "::1")), "address ::1: no suitable address found"},
		{"ip5", text(client.LookupNetIP(ctx, "ip5", "both.test")), "unknown network ip5"},
		{"CNAME of six", text(client.LookupCNAME(ctx, "six.test")), "six.test."},
		{"any", text(client.Lookup(ctx, "lab.test", dns.TypeTXT)), `[lab.test. 60 TXT "one " "text"]`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	// A weight is how often a host comes first among those of its priority (RFC 2782).
	firsts := map[string]int{}
	for range 1000 {
		_, hosts, err := client.LookupSRV(ctx, "sip", "udp", "lab.test")
		if err != nil || len(hosts) != 4 || hosts[3].Target != "last.test." {
			t.Fatalf("%v, %v", hosts, err)
		}
		firsts[hosts[0].Target]++
	}
	if firsts["ninety.test."] < 850 || firsts["ten.test."] < 60 || firsts["none.test."] > 30 {
		t.Errorf("came first: %v", firsts)
	}
}

// impatient is a context that ends when the test says so, by no goroutine of its own.
type impatient struct {
	context.Context
	err error
}

func (c *impatient) Err() error { return c.err }

// TestLookupsJoin: of many who want to know the same, one asks.
func TestLookupsJoin(t *testing.T) {
	w, client, server, _ := pair()
	serveZone(t, w, server, time.Second, address("www.lab.test.", 0, netip.MustParseAddr("10.0.0.7")))
	client.UseResolver(server.Addr(53))
	ctx := &impatient{Context: context.Background()}
	done := 0
	for i := range 10 {
		w.Go(func() {
			var own context.Context = ctx
			if i > 0 {
				own = context.Background()
			}
			addrs, err := client.LookupHost(own, "www.lab.test")
			if i == 0 && !errors.Is(err, context.Canceled) || i > 0 && (err != nil || len(addrs) != 1) {
				t.Errorf("%d: %v, %v", i, addrs, err)
			}
			done++
		})
	}
	w.Sleep(500 * time.Millisecond)
	if got := client.DNS().Count(dns.Asked); got != 1 || done != 0 {
		t.Errorf("%d questions, %d done", got, done)
	}
	// The one who asked gives up: that is his affair, and the next asks.
	ctx.err = context.Canceled
	w.Sleep(10 * time.Second)
	if got := client.DNS().Count(dns.Asked); got != 2 || done != 10 {
		t.Errorf("%d questions, %d done", got, done)
	}
	var failed *net.DNSError
	if _, err := client.LookupHost(ctx, "other.test"); !errors.As(err, &failed) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
