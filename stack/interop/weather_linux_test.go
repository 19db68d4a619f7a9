//go:build !before11

package interop

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/nic"
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
	{"narrow", nic.Faults{Rate: 20e6, Queue: 30000, Delay: 2 * time.Millisecond}, 512 << 10},
	{"all of it", nic.Faults{Loss: 0.01, Burst: 2, Duplicate: 0.01, Corrupt: 0.01, Reorder: 0.02, Delay: 3 * time.Millisecond, Jitter: 2 * time.Millisecond}, 256 << 10},
}

// seedOf is a test's own seed: the same in every run.
func seedOf(t *testing.T) uint64 {
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return h.Sum64()
}

// kernelSwitches are the options that the kernel can be told to do without, or with.
var kernelSwitches = []string{"sack", "timestamps", "window_scaling", "ecn"}

// combination returns the kernel's switches for a number from 0 to 15, and a name for it.
func combination(n int) (kernel map[string]string, name string) {
	kernel = map[string]string{}
	for i, s := range kernelSwitches {
		value := "0"
		if n&(1<<i) != 0 {
			value = "1"
			if name != "" {
				name += "+"
			}
			name += s
		}
		kernel["ipv4.tcp_"+s] = value
	}
	if name == "" {
		name = "bare"
	}
	return kernel, name
}

// TestWeather sends both ways at once in every weather, whatever options the kernel has.
func TestWeather(t *testing.T) {
	t.Parallel()
	for w, weather := range weathers {
		t.Run(weather.name, func(t *testing.T) {
			t.Parallel()
			for n := range 16 {
				// Without -full: all options, none, and two others, which differ from weather to weather.
				if !*full && n != 0 && n != 15 && n != (3*w+5)%16 && n != (7*w+2)%16 {
					continue
				}
				kernel, name := combination(n)
				for i, who := range roles {
					if !*full && i != (n+w)%2 {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s", name, who), func(t *testing.T) {
						t.Parallel()
						r := newRoom(t, setting{kernel: kernel, out: weather.faults, in: weather.faults, seed: seedOf(t), faulty: true})
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
