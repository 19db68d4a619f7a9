//go:build !before10

package script

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// manyPieces is a script too long to be written: more pieces come too early than are kept.
func manyPieces(t *testing.T) *Script {
	var b strings.Builder
	b.WriteString("== pieces\n0 call listen\n< SYN seq=0 mss=1460\n> SYN,ACK\n< ACK\n")
	for i := range 600 {
		fmt.Fprintf(&b, "< ACK seq=%d len=1\n> ACK ack=1\n", 3+2*i)
	}
	scripts, err := Parse("pieces", b.String())
	if err != nil {
		t.Fatal(err)
	}
	return scripts[0]
}

// halfOpen has a listener whose connections come from several peers, which no script has: the newest takes the place of the
// oldest.
func halfOpen(sum *tcp.Counts) {
	g := &tcp.Config{HalfOpen: 1, Cookies: tcp.CookiesNever}
	l := &tcp.Listener{Backlog: 10}
	for port := range uint16(2) {
		l.Arrive(g, func() tcp.Endpoints {
			return memory(here, netip.AddrPortFrom(there.Addr(), 1000+port), 1000)
		}, 0, &header.TCP{Flags: header.SYN})
	}
	sum.Add(l.Counts())
}

// TestCounters: there is no counter that nothing can move.
func TestCounters(t *testing.T) {
	ch := chapter(t)
	var sum tcp.Counts
	halfOpen(&sum)
	for _, s := range append(load(t), manyPieces(t)) {
		if !s.Holds(ch) {
			continue
		}
		r, err := s.run(nil)
		if err != nil {
			t.Fatal(err)
		}
		sum.Add(&r.before)
		if r.c != nil {
			sum.Add(r.c.Counts())
		}
		if r.l != nil {
			sum.Add(r.l.Counts())
		}
	}
	for k := range tcp.Counters() {
		if sum[k] == 0 {
			t.Errorf("%v: nothing here has it happen", k)
		}
	}
}
