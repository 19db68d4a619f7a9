package show_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// changes is a history of changes of state: of one connection of a host, one a millisecond.
func changes(host, remote string, fd int, notes ...string) (events trace.Events) {
	e := trace.Event{Host: host, Kind: trace.Record, Name: "state", FD: fd}
	if remote != "" {
		e.Local, e.Remote = netip.MustParseAddrPort("10.0.0.1:49152"), netip.MustParseAddrPort(remote)
	}
	for i, note := range notes {
		e.At, e.Note = time.Duration(i)*time.Millisecond, note
		events = append(events, e)
	}
	return events
}

var activeClose = []string{
	"CLOSED → SYN-SENT", "SYN-SENT → ESTABLISHED", "ESTABLISHED → FIN-WAIT-1", "FIN-WAIT-1 → FIN-WAIT-2",
	"FIN-WAIT-2 → TIME-WAIT", "TIME-WAIT → CLOSED",
}

func TestState(t *testing.T) {
	p := show.State(changes("client", "10.0.0.2:80", 3, activeClose...), "client")
	want := `
                        ╔══════════════╗◄─────────────────────┐
                        ║    CLOSED    ║━━━━━━━━━━━━━━━━━━━┓  │
                        ╚══════════════╝                   ┃  │
                                │   ▲                      ┃  │
                                ▼   │                      ┃  │
                        ┌──────────────┐                   ┃  │
        ┌───────────────│    LISTEN    │─────────────┐     ┃  │
        │               └──────────────┘             │     ┃  │
        │                                            │     ┃  │
        ▼                                            ▼     ▼ 1│
┌──────────────┐                                ╔══════════════╗
│ SYN-RECEIVED │◄───────────────────────────────║   SYN-SENT   ║
└──────────────┘                                ╚══════════════╝
    │       │                                           ┃
    │       │                                           ┃
    │       │           ╔══════════════╗        2       ┃
    │       └──────────►║ ESTABLISHED  ║◄━━━━━━━━━━━━━━━┛
    │                   ╚══════════════╝
    │       ┏━━━━━━━━━━━━━━━┛       └───────────────────┐
    ▼       ▼ 3                                         ▼
╔══════════════╗        ┌──────────────┐        ┌──────────────┐
║  FIN-WAIT-1  ║───────►│   CLOSING    │        │  CLOSE-WAIT  │
╚══════════════╝        └──────────────┘        └──────────────┘
        ┃                       │                       │
        ▼ 4                     ▼                       ▼
╔══════════════╗  5     ╔══════════════╗        ┌──────────────┐
║  FIN-WAIT-2  ║━━━━━━━►║  TIME-WAIT   ║        │   LAST-ACK   │
╚══════════════╝        ╚══════════════╝        └──────────────┘
                                ┃                       │
                                ▼ 6                     │
                        ╔══════════════╗                │
                        ║    CLOSED    ║◄───────────────┘
                        ╚══════════════╝

   at ms  change of state           because of / what is sent
1      0  CLOSED → SYN-SENT         active OPEN / snd SYN
2      1  SYN-SENT → ESTABLISHED    rcv SYN,ACK / snd ACK
3      2  ESTABLISHED → FIN-WAIT-1  CLOSE / snd FIN
4      3  FIN-WAIT-1 → FIN-WAIT-2   rcv ACK of FIN
5      4  FIN-WAIT-2 → TIME-WAIT    rcv FIN / snd ACK
6      5  TIME-WAIT → CLOSED        timeout after 2 MSL`
	if got := "\n" + p.Text(); got != want {
		t.Errorf("text is%s\nand not%s", got, want)
	}
	wellFormed(t, p.SVG(), "ESTABLISHED", "6")
	stateDiagram(t, p, "CLOSED --> SYN_SENT: (1) active OPEN / snd SYN", "TIME_WAIT --> END: (6) timeout after 2 MSL", "class ESTABLISHED taken")
	if strings.Contains(p.Mermaid(), "class LISTEN taken") {
		t.Error("the connection was never in LISTEN")
	}
}

// stateDiagram fails unless the picture's Mermaid form is a state diagram with all the lines.
func stateDiagram(t *testing.T, m show.Mermaider, want ...string) {
	t.Helper()
	line := regexp.MustCompile(`^    (classDef taken [\w:#,-]+|state "[A-Z0-9-]+" as \w+|\w+ --> \w+: [^:;#]+|class \w+ taken)$`)
	lines := strings.Split(m.Mermaid(), "\n")
	if lines[0] != "stateDiagram-v2" {
		t.Errorf("begins with %q", lines[0])
	}
	for _, l := range lines[1:] {
		if !line.MatchString(l) {
			t.Errorf("no line of a state diagram: %q", l)
		}
	}
	for _, w := range want {
		if !slices.Contains(lines, "    "+w) {
			t.Errorf("the line %q is missing", w)
		}
	}
}

func TestStateOfWhom(t *testing.T) {
	old := changes("client", "10.0.0.2:80", 3, activeClose...)
	listener := changes("server", "", 3, "CLOSED → LISTEN")
	for _, c := range []struct {
		name   string
		events trace.Events
		host   string
		want   []string
	}{
		{"nobody", old, "x", nil},
		{"a listener alone", listener, "server", []string{"CLOSED", "LISTEN"}},
		{"a connection rather than its listener", slices.Concat(listener,
			changes("server", "10.0.0.9:1", 0, "LISTEN → SYN-RECEIVED", "SYN-RECEIVED → ESTABLISHED")),
			"server", []string{"LISTEN", "SYN-RECEIVED", "ESTABLISHED"}},
		{"and rather than one that begins to listen later", slices.Concat(
			changes("server", "10.0.0.9:1", 0, "LISTEN → SYN-RECEIVED"), listener),
			"server", []string{"LISTEN", "SYN-RECEIVED"}},
		{"the newest", slices.Concat(old, changes("client", "10.0.0.2:81", 3, "CLOSED → SYN-SENT")),
			"client", []string{"CLOSED", "SYN-SENT"}},
		{"the newest, though an older one is not over", slices.Concat(old[:2],
			changes("client", "10.0.0.2:81", 4, "CLOSED → SYN-SENT"), old[2:]),
			"client", []string{"CLOSED", "SYN-SENT"}},
		{"the newest between the same ends", slices.Concat(old, old[:2]),
			"client", []string{"CLOSED", "SYN-SENT", "ESTABLISHED"}},
		{"only its own", slices.Concat(old[:1], listener), "client", []string{"CLOSED", "SYN-SENT"}},
	} {
		if got := show.State(c.events, c.host).States(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestStateThatIsNotInTheDiagram(t *testing.T) {
	p := show.State(changes("client", "10.0.0.2:80", 3, "CLOSED → SYN-SENT", "SYN-SENT → ESTABLISHED", "ESTABLISHED → CLOSED"), "client")
	if !strings.HasSuffix(p.Text(), "3      2  ESTABLISHED → CLOSED    not in the diagram: the connection was given up") {
		t.Errorf("text is\n%s", p.Text())
	}
	stateDiagram(t, p, "ESTABLISHED --> END: (3) given up", "class END taken")
	wellFormed(t, p.SVG())
	if got := show.State(nilSource{}, "client").Text(); !strings.HasSuffix(got, "\n\nclient has no connection") {
		t.Errorf("text is\n%s", got)
	}
}

type nilSource struct{}

func (nilSource) Events() trace.Events { return nil }
