//go:build !before11

package interop

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// What can be known afterwards: the segments that passed, the states that our connections went through, and what the kernel
// says of its own.

// segment is a TCP segment that has passed.
type segment struct {
	at   time.Duration
	out  bool // we sent it
	tcp  header.TCP
	ip   header.IPv4
	data int // bytes of payload
}

func (s segment) String() string {
	direction := "<"
	if s.out {
		direction = ">"
	}
	return fmt.Sprintf("%v %s %v seq=%d ack=%d win=%d len=%d", s.at, direction, s.tcp.Flags, s.tcp.Seq, s.tcp.Ack, s.tcp.Window, s.data)
}

// segments returns what has passed of TCP, as our stack saw it. What was corrupted on the way is not among it.
func (r *room) segments() (list []segment) {
	for _, e := range r.record.events() {
		if e.Kind != trace.Send && e.Kind != trace.Receive {
			continue
		}
		h, packet, err := header.ParseEthernet(e.Frame)
		if err != nil || h.Type != header.EtherTypeIPv4 {
			continue
		}
		ip, payload, err := header.ParseIPv4(packet)
		if err != nil || ip.Protocol != header.ProtocolTCP {
			continue
		}
		tcp, data, err := header.ParseTCP(payload)
		if err != nil {
			continue
		}
		list = append(list, segment{e.At, e.Kind == trace.Send, tcp, ip, len(data)})
	}
	return list
}

// sawSegment says whether a segment passed for which is says so.
func (r *room) sawSegment(is func(segment) bool) bool {
	for _, s := range r.segments() {
		if is(s) {
			return true
		}
	}
	return false
}

// states returns the states that a connection of ours went through: "SYN-SENT ESTABLISHED …".
func (r *room) states(c net.Conn) string {
	var states []string
	for _, e := range r.record.events() {
		if e.Kind != trace.Record || e.Name != "state" || e.Local.String() != c.LocalAddr().String() || e.Remote.String() != c.RemoteAddr().String() {
			continue
		}
		if _, to, ok := strings.Cut(e.Note, " → "); ok {
			states = append(states, to)
		}
	}
	return strings.Join(states, " ")
}

// kernelState returns the state of the kernel's socket between two ends, by the kernel's names, or "" when there is none.
func (r *room) kernelState(local, remote net.Addr) (state string) {
	r.t.Helper()
	names := map[string]string{"01": "ESTABLISHED", "02": "SYN_SENT", "03": "SYN_RECV", "04": "FIN_WAIT1", "05": "FIN_WAIT2",
		"06": "TIME_WAIT", "07": "CLOSE", "08": "CLOSE_WAIT", "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING", "0C": "SYN_RECV"}
	r.kernel.must(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/tcp")
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 3 && procAddr(f[1]) == local.String() && procAddr(f[2]) == remote.String() {
				state = names[f[3]]
			}
		}
		return err
	})
	return state
}

// procAddr reads an address as /proc/net/tcp has it: the four bytes as a number of the machine's, then the port.
func procAddr(text string) string {
	host, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(host)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(b) != 4 {
		return ""
	}
	b[0], b[1], b[2], b[3] = b[3], b[2], b[1], b[0]
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b)), uint16(n)).String()
}

// info is what the kernel says of a connection of its own.
func (r *room) info(c *net.TCPConn) *unix.TCPInfo {
	r.t.Helper()
	var info *unix.TCPInfo
	r.option(c, func(fd int) (err error) {
		info, err = unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		return err
	})
	return info
}

// option sets or reads an option of the kernel's socket.
func (r *room) option(c *net.TCPConn, f func(fd int) error) {
	r.t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		r.t.Fatal(err)
	}
	if controls(f)("", "", raw) != nil {
		r.t.Fatal(controls(f)("", "", raw))
	}
}

// gone waits until a connection is over on both sides, TIME-WAIT aside: the kernel's lasts a minute.
func (r *room) gone(ours *stack.Conn) {
	r.t.Helper()
	r.until("our end is gone", func() bool {
		for _, i := range r.Sockets() {
			if i.Local.String() == ours.LocalAddr().String() && i.Remote.String() == ours.RemoteAddr().String() {
				return false
			}
		}
		return true
	})
	r.until("the kernel's end is gone", func() bool {
		s := r.kernelState(ours.RemoteAddr(), ours.LocalAddr())
		return s == "" || s == "TIME_WAIT"
	})
}
