// Package sim is a world in which everything happens by the book: its own clock, which stands still until something
// waits; chance that comes from a seed; hosts, and from chapter 3 on the cables between them. The same program gives the
// same bytes every time.
//
// A call that would wait lets the world go on until it need not: the next frame arrives, the next timer goes off, the
// next task runs. What nothing can ever wake returns [ErrStuck].
package sim

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/trace"
)

var (
	// ErrStuck: the call waits for something that cannot happen any more.
	ErrStuck = errors.New("sim: nothing can ever wake this call: no frame is on its way, no timer runs, and every other task waits too")
	// ErrOutside: the call came from a goroutine that the world knows nothing of.
	ErrOutside = errors.New("sim: a goroutine that the world did not start called into it: start it with World.Go")
)

// epoch is the time of day at which every world begins.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// World is a simulated world. It belongs to the goroutine that made it, and to the tasks started by Go; one of them runs
// at a time.
type World struct {
	seed  uint64
	now   time.Duration
	log   trace.Log
	hosts []*stack.Stack
	tasks tasks

	network network // cables: chapter 3
}

// New makes a world without hosts, at time 0. All its chance comes from seed.
func New(seed uint64) *World {
	w := &World{seed: seed}
	w.tasks.init()
	return w
}

// Host adds a host: a protocol stack with the given name.
func (w *World) Host(name string) *stack.Stack {
	return w.HostWith(stack.Config{Name: name})
}

// HostWith adds a host whose stack is configured further. The clock, chance, waiting and the trace are the world's.
func (w *World) HostWith(c stack.Config) *stack.Stack {
	c.Now = w.Now
	c.Epoch = epoch
	c.Allow = w.allow
	c.Block = w.block
	c.Rand = rand.New(rand.NewPCG(w.seed, uint64(len(w.hosts)+1))).Uint64
	c.Trace = w.log.Add
	s := stack.New(c)
	w.hosts = append(w.hosts, s)
	return s
}

// Hosts returns the hosts in the order in which they were added.
func (w *World) Hosts() []*stack.Stack { return w.hosts }

// Now returns how much time has passed since the world began.
func (w *World) Now() time.Duration { return w.now }

// Time returns the time of day, for deadlines: a world begins at midnight of 1 January 2026, UTC.
func (w *World) Time() time.Time { return epoch.Add(w.now) }

// Trace returns the history of everything that has happened.
func (w *World) Trace() *trace.Log { return &w.log }

// Step lets the next thing happen, a frame arrive or a timer go off, and what follows from it at once. It returns false
// when there is nothing that could.
func (w *World) Step() bool {
	if err := w.allow(); err != nil {
		panic(err)
	}
	w.tasks.settle(w) // a task that was only just started may make something happen
	stepped := w.advance()
	w.tasks.settle(w)
	return stepped
}

// Sleep lets time pass.
func (w *World) Sleep(d time.Duration) {
	until := w.now + d
	if d > 0 {
		w.tasks.alarm(until)
	}
	if err := w.block(func() bool { return w.now >= until }); err != nil {
		panic(err)
	}
}

// Run lets everything happen that still can, up to a day, and returns when all is quiet.
func (w *World) Run() {
	end := w.now + 24*time.Hour
	err := w.block(func() bool { return w.now >= end })
	if err != nil && !errors.Is(err, ErrStuck) {
		panic(err)
	}
}

// advance moves the clock to the next event and lets it happen. It returns false when there is none.
func (w *World) advance() bool {
	at, ok := w.network.next(w)
	if alarm, set := w.tasks.nextAlarm(); set && (!ok || alarm < at) {
		at, ok = alarm, true
	}
	if !ok {
		return false
	}
	w.now = max(w.now, at)
	w.tasks.ring(w.now)
	w.network.happen(w)
	return true
}
