//go:build !before3

package show_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/trace"
)

func TestSteps(t *testing.T) {
	p := show.Steps(opening())
	text(t, p, `
step  application        Socket library     protocol stack                        protocol stack
      client                 client             client                                    server
   1  ├─ socket ───────────────►│                  │                                           │
   2  │                         ├─ socket ────────►│                                           │
   3  │                         │◄── descriptor 3 ─┤                                           │
   4  │◄───────── descriptor 3 ─┤                  │                                           │
   5  ├─ connect 10.0.0.2:80 ──►│                  │                                           │
   6  │                         ├─ connect ───────►│                                           │
   7  │                         │                  │ makes a TCP header: SYN                   │
      │                         │                  ├─ ARP: who has 10.0.0.2? ─────────────────►│
      │                         │                  │◄── ARP: 10.0.0.2 is at 02:00:00:00:00:02 ─┤
   8  │                         │                  ├─ SYN seq=0 win=65535 ────────────────────►│
   9  │                         │                  │            looks for the socket: listener │
  10  │                         │                  │            records: LISTEN → SYN-RECEIVED │
  11  │                         │                  │               makes a TCP header: SYN,ACK │
  12  │                         │                  │◄────────── SYN,ACK seq=0 ack=1 win=65535 ─┤
  13  │                         │                  │ records: SYN-SENT → ESTABLISHED           │
  14  │                         │                  ├─ ACK seq=1 ack=1 win=65535 ──────────────►│
  15  │                         │◄───── connected ─┤                                           │
  16  │◄──────────── connected ─┤                  │                                           │`)
	if p.Missing() != nil {
		t.Errorf("missing %v", p.Missing())
	}
	wellFormed(t, p.SVG(), "Socket library", "16", "looks for the socket: listener")
	sequenceDiagram(t, p, "p0->>p1: (1) socket", "p2-->>p3: ARP: who has 10.0.0.2?", "Note left of p3: (11) makes a TCP header: SYN,ACK",
		"p1->>p0: (16) connected")
}

// TestStepsThatAreNotThere takes something away from what happened: its number must go too, and only its.
func TestStepsThatAreNotThere(t *testing.T) {
	is := func(kind trace.Kind, host, name string) func(trace.Event) bool {
		return func(e trace.Event) bool { return e.Kind == kind && e.Host == host && e.Name == name }
	}
	frame := func(f []byte) func(trace.Event) bool {
		return func(e trace.Event) bool { return slices.Equal(e.Frame, f) }
	}
	for _, c := range []struct {
		name string
		away func(trace.Event) bool
		want []int
	}{
		{"the socket", is(trace.Call, "client", "socket"), []int{1, 2, 3, 4}},
		{"the memory", is(trace.Reserve, "client", "socket"), []int{2}},
		{"the record of the peer", is(trace.Record, "client", "peer"), []int{6}},
		{"the first header", is(trace.Build, "client", "SYN"), []int{7}},
		{"the first packet", frame(syn), []int{8}},
		{"the look-up", func(e trace.Event) bool { return e.Kind == trace.LookUp && e.Host == "server" && e.Note == "listener" }, []int{9}},
		{"the second header", is(trace.Build, "server", "SYN,ACK"), []int{11}},
		{"the second packet", frame(synACK), []int{12}},
		{"the third packet", frame(onlyACK), []int{14}},
		{"the answer", is(trace.Return, "client", "connect"), []int{15, 16}},
		{"the server's trace", func(e trace.Event) bool { return e.Host == "server" }, []int{9, 10, 11}},
	} {
		got := show.Steps(opening().Where(func(e trace.Event) bool { return !c.away(e) })).Missing()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("without %s, missing (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestStepsInAnotherOrder has a step happen too early: it is not the step that is meant.
func TestStepsInAnotherOrder(t *testing.T) {
	events := opening()
	at := slices.IndexFunc(events, func(e trace.Event) bool { return e.Kind == trace.Build && e.Host == "server" })
	built := events[at]
	events = slices.Insert(slices.Delete(events, at, at+1), 4, built)
	if diff := cmp.Diff([]int{11}, show.Steps(events).Missing()); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestStepsOfAFailure(t *testing.T) {
	var s story
	for _, e := range opening() {
		s.Events = append(s.Events, e)
		if e.Kind == trace.Build && e.Name == "SYN" {
			break
		}
	}
	s.lose("client", syn, "lost")
	s.at(1000)
	s.lose("client", syn, "lost")
	s.at(3000)
	s.add(trace.Event{Host: "client", Kind: trace.Return, FD: 3, Name: "connect", Note: "connect: connection timed out"})
	p := show.Steps(s.Events)
	text(t, p, `
step  application                  Socket library                      protocol stack          protocol stack
      client                           client                              client                    10.0.0.2
   1  ├─ socket ─────────────────────────►│                                   │                             │
   2  │                                   ├─ socket ─────────────────────────►│                             │
   3  │                                   │◄─────────────────── descriptor 3 ─┤                             │
   4  │◄─────────────────── descriptor 3 ─┤                                   │                             │
   5  ├─ connect 10.0.0.2:80 ────────────►│                                   │                             │
   6  │                                   ├─ connect ────────────────────────►│                             │
   7  │                                   │                                   │ makes a TCP header: SYN     │
   8  │                                   │                                   ├─ SYN seq=0 win=65535 ──✗    │
      │                                   │                                   ├─ SYN seq=0 win=65535 ──✗    │
      │                                   │◄── connect: connection timed out ─┤                             │
      │◄── connect: connection timed out ─┤                                   │                             │`)
	if diff := cmp.Diff([]int{9, 10, 11, 12, 13, 14, 15, 16}, p.Missing()); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	wellFormed(t, p.SVG())
}

func TestStepsOfNothing(t *testing.T) {
	p := show.Steps(trace.Events(nil))
	text(t, p, "no application has asked to connect yet")
	if len(p.Found()) != 0 || len(p.Missing()) != 16 {
		t.Errorf("found %v, missing %v", p.Found(), p.Missing())
	}
	wellFormed(t, p.SVG())
	sequenceDiagram(t, p)
}
