package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/vishvananda/netlink"
)

// The two ends of the cable.
const (
	ourAdapter    = "tsunagu0"
	kernelAdapter = "kernel0"
)

var (
	ourPrefix    = netip.MustParsePrefix("10.0.0.1/24") // our stack's; no kernel has it
	kernelPrefix = netip.MustParsePrefix("10.0.0.2/24")
)

// cable is a pair of virtual Ethernet adapters: what is sent through one arrives at the other.
type cable struct {
	ours, kernel net.HardwareAddr
}

// lay makes the pair: our end in the namespace of the calling thread and without an IP address, since the address is our
// stack's own affair; the other in the kernel's namespace, with one.
func lay(ctx context.Context, far *namespace) (c cable, err error) {
	quiet() // before there is an adapter that could speak
	far.do(quiet)

	pair := netlink.NewVeth(netlink.LinkAttrs{Name: ourAdapter})
	pair.PeerName = kernelAdapter
	pair.PeerNamespace = netlink.NsFd(int(far.handle))
	if err := netlink.LinkAdd(pair); err != nil {
		return cable{}, fmt.Errorf("a pair of adapters: %w", err)
	}
	if c.kernel, err = within(far, func() (net.HardwareAddr, error) { return bringUp(kernelAdapter, kernelPrefix) }); err != nil {
		return cable{}, err
	}
	if c.ours, err = bringUp(ourAdapter, netip.Prefix{}); err != nil {
		return cable{}, err
	}
	err = plugged(ctx, ourAdapter)
	far.do(func() { err = errors.Join(err, plugged(ctx, kernelAdapter)) })
	return c, err
}

// plugged waits until the kernel has noticed that an adapter's cable is plugged in. Before that it drops what is sent.
func plugged(ctx context.Context, name string) error {
	for {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("adapter %s: %w", name, err)
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// bringUp switches an adapter of this namespace on, and returns its MAC address. A valid prefix it makes the kernel's
// address there.
func bringUp(name string, prefix netip.Prefix) (net.HardwareAddr, error) {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("adapter %s: %w", name, err)
	}
	if prefix.IsValid() {
		address, err := netlink.ParseAddr(prefix.String())
		if err != nil {
			return nil, err
		}
		if err := netlink.AddrAdd(link, address); err != nil {
			return nil, fmt.Errorf("address %v on %s: %w", prefix, name, err)
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("adapter %s up: %w", name, err)
	}
	return link.Attrs().HardwareAddr, nil
}

// quiet keeps the kernel from speaking IPv6 on adapters that are still to come in this namespace. Where /proc is
// read-only it will: a few frames more, that nobody answers.
func quiet() {
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
}
