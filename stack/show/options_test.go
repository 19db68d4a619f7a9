//go:build !before9

package show_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/show"
)

// TestTheLadderKnowsTheOptions draws an exchange with all options: windows stand there in bytes, whatever is scaled, also in a
// ladder that begins after the SYNs; the timestamps only when asked for; SACK blocks count like ACK numbers. Steps has room for none of it.
func TestTheLadderKnowsTheOptions(t *testing.T) {
	w, _, _ := exchange(t, func(c *nic.Cable) {
		lost := false
		c.Fate = func(p nic.Passing) nic.Fate {
			if f := p.Frame; !lost && len(f) > 66 && header.Flags(f[47]).Has(header.PSH) { // the first that carries data
				lost = true
				return nic.Fate{Lost: true}
			}
			return nic.Fate{}
		}
	})
	l := show.Ladder(w.Trace()).Text()
	for _, want := range []string{
		"SYN seq=0 win=65535 mss=1460 sack-permitted ts wscale=",
		"─ ACK seq=1 ack=1 win=65536 ─",
	} {
		if !strings.Contains(l, want) {
			t.Errorf("%q is not in\n%s", want, l)
		}
	}
	if strings.Count(l, "ts") != 2+strings.Count(l, "└") {
		t.Errorf("timestamps in\n%s", l)
	}
	if stamps := show.Ladder(w.Trace(), show.Timestamps).Text(); len(regexp.MustCompile(` ts=\d+/\d+`).FindAllString(stamps, -1)) < 6 {
		t.Errorf("no timestamps in\n%s", stamps)
	}

	if steps := show.Steps(w.Trace()).Text(); !strings.Contains(steps, "SYN seq=0 win=65535 ─") {
		t.Errorf("options among the steps:\n%s", steps)
	}

	events := w.Trace().Events()
	half := events[len(events)/2:]
	if part := show.Ladder(half).Text(); regexp.MustCompile(`win=(\d{1,4}) `).MatchString(part) {
		t.Errorf("windows that are not in bytes in\n%s", part)
	}
}
