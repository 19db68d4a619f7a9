//go:build !before11

package interop

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TestRouter has the kernel be a router, behind whose second cable a third host lives: that cable takes smaller packets than ours, and
// the kernel says so, by ICMP. What is sent goes on in packets that fit, and the next connection knows.
func TestRouter(t *testing.T) {
	t.Parallel()
	const narrow = 1300
	r := newRoom(t, setting{kernel: map[string]string{"ipv4.ip_forward": "1"}})
	far := newNamespace(t)
	north, south := netip.MustParsePrefix("10.1.0.1/24"), netip.MustParsePrefix("10.1.0.2/24")
	r.kernel.must(func() error {
		// The far host's own adapter takes as much as ours: so it says in its SYN, and only the router knows better.
		pair := netlink.NewVeth(netlink.LinkAttrs{Name: "north", MTU: narrow})
		pair.PeerName, pair.PeerMTU, pair.PeerNamespace = "south", 1500, netlink.NsFd(int(far.handle))
		return errors.Join(netlink.LinkAdd(pair), up("north", north))
	})
	far.must(func() error {
		if err := errors.Join(up("south", south), plugged("south")); err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{Gw: north.Addr().AsSlice()})
	})
	r.kernel.must(func() error { return plugged("north") })
	r.IP().SetGateway(kernelPrefix.Addr())

	l := far.listen(0, nil)
	to := netip.AddrPortFrom(south.Addr(), uint16(l.Addr().(*net.TCPAddr).Port)).String()
	for i, believed := range []uint64{1, 0} {
		theirs := make(chan net.Conn, 1)
		go func() {
			defer close(theirs)
			l.SetDeadline(time.Now().Add(patience))
			if c, err := l.Accept(); err == nil {
				theirs <- c
			}
		}()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		conn, err := r.DialContext(ctx, "tcp", to)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		ours := r.ours(conn.(*stack.Conn))
		c, ok := <-theirs
		if !ok {
			t.Fatal("the far host does not accept")
		}
		kernels := r.kernels(c.(*net.TCPConn))
		sent := make(chan error, 1)
		go func() { sent <- send(ours, 300_000) }()
		must(t, errors.Join(receive(kernels, 300_000), <-sent))
		info, err := ours.TCPInfo()
		if err != nil {
			t.Fatal(err)
		}
		if info.PathMTU != narrow || info.Counts[tcp.TooBigBelieved] != believed {
			t.Errorf("connection %d: a path MTU of %d, %d words of routers believed", i, info.PathMTU, info.Counts[tcp.TooBigBelieved])
		}
	}
}
