//go:build !before11

package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// namespace is a network namespace. It is gone when it is closed and the last socket made in it is.
type namespace struct {
	t      testing.TB
	handle netns.NsHandle
}

// newNamespace makes one, with its loopback adapter up.
func newNamespace(t testing.TB) *namespace {
	t.Helper()
	n := &namespace{t: t, handle: netns.None()}
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for ever: the thread ends with its goroutine
		if n.handle, err = netns.New(); err != nil {
			return
		}
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0) // less to see
		var lo netlink.Link
		if lo, err = netlink.LinkByName("lo"); err == nil {
			err = netlink.LinkSetUp(lo)
		}
	}()
	<-done
	if errors.Is(err, os.ErrPermission) {
		t.Skipf("the system allows no further network namespace: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.handle.Close() })
	return n
}

// do runs f by a thread that lives in the namespace. A socket made by f stays there, whoever uses it later.
func (n *namespace) do(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for ever: nothing else is to run in this namespace by accident
		if err := netns.Set(n.handle); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}

func (n *namespace) must(f func() error) {
	n.t.Helper()
	if err := n.do(f); err != nil {
		n.t.Fatal(err)
	}
}

// sysctl sets one of the kernel's switches in the namespace: "ipv4.tcp_sack". A kernel without it skips the test.
func (n *namespace) sysctl(name, value string) {
	n.t.Helper()
	file := filepath.Join("/proc/sys/net", strings.ReplaceAll(name, ".", "/"))
	err := n.do(func() error { return os.WriteFile(file, []byte(value), 0) })
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		n.t.Skipf("the kernel's switch %s cannot be turned here: %v", name, err)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// counters returns what the kernel has counted in the namespace, as far as it is not 0, by names like TcpExtTCPTimeouts.
func (n *namespace) counters() map[string]int {
	n.t.Helper()
	counts := map[string]int{}
	n.must(func() error {
		for _, name := range []string{"snmp", "netstat"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + name)
			if err != nil {
				return err
			}
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			for i := 0; i+1 < len(lines); i += 2 { // a line of names, and a line of numbers
				names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
				for j := 1; j < min(len(names), len(values)); j++ {
					if v, err := strconv.Atoi(values[j]); err == nil && v != 0 {
						counts[strings.TrimSuffix(names[0], ":")+names[j]] = v
					}
				}
			}
		}
		return nil
	})
	return counts
}

// listen listens by the kernel's stack. control may set options before; nil sets none.
func (n *namespace) listen(port uint16, control func(fd int) error) *net.TCPListener {
	n.t.Helper()
	var l net.Listener
	n.must(func() (err error) {
		c := net.ListenConfig{Control: controls(control)}
		l, err = c.Listen(context.Background(), "tcp4", netip.AddrPortFrom(netip.IPv4Unspecified(), port).String())
		return err
	})
	n.t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

// dial connects by the kernel's stack, from local when that is valid.
func (n *namespace) dial(local, remote netip.AddrPort, control func(fd int) error) (*net.TCPConn, error) {
	var c net.Conn
	err := n.do(func() (err error) {
		d := net.Dialer{Timeout: patience, KeepAlive: -1, Control: controls(control)}
		if local.IsValid() {
			d.LocalAddr = net.TCPAddrFromAddrPort(local)
		}
		c, err = d.Dial("tcp4", remote.String())
		return err
	})
	if err != nil {
		return nil, err
	}
	n.t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn), nil
}

// reuse lets the kernel's socket take a port that another has just had.
func reuse(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) }

func controls(f func(fd int) error) func(string, string, syscall.RawConn) error {
	if f == nil {
		return nil
	}
	return func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = f(int(fd)) })
		return errors.Join(err, failed)
	}
}

// start starts a program in the namespace, which ends with the test at the latest. A program that is not installed skips
// the test.
func (n *namespace) start(name string, args ...string) *exec.Cmd {
	n.t.Helper()
	cmd := n.command(name, args...)
	cmd.Stdout, cmd.Stderr = n.t.Output(), n.t.Output()
	n.must(cmd.Start) // a process is born into the namespace of the thread that starts it
	n.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// run runs a program in the namespace, and returns what it prints.
func (n *namespace) run(name string, args ...string) []byte {
	n.t.Helper()
	cmd := n.command(name, args...)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, n.t.Output()
	n.must(cmd.Run)
	return printed.Bytes()
}

func (n *namespace) command(name string, args ...string) *exec.Cmd {
	n.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		n.t.Skipf("without %s: %v", name, err)
	}
	return exec.Command(path, args...)
}

// cable lays a cable from our adapter, which gets no address, to the kernel's, which gets prefix. It returns the kernel's
// MAC address. Both MTUs are mtu.
func cable(t testing.TB, near, far *namespace, prefix netip.Prefix, mtu int) net.HardwareAddr {
	t.Helper()
	near.must(func() error {
		pair := netlink.NewVeth(netlink.LinkAttrs{Name: ourAdapter, MTU: mtu})
		pair.PeerName, pair.PeerMTU = kernelAdapter, uint32(mtu)
		pair.PeerNamespace = netlink.NsFd(int(far.handle))
		if err := netlink.LinkAdd(pair); err != nil {
			return fmt.Errorf("a pair of adapters: %w", err)
		}
		return up(ourAdapter, netip.Prefix{})
	})
	var mac net.HardwareAddr
	far.must(func() error {
		if err := up(kernelAdapter, prefix); err != nil {
			return err
		}
		l, err := netlink.LinkByName(kernelAdapter)
		if err == nil {
			mac = l.Attrs().HardwareAddr
		}
		return err
	})
	near.must(func() error { return plugged(ourAdapter) })
	far.must(func() error { return plugged(kernelAdapter) })
	return mac
}

func up(name string, prefix netip.Prefix) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	if prefix.IsValid() {
		address, err := netlink.ParseAddr(prefix.String())
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(link, address); err != nil {
			return err
		}
	}
	return netlink.LinkSetUp(link)
}

// plugged waits until the kernel has noticed that a cable is plugged in. Before that it drops what is sent.
func plugged(name string) error {
	for range 5000 {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("the adapter %s does not come up", name)
}
