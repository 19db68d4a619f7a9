//go:build !before9

package sim

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
)

// TestClaim: a host asks whether its address is free before it uses it.
func TestClaim(t *testing.T) {
	w := New(1)
	a, b := w.Host("a"), w.Host("b")
	w.Connect(a, b)
	i := a.IP().Interfaces()[0]
	if err := a.Claim(i, i.Addr()); err != nil || w.Now() < 4*time.Second || w.Now() > 7*time.Second {
		t.Errorf("free: %v after %v", err, w.Now())
	}
	if _, err := a.Ping(b.Addr(0).Addr(), 0); err != nil {
		t.Error(err)
	}
	if err := a.Claim(i, b.Addr(0).Addr()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("another's: %v", err)
	}
	if err := a.Claim(i, netip.MustParseAddr("::1")); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("no IPv4 address: %v", err)
	}
	if n := a.Counters().Value("arp.Conflict"); n != 1 {
		t.Errorf("%d conflicts counted", n)
	}
}

// TestClaimBoth: two hosts want the same address at the same time. At most one gets it.
func TestClaimBoth(t *testing.T) {
	for seed := range uint64(20) {
		w := New(seed)
		hosts := [2]*stack.Stack{w.Host("a"), w.Host("b")}
		w.Connect(hosts[0], hosts[1])
		held := 0
		for _, h := range hosts {
			w.Go(func() {
				if h.Claim(h.IP().Interfaces()[0], netip.MustParseAddr("10.0.0.7")) == nil {
					held++
				}
			})
		}
		w.Run()
		if held > 1 {
			t.Errorf("seed %d: %d have it", seed, held)
		}
	}
}

// TestNobodyTold: who has sent to an address that nobody has is told so, by every kind of socket that can be.
func TestNobodyTold(t *testing.T) {
	w := New(1)
	a, b := w.Host("a"), w.Host("b")
	w.Connect(a, b)
	nobody := netip.MustParseAddrPort("10.0.0.9:9")
	fd := datagramSocket(t, a, 0)
	if err := a.Connect(fd, nobody); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write(fd, []byte("hello?")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.ReceiveFrom(fd, make([]byte, 10)); !errors.Is(err, syscall.EHOSTUNREACH) || w.Now() != 3*time.Second {
		t.Errorf("UDP: %v after %v", err, w.Now())
	}
	if err := a.Connect(stream(t, a), nobody); !errors.Is(err, syscall.EHOSTUNREACH) || w.Now() != 6*time.Second {
		t.Errorf("TCP: %v after %v", err, w.Now())
	}
	if _, err := a.Ping(nobody.Addr(), 0); !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("ping: %v", err)
	}
}
