//go:build !before7

package stack

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// How Traceroute asks.
const (
	traceHops   = 30
	traceProbes = 3               // of each router
	traceSize   = 32              // bytes of data in a request
	traceWait   = 3 * time.Second // for the answers of one router
)

// Hops is what Traceroute found out: who is on the way to a host. It prints as traceroute -n does.
type Hops struct {
	To   netip.Addr
	List [][]Echo // the answers of the first router, of the second, …; of the host itself at last, if it answers
}

// Traceroute asks who is on the way to the host with the address addr: it sends echo requests that may pass no router, then
// one, then two, and so on. The router at which a request's time is exceeded says so, and with that who it is. It ends with
// the host's own answer, or with the word of a router that the host cannot be reached, or after 30 routers. Of each
// router it asks three times at once, and waits for the answers for up to three seconds; one that is silent stands there
// as asterisks. The error is that of Ping when nothing could be sent.
func (s *Stack) Traceroute(addr netip.Addr) (*Hops, error) {
	addr = addr.Unmap()
	s.emit(trace.Event{Kind: trace.Call, Name: "traceroute", Note: addr.String(), Remote: netip.AddrPortFrom(addr, 0)})
	h, err := s.traceroute(addr)
	if err != nil {
		err = &net.OpError{Op: "traceroute", Net: "ip4:icmp", Addr: &net.IPAddr{IP: addr.AsSlice()}, Err: named("traceroute", err)}
		s.returned("traceroute", 0, err, "")
		return nil, err
	}
	s.returned("traceroute", 0, nil, fmt.Sprintf("%d hops", len(h.List)))
	return h, nil
}

func (s *Stack) traceroute(addr netip.Addr) (*Hops, error) {
	local, err := s.pingable(addr)
	if err != nil {
		return nil, err
	}
	h := &Hops{To: addr}
	for ttl := uint8(1); ttl <= traceHops; ttl++ {
		var asked []*ping
		for range traceProbes {
			w, err := s.echo(addr, local, ttl, traceSize)
			if err != nil {
				return nil, err
			}
			asked = append(asked, w)
		}
		var answers []Echo
		for _, w := range asked {
			took, err := s.answered(w, w.began+traceWait)
			if s.stuck(err) {
				return nil, err
			}
			answers = append(answers, w.echoed(took, err))
			if e := &answers[len(answers)-1]; e.Err != nil && e.From.IsValid() {
				e.Took = w.at - w.began
			}
		}
		h.List = append(h.List, answers)
		if end(answers) {
			break
		}
	}
	return h, nil
}

// end says whether nobody is to be expected beyond who has answered.
func end(answers []Echo) bool {
	for _, e := range answers {
		exceeded := e.told != nil && e.told.Type == header.ICMPTimeExceeded && e.told.Code == 0
		if e.From.IsValid() && !exceeded {
			return true
		}
	}
	return false
}

// String is what traceroute -n would have printed.
func (h *Hops) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "traceroute to %v, %d hops max, %d byte packets", h.To, traceHops, header.IPv4Len+header.ICMPLen+traceSize)
	for n, answers := range h.List {
		fmt.Fprintf(&b, "\n%2d ", n+1)
		var last netip.Addr
		for _, e := range answers {
			if !e.From.IsValid() {
				b.WriteString(" *")
				continue
			}
			if e.From != last {
				fmt.Fprintf(&b, " %v", e.From)
				last = e.From
			}
			fmt.Fprintf(&b, "  %.3f ms%s", milliseconds(e.Took), remark(&e))
		}
	}
	return b.String()
}

// remark is traceroute's sign for an answer that is neither the host's own nor that of a router on the way.
func remark(e *Echo) string {
	switch {
	case e.Err == nil:
		return ""
	case e.told == nil:
		return " !H" // ARP has found nobody
	case e.told.Type == header.ICMPTimeExceeded:
		return ""
	case e.told.Type != header.ICMPUnreachable:
		return " !"
	}
	switch e.told.Code {
	case header.UnreachableNet, header.UnreachableNetUnknown:
		return " !N"
	case header.UnreachableHost, header.UnreachableHostUnknown:
		return " !H"
	case header.UnreachableProtocol:
		return " !P"
	case header.UnreachableFragment:
		return fmt.Sprintf(" !F-%d", e.told.Seq)
	case header.UnreachableSourceRoute:
		return " !S"
	case header.UnreachableFiltered:
		return " !X"
	default:
		return fmt.Sprintf(" !%d", e.told.Code)
	}
}
