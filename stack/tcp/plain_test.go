//go:build !before6 && before10

package tcp

import (
	"testing"

	"github.com/tsunagu/tsunagu/stack/header"
)

// TestResetInTimeWait: until chapter 10 a RST ends the wait, as RFC 9293 3.10.7.4 has it.
func TestResetInTimeWait(t *testing.T) {
	e := established(t).close().want(ourFIN).
		arrive(seg{Flags: fFINACK, Seq: irs + 1, Ack: iss + 2, Wnd: wnd})
	e.take()
	e.arrive(seg{Flags: fRST, Seq: irs + 2}).want().ended(nil)
}

// TestBacklogFull: until chapter 10 what is opening has the same bound as what stands.
func TestBacklogFull(t *testing.T) {
	e := newEnd(t)
	l := Listener{Backlog: 1}
	if c, _ := l.Arrive(e.g, e.endpoints, 0, &header.TCP{Flags: fSYN, Seq: irs}); c == nil {
		t.Fatal("no room for one")
	}
	if c, reset := l.Arrive(e.g, e.endpoints, 0, &header.TCP{Flags: fSYN, Seq: irs + 1}); c != nil || reset {
		t.Errorf("beyond the backlog: %v, %v", c, reset)
	}
}
