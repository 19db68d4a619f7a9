//go:build !before11

package interop

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

// TestDnsmasqLease has a real DHCP server give us our address, and uses what it says.
func TestDnsmasqLease(t *testing.T) {
	t.Parallel()
	r := newRoom(t, setting{})
	r.kernel.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--group=root", "--log-facility=-",
		"--no-resolv", "--no-hosts", "--no-ping", "--leasefile-ro",
		"--dhcp-range=10.0.0.50,10.0.0.60,255.255.255.0,2m", "--dhcp-option=option:domain-name,lab.test", "--host-record=www.lab.test,10.0.0.7")
	r.serving(53)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	i := r.IP().Interfaces()[0]
	lease, err := r.Obtain(ctx, i)
	if err != nil {
		t.Fatal(err)
	}
	a := lease.Prefix.Addr()
	if lease.Prefix.Bits() != 24 || a.Less(netip.MustParseAddr("10.0.0.50")) || netip.MustParseAddr("10.0.0.60").Less(a) ||
		lease.Server != kernelPrefix.Addr() || lease.Domain != "lab.test" || lease.Expire-lease.Renew < 59*time.Second {
		t.Errorf("%+v", lease)
	}
	if hosts, err := r.LookupHost(ctx, "www"); err != nil || len(hosts) != 1 || hosts[0] != netip.MustParseAddr("10.0.0.7") {
		t.Errorf("its name server: %v, %v", hosts, err)
	}
}
