//go:build !before6

package tcp_test

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// How many worlds TestSeeds goes through, and which is the first:
//
//	go test ./stack/tcp -run TestSeeds -seeds 1000000 -timeout 0
//	go test ./stack/tcp -run TestSeeds -seed 4711 -seeds 1      # one that failed, once more
var (
	seeds     = flag.Int("seeds", 1500, "how many worlds TestSeeds goes through")
	firstSeed = flag.Uint64("seed", 1, "the first of their seeds")
)

// TestSeeds carries bytes through worlds that are all drawn from their seed: how many connections share the way, and how
// fast, long, full and foul it is; what the applications write and when they read; who opens, and how it ends. After every
// event each connection is looked at, every byte is compared, and in the end nothing is left.
func TestSeeds(t *testing.T) {
	var next, events atomic.Uint64
	var each sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		each.Go(func() {
			for i := next.Add(1) - 1; i < uint64(*seeds) && !t.Failed(); i = next.Add(1) - 1 {
				seed := *firstSeed + i
				w, err := seeded(seed)
				if events.Add(uint64(w.count)); err != nil {
					t.Errorf("seed %d: %v\nonce more: go test ./stack/tcp -run TestSeeds -seed %d -seeds 1", seed, err, seed)
				}
			}
		})
	}
	each.Wait()
	t.Logf("%d events", events.Load())
}

func seeded(seed uint64) (w *world, err error) {
	w = newWorld(seed)
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
