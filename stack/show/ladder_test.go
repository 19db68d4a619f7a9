//go:build !before3

package show_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// sequenceLine is what a line of a Mermaid sequence diagram may be, as far as it is used here.
var sequenceLine = regexp.MustCompile(`^    (participant p\d+ as [^;]+|Note (left|right) of p\d+: .+|p\d+(->>|-->>|-x)p\d+: .+)$`)

// sequenceDiagram fails unless the picture's Mermaid form is a sequence diagram that mentions all the words.
func sequenceDiagram(t *testing.T, m show.Mermaider, words ...string) {
	t.Helper()
	lines := strings.Split(m.Mermaid(), "\n")
	if lines[0] != "sequenceDiagram" {
		t.Errorf("begins with %q", lines[0])
	}
	for _, l := range lines[1:] {
		unescaped := regexp.MustCompile(`#\w+;`).ReplaceAllString(l, "")
		if !sequenceLine.MatchString(unescaped) || strings.Contains(unescaped, "#") {
			t.Errorf("no line of a sequence diagram: %q", l)
		}
	}
	for _, w := range words {
		if !strings.Contains(m.Mermaid(), w) {
			t.Errorf("the words %q are not in\n%s", w, m.Mermaid())
		}
	}
}

func TestLadder(t *testing.T) {
	l := show.Ladder(handshake())
	text(t, l, `
    ms  client                                  server      ms
        10.0.0.1:49152                     10.0.0.2:80
        │                            CLOSED → LISTEN │     0.0
   0.0  │ CLOSED → SYN-SENT                          │
   0.0  ├─ ARP: who has 10.0.0.2? ──────────────────►│     0.5
   1.0  │◄─── ARP: 10.0.0.2 is at 02:00:00:00:00:02 ─┤     0.5
   1.0  ├─ SYN seq=0 win=65535 mss=1460 ──✗          │
1000.0  ├─ SYN seq=0 win=65535 mss=1460 ────────────►│  1000.5
        │                      LISTEN → SYN-RECEIVED │  1000.5
1001.0  │◄── SYN,ACK seq=0 ack=1 win=65535 mss=1460 ─┤  1000.5
1001.0  │ SYN-SENT → ESTABLISHED                     │
1001.0  ├─ ACK seq=1 ack=1 win=65535 ───────────────►│  1001.5
        │                 SYN-RECEIVED → ESTABLISHED │  1001.5
1001.5  ├─ PSH,ACK seq=1 ack=1 win=65535 len=18 ────►│  1002.0`)
	wellFormed(t, l.SVG(), "client", "10.0.0.2:80", "SYN,ACK seq=0 ack=1 win=65535 mss=1460", "LISTEN → SYN-RECEIVED")
	sequenceDiagram(t, l,
		"participant p0 as client<br/>10.0.0.1:49152",
		"Note right of p0: CLOSED → SYN-SENT",
		"p0-xp1: SYN seq=0 win=65535 mss=1460<br/>1.0 ms",
		"p1->>p0: SYN,ACK seq=0 ack=1 win=65535 mss=1460<br/>1000.5 → 1001.0 ms")
}

func TestLadderOptions(t *testing.T) {
	text(t, show.Ladder(handshake(), show.Absolute, show.Bare, show.Hosts("server", "client")), `
    ms  server                                                    client      ms
        10.0.0.2:80                                       10.0.0.1:49152
   0.5  │◄──────────────────────────────────── ARP: who has 10.0.0.2? ─┤     0.0
   0.5  ├─ ARP: 10.0.0.2 is at 02:00:00:00:00:02 ─────────────────────►│     1.0
        │                   ✗── SYN seq=2896541234 win=65535 mss=1460 ─┤     1.0
1000.5  │◄───────────────────── SYN seq=2896541234 win=65535 mss=1460 ─┤  1000.0
1000.5  ├─ SYN,ACK seq=4294967295 ack=2896541235 win=65535 mss=1460 ──►│  1001.0
1001.5  │◄──────────────────────── ACK seq=2896541235 ack=0 win=65535 ─┤  1001.0
1002.0  │◄───────────── PSH,ACK seq=2896541235 ack=0 win=65535 len=18 ─┤  1001.5`)
}

func TestLadderOfOneHostAlone(t *testing.T) {
	var s story
	s.add(trace.Event{Host: "ours", Kind: trace.Send, Frame: arpFrame(1)})
	s.at(0.034)
	s.add(trace.Event{Host: "ours", Kind: trace.Receive, Frame: arpFrame(2)})
	s.add(trace.Event{Host: "ours", Kind: trace.Send, Frame: syn})
	s.at(0.123)
	s.add(trace.Event{Host: "ours", Kind: trace.Receive, Frame: synACK})
	text(t, show.Ladder(s.Events), `
   ms  ours                                  10.0.0.2  ms
       10.0.0.1:49152                     10.0.0.2:80
0.000  ├─ ARP: who has 10.0.0.2? ──────────────────►│
0.034  │◄─── ARP: 10.0.0.2 is at 02:00:00:00:00:02 ─┤
0.034  ├─ SYN seq=0 win=65535 mss=1460 ────────────►│
0.123  │◄── SYN,ACK seq=0 ack=1 win=65535 mss=1460 ─┤`)
}

func TestLadderOfAccidents(t *testing.T) {
	var s story
	s.pass("client", "サーバー", syn, 1)
	s.add(trace.Event{Host: "サーバー", Kind: trace.Receive, Frame: syn})
	s.add(trace.Event{Host: "サーバー", Kind: trace.Send, Frame: serverRST}) // on its way
	s.add(trace.Event{Host: "client", Kind: trace.Send, Frame: request})
	s.add(trace.Event{Host: "client", Kind: trace.Lost, Name: "longer than the MTU", Frame: request})
	s.add(trace.Event{Host: "client", Kind: trace.Send, Frame: []byte("short")})
	l := show.Ladder(s.Events, show.Hosts("client", "サーバー"))
	text(t, l, `
ms  client                                                        サーバー  ms
    10.0.0.1:49152                                             10.0.0.2:80
 0  ├─ SYN seq=0 win=65535 mss=1460 ────────────────────────────────────►│   1
 0  ├─ SYN seq=0 win=65535 mss=1460 (again) ────────────────────────────►│   1
    │◄─────────────────────────────────────────────────────── RST seq=0 ─┤   1
 1  ├─ PSH,ACK seq=1 ack=0 win=65535 len=18 (longer than the MTU) ──✗    │`)
	wellFormed(t, l.SVG(), "サーバー")
	sequenceDiagram(t, l, "p0-->>p1: SYN seq=0 win=65535 mss=1460 (again)<br/>0 → 1 ms")
}

func TestLadderOfThree(t *testing.T) {
	var s story
	s.add(trace.Event{Host: "client", Kind: trace.Send, Frame: arpFrame(1)})
	s.at(1)
	s.add(trace.Event{Host: "router", Kind: trace.Receive, Frame: arpFrame(1)})
	s.add(trace.Event{Host: "server", Kind: trace.Receive, Frame: arpFrame(1)})
	s.pass("server", "client", arpFrame(2), 1)
	l := show.Ladder(s.Events)
	text(t, l, `
sent ms  client                                       router      server  arrived
         10.0.0.1                                               10.0.0.2
      0  ├─ ARP: who has 10.0.0.2? ─────────────────────►│             │        1
      0  ├─────────── ARP: who has 10.0.0.2? ────────────┼────────────►│        1
      1  │◄─── ARP: 10.0.0.2 is at 02:00:00:00:00:02 ────┼─────────────┤        2`)
	wellFormed(t, l.SVG(), "router")
	sequenceDiagram(t, l)
}

func TestLadderOfNothing(t *testing.T) {
	l := show.Ladder(trace.Events(nil))
	text(t, l, "no packet has passed yet")
	wellFormed(t, l.SVG(), "no packet has passed yet")
	sequenceDiagram(t, l, "no packet has passed yet")
}
