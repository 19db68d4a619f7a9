//go:build !before11

package interop

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// TestMTU has cables that take other packets than Ethernet's.
func TestMTU(t *testing.T) {
	t.Parallel()
	for name, mtu := range map[string]int{"576": 576, "1492": 1492, "9000": 9000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRole(t, func(t *testing.T, who role) {
				r := newRoom(t, setting{mtu: mtu})
				ours, kernels := r.connect(who)
				must(t, transfer(ours, kernels, both, 1<<20))
			})
		})
	}
}

// behindRouters puts two routers between the two stacks, whose own cable takes packets of mtu bytes and no longer ones. Neither
// stack knows: each takes the router before it for the other.
//
//	ours 1500 ─── router ─── mtu ─── router ─── 1500 kernel's
func (r *room) behindRouters(mtu int) {
	r.t.Helper()
	left, right := newNamespace(r.t), newNamespace(r.t)
	for _, n := range []*namespace{left, right} {
		n.sysctl("ipv4.ip_forward", "1")
	}
	lay := func(a *namespace, aName, aAddr string, b *namespace, bName, bAddr string, mtu int) {
		a.must(func() error {
			pair := netlink.NewVeth(netlink.LinkAttrs{Name: aName, MTU: mtu})
			pair.PeerName, pair.PeerMTU, pair.PeerNamespace = bName, uint32(mtu), netlink.NsFd(int(b.handle))
			if err := netlink.LinkAdd(pair); err != nil {
				return err
			}
			return up(aName, netip.MustParsePrefix(aAddr))
		})
		b.must(func() error { return errors.Join(up(bName, netip.MustParsePrefix(bAddr)), plugged(bName)) })
		a.must(func() error { return plugged(aName) })
	}
	lay(left, "middle", "192.168.0.1/24", right, "middle", "192.168.0.2/24", mtu)
	// The adapters that the two stacks know stay; the ends of their cable move to the routers.
	r.move(r.kernel, kernelAdapter, left, "10.0.0.253/32", ourPrefix)
	left.must(func() error { return route(kernelPrefix.Addr(), netip.MustParseAddr("192.168.0.2"), "middle") })
	right.must(func() error { return route(ourPrefix.Addr(), netip.MustParseAddr("192.168.0.1"), "middle") })
	lay(r.kernel, "outside", kernelPrefix.String(), right, "inside", "10.0.0.254/32", 1500)
	right.must(func() error { return route(kernelPrefix.Addr(), netip.Addr{}, "inside") })
	routers := right.mac("inside")
	r.kernel.must(func() error { return neighbour("outside", ourPrefix.Addr(), routers) })
	r.IP().SetNeighbour(kernelPrefix.Addr(), header.MAC(left.mac(kernelAdapter)))
}

// move moves an adapter to another namespace, with an address there, and says that host is behind it.
func (r *room) move(from *namespace, name string, to *namespace, address string, host netip.Prefix) {
	r.t.Helper()
	from.must(func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkSetNsFd(link, int(to.handle))
	})
	to.must(func() error {
		return errors.Join(up(name, netip.MustParsePrefix(address)), plugged(name), route(host.Addr(), netip.Addr{}, name))
	})
}

// route adds a route to one host, by a router or directly.
func route(to, via netip.Addr, adapter string) error {
	link, err := netlink.LinkByName(adapter)
	if err != nil {
		return err
	}
	r := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: &net.IPNet{IP: to.AsSlice(), Mask: net.CIDRMask(32, 32)}}
	if via.IsValid() {
		r.Gw = via.AsSlice()
	} else {
		r.Scope = netlink.SCOPE_LINK
	}
	return netlink.RouteAdd(r)
}

func neighbour(adapter string, addr netip.Addr, mac net.HardwareAddr) error {
	link, err := netlink.LinkByName(adapter)
	if err != nil {
		return err
	}
	return netlink.NeighSet(&netlink.Neigh{LinkIndex: link.Attrs().Index, Family: unix.AF_INET, State: netlink.NUD_PERMANENT,
		IP: addr.AsSlice(), HardwareAddr: mac})
}

func (n *namespace) mac(adapter string) (mac net.HardwareAddr) {
	n.t.Helper()
	n.must(func() error {
		link, err := netlink.LinkByName(adapter)
		if err == nil {
			mac = link.Attrs().HardwareAddr
		}
		return err
	})
	return mac
}

// TestPathMTU has a cable on the way that takes smaller packets than those at either end. Its router says so, to both.
func TestPathMTU(t *testing.T) {
	t.Parallel()
	for name, mtu := range map[string]int{"1400": 1400, "1000": 1000, "576": 576} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRole(t, func(t *testing.T, who role) {
				r := newRoom(t, setting{})
				r.behindRouters(mtu)
				ours, kernels := r.connect(who)
				must(t, transferKeeping(ours, kernels, both, 1<<20))
				if got := r.info(kernels).Pmtu; int(got) != mtu {
					t.Errorf("the kernel believes in packets of %d bytes", got)
				}
				i, err := ours.TCPInfo()
				must(t, err)
				if i.SendMSS > mtu-40 || i.SendMSS < mtu-40-12 {
					t.Errorf("we send %d bytes in a packet", i.SendMSS)
				}
				must(t, transfer(ours, kernels, both, 1<<20))
			})
		})
	}
}

// TestBlackHole has large packets vanish without a word (RFC 2923 2.1): either side has to find out by itself (RFC 4821).
func TestBlackHole(t *testing.T) {
	t.Parallel()
	eachRole(t, func(t *testing.T, who role) {
		f := nic.Faults{MTU: 1200}
		r := newRoom(t, setting{kernel: map[string]string{"ipv4.tcp_mtu_probing": "1"}, out: f, in: f})
		ours, kernels := r.connect(who)
		must(t, transfer(ours, kernels, both, 300_000))
	})
}

// TestQueues uses the queues of the kernel's own: a token bucket, and where the kernel has it netem.
func TestQueues(t *testing.T) {
	t.Parallel()
	t.Run("token bucket", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			r.queues(func(link int) netlink.Qdisc {
				return &netlink.Tbf{QdiscAttrs: netlink.QdiscAttrs{LinkIndex: link, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
					Rate: 12_500_000, Limit: 60_000, Buffer: 20_000}
			})
			must(t, transfer(ours, kernels, both, 3<<20))
		})
	})
	for name, attrs := range map[string]netlink.NetemQdiscAttrs{
		"netem loss":        {Latency: 1000, Loss: 2},
		"netem bursts":      {Latency: 1000, Loss: 1, LossCorr: 25},
		"netem reordering":  {Latency: 5000, ReorderProb: 25, ReorderCorr: 50},
		"netem jitter":      {Latency: 10_000, Jitter: 5000},
		"netem corruption":  {Latency: 1000, CorruptProb: 1},
		"netem duplication": {Latency: 1000, Duplicate: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRole(t, func(t *testing.T, who role) {
				r := newRoom(t, setting{})
				r.offloadsOff() // what netem does it should do to packets
				ours, kernels := r.connect(who)
				r.queues(func(link int) netlink.Qdisc {
					return netlink.NewNetem(netlink.QdiscAttrs{LinkIndex: link, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}, attrs)
				})
				must(t, transfer(ours, kernels, both, 300_000))
			})
		})
	}
}

// queues gives both adapters a queue. A kernel without it skips the test.
func (r *room) queues(queue func(link int) netlink.Qdisc) {
	r.t.Helper()
	for n, adapter := range map[*namespace]string{r.near: ourAdapter, r.kernel: kernelAdapter} {
		var kind string
		err := n.do(func() error {
			link, err := netlink.LinkByName(adapter)
			if err != nil {
				return err
			}
			q := queue(link.Attrs().Index)
			kind = q.Type()
			return netlink.QdiscAdd(q)
		})
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.EOPNOTSUPP) {
			r.t.Skipf("this kernel has no queue of the kind %s: %v", kind, err)
		}
		must(r.t, err)
	}
}

// offloadsOff has the kernel cut and sum by itself, before a packet gets to its adapter (ethtool(8), -K tx off).
func (r *room) offloadsOff() {
	r.t.Helper()
	for n, adapter := range map[*namespace]string{r.near: ourAdapter, r.kernel: kernelAdapter} {
		n.must(func() error {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			for _, command := range []uint32{unix.ETHTOOL_STXCSUM, unix.ETHTOOL_SSG, unix.ETHTOOL_STSO, unix.ETHTOOL_SGSO, unix.ETHTOOL_SGRO} {
				value := struct{ command, on uint32 }{command, 0}
				request := struct {
					name [unix.IFNAMSIZ]byte
					data unsafe.Pointer
					_    [16]byte
				}{data: unsafe.Pointer(&value)}
				copy(request.name[:], adapter)
				if _, _, no := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); no != 0 && no != unix.EOPNOTSUPP {
					return os.NewSyscallError("ethtool", no)
				}
			}
			return nil
		})
	}
}

// TestPlainFrames has neither side leave anything to an adapter: all frames are small, and all checksums are looked at.
func TestPlainFrames(t *testing.T) {
	t.Parallel()
	eachRole(t, func(t *testing.T, who role) {
		r := newRoom(t, setting{faulty: true}) // a Faulty takes our own offloads away
		r.offloadsOff()
		ours, kernels := r.connect(who)
		must(t, transfer(ours, kernels, both, 4<<20))
		for _, s := range r.segments() {
			if s.data > 1460 {
				t.Fatalf("a super-frame: %v", s)
			}
		}
	})
}
