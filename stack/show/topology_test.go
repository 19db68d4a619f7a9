//go:build !before7

package show_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/sim"
)

// TestLadderOfSeveral: a hub lets everybody hear, a switch only who is meant; a router is a host among them, for what it
// sends is another frame than what it got. What is lost on the way to one has arrived at the other all the same.
func TestLadderOfSeveral(t *testing.T) {
	for kind, want := range map[string]string{
		"hub": `
a → b ARP: who has 10.0.0.2?
a → c ARP: who has 10.0.0.2?
b → a ARP: 10.0.0.2 is at 02:00:00:00:00:03
b → c ARP: 10.0.0.2 is at 02:00:00:00:00:03
a → b ICMP: echo request seq=1 len=10
a → c ICMP: echo request seq=1 len=10
b → a ICMP: echo reply seq=1 len=10
b → c ICMP: echo reply seq=1 len=10`,
		"deaf": `
a → b ARP: who has 10.0.0.2?
b → a ARP: 10.0.0.2 is at 02:00:00:00:00:03
a → b ICMP: echo request seq=1 len=10
b → a ICMP: echo reply seq=1 len=10`,
		"switch": `
a → b ARP: who has 10.0.0.2?
a → c ARP: who has 10.0.0.2?
b → a ARP: 10.0.0.2 is at 02:00:00:00:00:03
a → b ICMP: echo request seq=1 len=10
b → a ICMP: echo reply seq=1 len=10`,
		"router": `
a → gw ARP: who has 10.0.0.254?
gw → a ARP: 10.0.0.254 is at 02:00:00:00:00:02
a → gw ICMP: echo request seq=1 len=10
gw → b ARP: who has 10.0.1.1?
b → gw ARP: 10.0.1.1 is at 02:00:00:00:00:03
gw → b ICMP: echo request seq=1 len=10
b → gw ICMP: echo reply seq=1 len=10
gw → a ICMP: echo reply seq=1 len=10`,
	} {
		w := sim.New(1)
		a, b, c := w.Host("a"), w.Host("b"), w.Host("c")
		var middle sim.Node
		switch kind {
		case "switch":
			middle = w.Switch(kind)
		case "router":
			middle = w.Router("gw")
		default:
			middle = w.Hub(kind)
		}
		w.Link(a, middle)
		w.Link(b, middle)
		if last := w.Link(c, middle); kind == "deaf" {
			last.Fate = func(nic.Passing) nic.Fate { return nic.Fate{Lost: true} }
		}
		if _, err := a.Ping(b.Addr(0).Addr(), 10); err != nil {
			t.Fatal(err)
		}
		w.Run()
		ladder := show.Ladder(w.Trace())
		var got strings.Builder
		names := map[string]string{}
		for _, line := range strings.Split(ladder.Mermaid(), "\n") {
			line = strings.TrimSpace(line)
			if f := strings.Fields(line); len(f) >= 4 && f[0] == "participant" {
				names[f[1]] = strings.Split(f[3], "<br/>")[0]
			} else if from, rest, ok := strings.Cut(line, "->>"); ok {
				to, label, _ := strings.Cut(rest, ":")
				label, _, _ = strings.Cut(label, "<br/>") // the times
				got.WriteString("\n" + names[strings.TrimRight(from, "-")] + " → " + names[to] + label)
			} else if strings.Contains(line, "-x") {
				t.Errorf("%s: %s is drawn as lost", kind, line)
			}
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("%s: %s\n%s", kind, diff, ladder.Mermaid())
		}
	}
}
