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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// The two ends of the cable.
const (
	ourAdapter    = "ours"
	kernelAdapter = "kernel"
)

var (
	ourPrefix    = netip.MustParsePrefix("10.0.0.1/24") // our stack's; no kernel has it
	kernelPrefix = netip.MustParsePrefix("10.0.0.2/24")
)

// patience is how long anything may take at all before it counts as hung.
const patience = 60 * time.Second

// setting is what a room is like. The zero value: fine weather, and the kernel as it is.
type setting struct {
	kernel  map[string]string // its switches: ipv4.tcp_sack → 0
	ours    func(*tcp.Config)
	out, in nic.Faults
	seed    uint64
	faulty  bool // put a Faulty in between even if there are no faults
	mtu     int  // 0: 1500
	unseen  bool // keep no record: for what should be fast
}

// room is where the two stacks meet.
type room struct {
	*stack.Stack // ours
	t            testing.TB
	near, kernel *namespace
	faulty       *nic.Faulty // nil in fine weather
	record       record
	epoch        time.Time
}

func newRoom(t testing.TB, s setting) *room {
	t.Helper()
	if forbidden != nil {
		t.Skip(forbidden)
	}
	r := &room{t: t, epoch: time.Now()}
	r.near, r.kernel = newNamespace(t), newNamespace(t)
	for name, value := range s.kernel {
		r.kernel.sysctl(name, value)
	}
	mtu := s.mtu
	if mtu == 0 {
		mtu = 1500
	}
	mac := cable(t, r.near, r.kernel, kernelPrefix, mtu)
	var driver nic.Driver
	r.near.must(func() (err error) { driver, err = nic.OpenRaw(ourAdapter, nic.RawOptions{}); return err })
	if s.faulty || s.out != (nic.Faults{}) || s.in != (nic.Faults{}) {
		r.faulty = nic.NewFaulty(driver, s.seed, s.out, s.in)
		driver = r.faulty
	}
	config := stack.Config{Name: "ours", Epoch: r.epoch, Trace: r.record.add}
	if s.unseen {
		config.Trace = nil
	}
	r.Stack = stack.New(config)
	r.TCP().MSL = 250 * time.Millisecond // two of them are spent in TIME-WAIT
	if s.ours != nil {
		s.ours(r.TCP())
	}
	if err := r.Attach(driver, ourPrefix); err != nil {
		t.Fatal(err)
	}
	if r.faulty != nil {
		r.introduce(mac, driver.Info().Address)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
		r.report(s)
	})
	return r
}

// introduce writes down on either side who the other is: ARP has its own tests, and no memory of what was lost.
func (r *room) introduce(kernel, ours net.HardwareAddr) {
	r.t.Helper()
	r.IP().SetNeighbour(kernelPrefix.Addr(), header.MAC(kernel))
	r.kernel.must(func() error {
		link, err := netlink.LinkByName(kernelAdapter)
		if err != nil {
			return err
		}
		return netlink.NeighAdd(&netlink.Neigh{LinkIndex: link.Attrs().Index, Family: unix.AF_INET, State: netlink.NUD_PERMANENT,
			IP: ourPrefix.Addr().AsSlice(), HardwareAddr: ours})
	})
}

// report says what there is to know about a room where something has failed, and leaves a capture file.
func (r *room) report(s setting) {
	if !r.t.Failed() && *keep == "" {
		return
	}
	if r.faulty != nil {
		out, in := r.faulty.Counts()
		r.t.Logf("seed %d\nout %+v\n    %+v\nin  %+v\n    %+v", s.seed, s.out, out, s.in, in)
	}
	r.t.Logf("the kernel counted: %v\nwe counted:\n%v", r.kernel.counters(), r.Counters())
	events := r.record.events()
	if len(events) == 0 {
		return
	}
	folder := *keep
	if folder == "" {
		folder = os.TempDir()
	}
	name := strings.NewReplacer("/", "-", " ", "-").Replace(r.t.Name())
	file, err := os.Create(filepath.Join(folder, "tsunagu-"+name+".pcapng"))
	if err != nil {
		r.t.Log(err)
		return
	}
	if err := errors.Join(trace.WriteCapture(file, events, r.epoch), file.Close()); err != nil {
		r.t.Log(err)
	}
	r.t.Logf("what passed: %s", file.Name())
	if r.t.Failed() && len(events.Of(trace.Send, trace.Receive)) <= 60 {
		r.t.Logf("\n%s", show.Ladder(events).Text())
	}
}

// role is who connects.
type role string

const (
	weConnect     role = "we connect"
	kernelConnect role = "the kernel connects"
)

var roles = []role{weConnect, kernelConnect}

// eachRole runs a test in either role, side by side with others.
func eachRole(t *testing.T, f func(t *testing.T, who role)) {
	for _, who := range roles {
		t.Run(string(who), func(t *testing.T) {
			t.Parallel()
			f(t, who)
		})
	}
}

// connect makes a connection between the two.
func (r *room) connect(who role) (ours *stack.Conn, kernels *net.TCPConn) {
	r.t.Helper()
	return r.connectWith(who, nil)
}

// connectWith is connect with options set at the kernel's socket before the connection is made.
func (r *room) connectWith(who role, control func(fd int) error) (ours *stack.Conn, kernels *net.TCPConn) {
	r.t.Helper()
	var err error
	if who == weConnect {
		l := r.kernel.listen(0, control)
		defer l.Close()
		l.SetDeadline(time.Now().Add(patience))
		ours = r.dial(uint16(l.Addr().(*net.TCPAddr).Port))
		if kernels, err = l.AcceptTCP(); err != nil {
			r.t.Fatalf("the kernel accepts: %v", err)
		}
	} else {
		l := r.listen(0)
		defer l.Close()
		if kernels, err = r.kernel.dial(netip.AddrPort{}, netip.AddrPortFrom(ourPrefix.Addr(), l.port()), control); err != nil {
			r.t.Fatalf("the kernel connects: %v", err)
		}
		ours = l.accept()
	}
	return r.ours(ours), r.kernels(kernels)
}

// ours and kernels see to it that nothing hangs, and that a connection ends with the test.
func (r *room) ours(c *stack.Conn) *stack.Conn {
	c.SetDeadline(time.Now().Add(patience))
	r.t.Cleanup(func() { c.Close() })
	return c
}

func (r *room) kernels(c *net.TCPConn) *net.TCPConn {
	c.SetDeadline(time.Now().Add(patience))
	r.t.Cleanup(func() { c.Close() })
	return c
}

// dial connects by our stack to a port of the kernel's.
func (r *room) dial(port uint16) *stack.Conn {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := r.DialContext(ctx, "tcp", netip.AddrPortFrom(kernelPrefix.Addr(), port).String())
	if err != nil {
		r.t.Fatalf("we connect: %v", err)
	}
	return r.ours(c.(*stack.Conn))
}

// listener is a listener of ours.
type listener struct {
	*stack.Listener
	r *room
}

func (r *room) listen(port uint16) listener {
	r.t.Helper()
	l, err := r.Listener("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { l.Close() })
	return listener{l.(*stack.Listener), r}
}

func (l listener) port() uint16 { return uint16(l.Addr().(*net.TCPAddr).Port) }

func (l listener) accept() *stack.Conn {
	l.r.t.Helper()
	l.SetDeadline(time.Now().Add(patience))
	c, err := l.Accept()
	if err != nil {
		l.r.t.Fatalf("we accept: %v", err)
	}
	return l.r.ours(c.(*stack.Conn))
}

// unplug takes our adapter down: nothing passes any more, and nobody says so.
func (r *room) unplug() {
	r.t.Helper()
	r.near.must(func() error {
		link, err := netlink.LinkByName(ourAdapter)
		if err != nil {
			return err
		}
		return netlink.LinkSetDown(link)
	})
}

// state returns the state of a connection of ours, or Closed when there is no such connection any more.
func (r *room) state(c *stack.Conn) tcp.State {
	for _, i := range r.Sockets() {
		if net.TCPAddrFromAddrPort(i.Local).String() == c.LocalAddr().String() && net.TCPAddrFromAddrPort(i.Remote).String() == c.RemoteAddr().String() {
			return i.State
		}
	}
	return tcp.Closed
}

// until waits for something to become true.
func (r *room) until(what string, ready func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// record is what has passed: the beginning, and of what came after it the end.
type record struct {
	mu          sync.Mutex
	first, last trace.Events
	bytes, from int // of last: how many frames' bytes, and where it begins
	head        int
}

const recordLimit = 4 << 20 // bytes at either end

func (r *record) add(e trace.Event) {
	switch e.Kind {
	case trace.Send, trace.Receive, trace.Record, trace.Drop, trace.Timer:
	default:
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(e.Frame) + 200
	if r.head < recordLimit {
		r.head += n
		r.first = append(r.first, e)
		return
	}
	r.last = append(r.last, e)
	for r.bytes += n; r.bytes > recordLimit; r.from++ {
		r.bytes -= len(r.last[r.from].Frame) + 200
		r.last[r.from] = trace.Event{}
	}
	if r.from > len(r.last)/2 {
		r.last = append(trace.Events(nil), r.last[r.from:]...)
		r.from = 0
	}
}

func (r *record) events() trace.Events {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(append(trace.Events(nil), r.first...), r.last[r.from:]...)
}
