//go:build !before7

package tcp_test

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// How many worlds TestSeeds goes through, and which is the first:
//
//	go test ./stack/tcp -run TestSeeds -seeds 1000000 -timeout 0
//	go test ./stack/tcp -run TestSeeds -seed 4711 -seeds 1      # one that failed, once more
//	go test ./stack/tcp -run TestSeeds -seed 4711 -seeds 1 -replay /tmp
//
// The last puts files there: a ladder of the packets of each connection, and of each end a script (see package script)
// that goes through the same, which can be shortened until nothing but the failure is left.
var (
	seeds     = flag.Int("seeds", 600, "how many worlds TestSeeds goes through")
	firstSeed = flag.Uint64("seed", 1, "the first of their seeds")
	replay    = flag.String("replay", "", "the directory for the ladders and scripts of those that fail")
)

// TestSeeds carries bytes through worlds that are all drawn from their seed: how many connections share the way, and how
// fast, long, full, foul and narrow it is; what the applications write and when they read; who opens, how it ends, and whether
// another connection follows between the same two ends. After every event each connection is looked at, every byte is
// compared, and in the end nothing is left.
func TestSeeds(t *testing.T) {
	var next, events atomic.Uint64
	var each sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		each.Go(func() {
			for i := next.Add(1) - 1; i < uint64(*seeds) && !t.Failed(); i = next.Add(1) - 1 {
				seed := *firstSeed + i
				w, err := seeded(seed, nil)
				if events.Add(uint64(w.count)); err != nil {
					t.Errorf("seed %d: %v\nonce more: go test ./stack/tcp -run TestSeeds -seed %d -seeds 1%s", seed, err, seed, writeDown(seed))
				}
			}
		})
	}
	each.Wait()
	t.Logf("%d events", events.Load())
}

// writeDown goes through a world that failed once more, and puts down what happens in it.
func writeDown(seed uint64) string {
	if *replay == "" {
		return " -replay ."
	}
	r := new(recorder)
	_, _ = seeded(seed, r)
	files, err := r.write(*replay, fmt.Sprint("seed", seed))
	if err != nil {
		return "\n" + err.Error()
	}
	return "\nwritten down in " + strings.Join(files, " ")
}

func seeded(seed uint64, r *recorder) (w *world, err error) {
	w = newWorld(seed)
	w.record = r
	defer func() {
		if p := recover(); p != nil {
			stack := make([]byte, 4096)
			err = fmt.Errorf("at %v: panic: %v\n%s", w.now, p, stack[:runtime.Stack(stack, false)])
		}
	}()
	patience := draw(w)
	return w, w.live(patience)
}

// live lets all happen that happens, and sees that all ended well.
func (w *world) live(patience time.Duration) error {
	w.run(math.MaxInt64, patience, 10_000_000)
	if w.err != nil {
		return w.err
	}
	var errs []error
	for _, e := range w.ends {
		errs = append(errs, e.ended())
	}
	for _, h := range w.hosts {
		if n := len(h.table.All()); n > 0 {
			errs = append(errs, fmt.Errorf("%d connections are left in the table of %s", n, h.name))
		}
	}
	if w.out > 0 {
		errs = append(errs, fmt.Errorf("%d packets are still held by somebody", w.out))
	}
	return errors.Join(errs...)
}
