//go:build !before11

package nic

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// insideEnv tells a copy of the test program that it lives in a network namespace of its own.
const insideEnv = "TSUNAGU_NIC_TEST_INSIDE"

// inNamespace runs the calling test in a copy of the test program that has a network namespace of its own, and there
// returns true. Ordinary users get it by way of a user namespace. Where the system forbids that, the test is skipped.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideEnv) != "" {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=30s")
	cmd.Env = append(os.Environ(), insideEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	output, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		t.Errorf("in its own network namespace: %v\n%s", err, output)
	case err != nil:
		t.Skipf("no network namespace of our own here: %v", err)
	default:
		t.Logf("in its own network namespace:\n%s", output)
	}
	return false
}

// cable makes a pair of adapters: "ours", without an address, for the driver; and "kernel", with prefix, for the
// kernel's stack at the other end.
func cable(t *testing.T, prefix string) (ours, kernel netlink.Link) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if errors.Is(err, os.ErrPermission) {
			t.Skipf("the system allows the namespace, and nothing in it: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	pair := netlink.NewVeth(netlink.LinkAttrs{Name: "ours"})
	pair.PeerName = "kernel"
	must(netlink.LinkAdd(pair))
	ours, err := netlink.LinkByName("ours")
	must(err)
	kernel, err = netlink.LinkByName("kernel")
	must(err)
	address, err := netlink.ParseAddr(prefix)
	must(err)
	must(netlink.AddrAdd(kernel, address))
	must(netlink.LinkSetUp(ours))
	must(netlink.LinkSetUp(kernel))
	for _, name := range []string{"ours", "kernel"} {
		plugged(t, name)
	}
	return ours, kernel
}

// plugged waits until the kernel has noticed that an adapter's cable is plugged in. Before that it drops what is sent.
func plugged(t *testing.T, name string) {
	t.Helper()
	for {
		link, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if link.Attrs().OperState == netlink.OperUp {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// open opens the driver and closes it when the test ends.
func open(t *testing.T, name string, options RawOptions) *Raw {
	t.Helper()
	r, err := OpenRaw(name, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("close again: %v", err)
		}
		if _, err := r.Send(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("send after close: %v", err)
		}
	})
	return r
}
