//go:build !before11

package interop

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// weathers is what the cable does to frames, in both directions alike.
var weathers = []struct {
	name   string
	faults nic.Faults
	bytes  int64
}{
	{"fine", nic.Faults{}, 1 << 20},
	{"delay 5 ms", nic.Faults{Delay: 5 * time.Millisecond}, 1 << 20},
	{"delay 20 ms", nic.Faults{Delay: 20 * time.Millisecond}, 1 << 20},
	{"jitter", nic.Faults{Delay: 2 * time.Millisecond, Jitter: 10 * time.Millisecond}, 1 << 20},
	{"loss 1 %", nic.Faults{Loss: 0.01, Delay: time.Millisecond}, 512 << 10},
	{"loss 5 %", nic.Faults{Loss: 0.05, Delay: time.Millisecond}, 256 << 10},
	{"bursts", nic.Faults{Loss: 0.02, Burst: 5, Delay: time.Millisecond}, 256 << 10},
	{"reordering", nic.Faults{Reorder: 0.05, Late: 3 * time.Millisecond, Delay: 2 * time.Millisecond}, 512 << 10},
	{"duplication", nic.Faults{Duplicate: 0.1, Delay: time.Millisecond}, 512 << 10},
	{"corruption", nic.Faults{Corrupt: 0.02, Delay: time.Millisecond}, 512 << 10},
	{"marks", nic.Faults{Mark: 0.05, Delay: time.Millisecond}, 512 << 10},
	{"narrow", nic.Faults{Rate: 20e6, Queue: 30000, Delay: 2 * time.Millisecond}, 512 << 10},
	{"all of it", nic.Faults{Loss: 0.01, Burst: 2, Duplicate: 0.01, Corrupt: 0.01, Reorder: 0.02, Delay: 3 * time.Millisecond, Jitter: 2 * time.Millisecond}, 256 << 10},
}

// seedOf is a test's own seed: the same in every run.
func seedOf(t *testing.T) uint64 {
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return h.Sum64()
}

// switches are the options that either side can be told to do without, or with: the kernel by a number, we by our
// configuration.
var switches = []struct {
	name string
	ours func(g *tcp.Config, on bool)
}{
	{"sack", func(g *tcp.Config, on bool) { g.NoSACK = !on }},
	{"timestamps", func(g *tcp.Config, on bool) { g.NoTimestamps = !on }},
	{"window_scaling", func(g *tcp.Config, on bool) { g.NoWindowScale = !on }},
	{"ecn", func(g *tcp.Config, on bool) {
		g.ECN = map[bool]tcp.ECNMode{false: tcp.ECNOff, true: tcp.ECNRequest}[on]
	}},
}

const everything = 1<<4 - 1 // all switches on

// switched returns a setting in which the bits of the two numbers say which switches are on, and a name for it.
func switched(kernels, ours int) (s setting, name string) {
	s.kernel = map[string]string{}
	s.ours = func(g *tcp.Config) {
		for i, w := range switches {
			w.ours(g, ours>>i&1 == 1)
		}
	}
	said := func(n int) string {
		var on []string
		for i, w := range switches {
			if n>>i&1 == 1 {
				on = append(on, w.name)
			}
		}
		switch n {
		case 0:
			return "none"
		case everything:
			return "all"
		}
		return strings.Join(on, "+")
	}
	for i, w := range switches {
		s.kernel["ipv4.tcp_"+w.name] = strconv.Itoa(kernels >> i & 1)
	}
	return s, "kernel " + said(kernels) + ", ours " + said(ours)
}

// TestWeather sends both ways at once in every weather, whatever options the two sides have. With -full every choice of one
// side's meets all of the other's, in either role; otherwise it is all, none, and a few that differ from weather to weather.
func TestWeather(t *testing.T) {
	t.Parallel()
	type pair struct{ kernels, ours int }
	for w, weather := range weathers {
		pairs := []pair{{0, everything}, {everything, everything}, {(3*w + 5) % 16, everything}, {everything, (7*w + 2) % 16}}
		if *full {
			pairs = nil
			for n := range everything {
				pairs = append(pairs, pair{n, everything}, pair{everything, n})
			}
			pairs = append(pairs, pair{everything, everything}, pair{0, 0})
		}
		t.Run(weather.name, func(t *testing.T) {
			t.Parallel()
			for n, p := range pairs {
				if slices.Contains(pairs[:n], p) {
					continue
				}
				for i, who := range roles {
					if !*full && i != (n+w)%2 {
						continue
					}
					s, name := switched(p.kernels, p.ours)
					t.Run(fmt.Sprintf("%s/%s", name, who), func(t *testing.T) {
						t.Parallel()
						s := s
						s.out, s.in, s.seed, s.faulty = weather.faults, weather.faults, seedOf(t), true
						r := newRoom(t, s)
						ours, kernels := r.connect(who)
						if err := transfer(ours, kernels, both, weather.bytes); err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
}
