//go:build !before11

package interop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/dns"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// manyAddresses is how many a name has whose answer fits into no datagram.
const manyAddresses = 300

// nameServer has dnsmasq serve some names in the kernel's half of a room, and our resolver ask it.
func (r *room) nameServer() {
	r.t.Helper()
	hosts := filepath.Join(r.t.TempDir(), "hosts")
	var lines strings.Builder
	for i := range manyAddresses {
		fmt.Fprintf(&lines, "10.9.%d.%d many.lab.test\n", i/200, i%200+1)
	}
	must(r.t, os.WriteFile(hosts, []byte(lines.String()), 0o644))
	args := []string{"--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--group=root", "--log-facility=-",
		"--no-resolv", "--no-hosts", "--addn-hosts=" + hosts, "--local-ttl=60", "--local=/lab.test/", "--local=/0.0.10.in-addr.arpa/",
		"--host-record=www.lab.test,10.0.0.7,fd00::7", "--host-record=mail.lab.test,10.0.0.8",
		"--cname=old.lab.test,older.lab.test,www.lab.test",
		"--mx-host=lab.test,second.lab.test,20", "--mx-host=lab.test,mail.lab.test,10",
		"--srv-host=_sip._udp.lab.test,www.lab.test,5060,1,5", "--srv-host=_sip._udp.lab.test,mail.lab.test,5061,0,5",
		"--txt-record=lab.test,v=1,two strings", "--ptr-record=9.0.0.10.in-addr.arpa,nine.lab.test"}
	for i := range 12 { // more than fits
		args = append(args, fmt.Sprintf("--txt-record=big.lab.test,%03d %s", i, strings.Repeat("x", 200)))
	}
	r.kernel.start("dnsmasq", args...)
	r.serving(53)
	r.UseResolver(netip.AddrPortFrom(kernelPrefix.Addr(), 53))
}

// TestDnsmasq asks a real server for names of every kind.
func TestDnsmasq(t *testing.T) {
	t.Parallel()
	for name, f := range peerWeathers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, setting{out: f, in: f, seed: seedOf(t)})
			r.nameServer()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			same := func(what string, got any, err error, want any) {
				t.Helper()
				if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || diff != "" {
					t.Errorf("%s: %v\n%s", what, err, diff)
				}
			}
			addr := func(list ...string) (addrs []netip.Addr) {
				for _, a := range list {
					addrs = append(addrs, netip.MustParseAddr(a))
				}
				return addrs
			}
			hosts, err := r.LookupHost(ctx, "www.lab.test")
			same("A", hosts, err, addr("10.0.0.7"))
			hosts, err = r.LookupNetIP(ctx, "ip", "www.lab.test")
			same("A and AAAA", hosts, err, addr("10.0.0.7", "fd00::7"))
			hosts, err = r.LookupHost(ctx, "old.lab.test")
			same("A, by an alias", hosts, err, addr("10.0.0.7"))
			cname, err := r.LookupCNAME(ctx, "old.lab.test")
			same("CNAME", cname, err, "www.lab.test.")
			mx, err := r.LookupMX(ctx, "lab.test")
			same("MX", mx, err, []*net.MX{{Host: "mail.lab.test.", Pref: 10}, {Host: "second.lab.test.", Pref: 20}})
			_, srv, err := r.LookupSRV(ctx, "sip", "udp", "lab.test")
			same("SRV", srv, err, []*net.SRV{{Target: "mail.lab.test.", Port: 5061, Weight: 5}, {Target: "www.lab.test.", Port: 5060, Priority: 1, Weight: 5}})
			txt, err := r.LookupTXT(ctx, "lab.test")
			same("TXT", txt, err, []string{"v=1two strings"})
			names, err := r.LookupAddr(ctx, "10.0.0.7")
			same("PTR", names, err, []string{"www.lab.test."})
			names, err = r.LookupAddr(ctx, "10.0.0.9")
			same("PTR, of its own", names, err, []string{"nine.lab.test."})
			var failed *net.DNSError
			if _, err := r.LookupHost(ctx, "nobody.lab.test"); !errors.As(err, &failed) || !failed.IsNotFound {
				t.Errorf("nobody: %v", err)
			}
			if _, err := r.LookupMX(ctx, "www.lab.test"); !errors.As(err, &failed) || !failed.IsNotFound {
				t.Errorf("no mail: %v", err)
			}
			if _, err := r.LookupHost(ctx, "elsewhere.test"); !errors.As(err, &failed) || failed.IsNotFound || failed.IsTimeout {
				t.Errorf("what the server refuses: %v", err)
			}
			// What does not fit is fetched by TCP.
			before := r.DNS().Count(dns.AskedByStream)
			hosts, err = r.LookupHost(ctx, "many.lab.test")
			slices.SortFunc(hosts, netip.Addr.Compare)
			if err != nil || len(hosts) != manyAddresses || len(slices.Compact(hosts)) != manyAddresses {
				t.Errorf("many: %d addresses, %v", len(hosts), err)
			}
			txt, err = r.LookupTXT(ctx, "big.lab.test")
			slices.Sort(txt)
			if err != nil || len(txt) != 12 || !strings.HasPrefix(txt[11], "011 xxx") || len(txt[11]) != 204 {
				t.Errorf("big: %d texts, %v", len(txt), err)
			}
			if got := r.DNS().Count(dns.AskedByStream) - before; got < 2 || f == (nic.Faults{}) && got > 2 {
				t.Errorf("%d questions by TCP", got)
			}
			// What is remembered need not be asked for again.
			asked := r.DNS().Count(dns.Asked)
			hosts, err = r.LookupHost(ctx, "www.lab.test.")
			same("remembered", hosts, err, addr("10.0.0.7"))
			if r.DNS().Count(dns.Asked) != asked {
				t.Error("asked again for what is remembered")
			}
			// A name to connect to.
			r.DNS().SetSearch(1, "lab.test")
			r.DNS().SetHosts(map[string][]netip.Addr{"router": {kernelPrefix.Addr()}})
			l := r.kernel.listen(80, nil)
			c, err := r.DialContext(ctx, "tcp", "router:80")
			must(t, err)
			must(t, c.Close(), l.Close())
			hosts, err = r.LookupHost(ctx, "mail")
			same("searched for", hosts, err, addr("10.0.0.8"))
		})
	}
}
