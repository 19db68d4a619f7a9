//go:build !before7

package stack

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// pingInterval is how long after one request of Pings the next is sent.
const pingInterval = time.Second

// Echoes is what Pings found out. It prints as the ping of Linux does.
type Echoes struct {
	To   netip.Addr
	Size int // bytes of data in each request
	List []Echo
	Took time.Duration // until the last request was sent, or the last answer came
}

// Echo is what became of one request.
type Echo struct {
	From netip.Addr    // who answered, or told that the request did not arrive; not valid when nobody did
	TTL  uint8         // of the answer
	Took time.Duration // until it came
	Err  error         // why there is none: EHOSTUNREACH and the like, or os.ErrDeadlineExceeded
	told *header.ICMP
}

// Pings asks the host with the address addr count times whether it is there, once a second, with size bytes of data. Each
// request is waited for up to five seconds before the next is sent. An error says that not even the first could be sent, or
// that the stack was stopped; that no answer came is in the result.
func (s *Stack) Pings(addr netip.Addr, count, size int) (*Echoes, error) {
	addr = addr.Unmap()
	local, err := s.pingable(addr)
	if err != nil || size < 0 {
		return nil, pingError(addr, errors.Join(err, invalid(size < 0)))
	}
	r := &Echoes{To: addr, Size: size}
	first := s.config.Now()
	for n := range count {
		w, err := s.echo(addr, local, 0, size)
		if err != nil {
			return nil, pingError(addr, err)
		}
		took, err := s.answered(w, w.began+pingTimeout)
		if s.stuck(err) {
			return nil, pingError(addr, err)
		}
		r.List = append(r.List, w.echoed(took, err))
		r.Took = s.config.Now() - first
		if n+1 < count {
			if err := s.pause(w.began + pingInterval); err != nil {
				return nil, pingError(addr, err)
			}
		}
	}
	return r, nil
}

// pingable says by which of our addresses to ask.
func (s *Stack) pingable(addr netip.Addr) (netip.Addr, error) {
	if err := s.allowed(); err != nil {
		return netip.Addr{}, err
	}
	if !addr.Is4() || addr.IsUnspecified() || addr.IsMulticast() {
		return netip.Addr{}, syscall.EINVAL
	}
	return s.addressFor(addr)
}

func invalid(is bool) error {
	if is {
		return syscall.EINVAL
	}
	return nil
}

func pingError(addr netip.Addr, err error) error {
	return &net.OpError{Op: "ping", Net: "ip4:icmp", Addr: &net.IPAddr{IP: addr.AsSlice()}, Err: named("ping", err)}
}

// stuck says whether an error is not about the request, but about waiting for it: the stack was stopped, or the world has
// nothing that could happen.
func (s *Stack) stuck(err error) bool {
	var told syscall.Errno
	return err != nil && !errors.As(err, &told) && !errors.Is(err, os.ErrDeadlineExceeded)
}

// pause lets time pass.
func (s *Stack) pause(until time.Duration) error {
	if s.config.Now() >= until {
		return nil
	}
	w := new(ping)
	w.sk.stream.changed.L = &w.sk.mu
	if !s.claiming.begin(w) { // so that Stop ends it
		return net.ErrClosed
	}
	defer s.claiming.forget(w)
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	if err := s.until(w, until); err != nil {
		return err
	}
	return w.err
}

// echoed is what a request that has ended has brought.
func (w *ping) echoed(took time.Duration, err error) Echo {
	w.sk.mu.Lock()
	defer w.sk.mu.Unlock()
	e := Echo{From: w.from.Src, TTL: w.from.TTL, Took: took, Err: err}
	if w.news != nil {
		e.told = w.news.told
	}
	return e
}

// String is what ping would have printed.
func (r *Echoes) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "PING %v %d(%d) bytes of data.\n", r.To, r.Size, header.IPv4Len+header.ICMPLen+r.Size)
	answers := 0
	var took []float64
	for n, e := range r.List {
		switch {
		case e.Err == nil:
			answers++
			took = append(took, milliseconds(e.Took))
			fmt.Fprintf(&b, "%d bytes from %v: icmp_seq=%d ttl=%d time=%s ms\n", header.ICMPLen+r.Size, e.From, n+1, e.TTL, pingTime(e.Took))
		case e.From.IsValid():
			fmt.Fprintf(&b, "From %v icmp_seq=%d %s\n", e.From, n+1, pingNews(e.told))
		default:
			fmt.Fprintf(&b, "no answer yet for icmp_seq=%d\n", n+1)
		}
	}
	lost := 0.0
	if len(r.List) > 0 {
		lost = 100 * float64(len(r.List)-answers) / float64(len(r.List))
	}
	fmt.Fprintf(&b, "\n--- %v ping statistics ---\n%d packets transmitted, %d received, %.6g%% packet loss, time %dms",
		r.To, len(r.List), answers, lost, r.Took.Milliseconds())
	if answers > 0 {
		least, sum, most, squares := math.Inf(1), 0.0, 0.0, 0.0
		for _, t := range took {
			least, sum, most, squares = min(least, t), sum+t, max(most, t), squares+t*t
		}
		mean := sum / float64(answers)
		fmt.Fprintf(&b, "\nrtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms", least, mean, most, math.Sqrt(max(0, squares/float64(answers)-mean*mean)))
	}
	return b.String()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// pingTime has three digits, as ping has.
func pingTime(d time.Duration) string {
	switch t := milliseconds(d); {
	case t >= 100:
		return fmt.Sprintf("%.0f", t)
	case t >= 10:
		return fmt.Sprintf("%.1f", t)
	case t >= 1:
		return fmt.Sprintf("%.2f", t)
	default:
		return fmt.Sprintf("%.3f", t)
	}
}

// pingNews says in ping's words why there is no answer.
func pingNews(told *header.ICMP) string {
	switch {
	case told == nil:
		return "Destination Host Unreachable" // by ARP
	case told.Type == header.ICMPTimeExceeded && told.Code == 0:
		return "Time to live exceeded"
	case told.Type == header.ICMPTimeExceeded:
		return "Frag reassembly time exceeded"
	case told.Type == header.ICMPParameterProblem:
		return "Parameter problem"
	}
	switch told.Code {
	case header.UnreachableNet:
		return "Destination Net Unreachable"
	case header.UnreachableHost:
		return "Destination Host Unreachable"
	case header.UnreachableProtocol:
		return "Destination Protocol Unreachable"
	case header.UnreachablePort:
		return "Destination Port Unreachable"
	case header.UnreachableFragment:
		return fmt.Sprintf("Frag needed and DF set (mtu = %d)", told.Seq)
	case header.UnreachableNetForbidden:
		return "Destination Net Prohibited"
	case header.UnreachableForbidden:
		return "Destination Host Prohibited"
	case header.UnreachableFiltered:
		return "Packet filtered"
	default:
		return fmt.Sprintf("Dest Unreachable, Bad Code: %d", told.Code)
	}
}
