package wire

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// kernelState is a connection's state by the number that the kernel gives it (net/tcp_states.h).
func kernelState(n uint8) string {
	states := [...]tcp.State{tcp.Closed, tcp.Established, tcp.SynSent, tcp.SynReceived, tcp.FinWait1, tcp.FinWait2,
		tcp.TimeWait, tcp.Closed, tcp.CloseWait, tcp.LastAck, tcp.Listen, tcp.Closing, tcp.SynReceived}
	if int(n) < len(states) {
		return states[n].String()
	}
	return "state " + strconv.Itoa(int(n))
}

// kernelSocket is a line of /proc/net/tcp: a TCP socket as the kernel lists it.
type kernelSocket struct {
	local, remote netip.AddrPort
	state         string
	send, receive uint64 // bytes that wait; of a listening socket, receive counts connections
}

// kernelSockets lists the TCP sockets of the calling thread's network namespace.
func kernelSockets() ([]kernelSocket, error) {
	b, err := os.ReadFile("/proc/thread-self/net/tcp")
	if err != nil {
		return nil, err
	}
	return parseKernelSockets(b)
}

func parseKernelSockets(b []byte) ([]kernelSocket, error) {
	var list []kernelSocket
	for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if i == 0 {
			continue // the names of the columns
		}
		f := strings.Fields(line)
		if len(f) < 5 {
			return nil, fmt.Errorf("/proc/net/tcp: line %d: %q", i+1, line)
		}
		var k kernelSocket
		var err error
		if k.local, err = kernelAddr(f[1]); err == nil {
			k.remote, err = kernelAddr(f[2])
		}
		state, err2 := strconv.ParseUint(f[3], 16, 8)
		_, err3 := fmt.Sscanf(f[4], "%x:%x", &k.send, &k.receive)
		for _, err := range []error{err, err2, err3} {
			if err != nil {
				return nil, fmt.Errorf("/proc/net/tcp: line %d: %w", i+1, err)
			}
		}
		k.state = kernelState(uint8(state))
		list = append(list, k)
	}
	return list, nil
}

// kernelAddr reads 0200000A:0050, which a little-endian machine writes for 10.0.0.2:80: the address is printed as the
// number that its bytes are in memory.
func kernelAddr(s string) (netip.AddrPort, error) {
	addr, port, ok := strings.Cut(s, ":")
	p, err := strconv.ParseUint(port, 16, 16)
	b, err2 := hex.DecodeString(addr)
	if !ok || err != nil || err2 != nil || len(b) != 4 {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", s)
	}
	var memory [4]byte
	binary.NativeEndian.PutUint32(memory[:], binary.BigEndian.Uint32(b))
	return netip.AddrPortFrom(netip.AddrFrom4(memory), uint16(p)), nil
}

// moment is what the kernel said about a connection at one moment.
type moment struct {
	when key // the name of the moment
	info unix.TCPInfo
}

// witness is a connection of the kernel's that is asked about itself at the moments that matter.
type witness struct {
	*net.TCPConn
	mu      sync.Mutex
	moments []moment
	closed  bool
}

// ask asks the kernel for its TCP_INFO of the connection.
func (w *witness) ask(when key) {
	raw, err := w.SyscallConn()
	if err != nil {
		return // closed already: there is nothing to be asked
	}
	var info *unix.TCPInfo
	_ = raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
	if err != nil || info == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moments = append(w.moments, moment{when, *info})
}

// Close asks one last time.
func (w *witness) Close() error {
	w.mu.Lock()
	first := !w.closed
	w.closed = true
	w.mu.Unlock()
	if first {
		w.ask(atClose)
	}
	return w.TCPConn.Close()
}

// seen returns the moments so far.
func (w *witness) seen() []moment {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]moment(nil), w.moments...)
}

// at returns what was said at the given moment.
func (w *witness) at(when key) (unix.TCPInfo, bool) {
	for _, m := range w.seen() {
		if m.when == when {
			return m.info, true
		}
	}
	return unix.TCPInfo{}, false
}

// options names the TCP options in use on the connection (TCPI_OPT_…, linux/tcp.h).
func options(info unix.TCPInfo) string {
	o := info.Options
	return named(o&1 != 0, o&2 != 0, o&4 != 0, o&8 != 0)
}

// named lists those options that are in use.
func named(timestamps, sack, windowScale, ecn bool) string {
	var names []string
	for i, used := range []bool{timestamps, sack, windowScale, ecn} {
		if used {
			names = append(names, [...]string{"timestamps", "SACK", "window scale", "ECN"}[i])
		}
	}
	return strings.Join(names, ", ")
}

// microseconds is how TCP_INFO counts time.
func microseconds(n uint32) time.Duration { return time.Duration(n) * time.Microsecond }

// release is the kernel's version.
func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "?"
	}
	return unix.ByteSliceToString(u.Release[:])
}
