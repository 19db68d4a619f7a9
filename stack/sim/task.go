package sim

import (
	"bytes"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// tasks is what runs in a world: the goroutine that made it, and those that Go started. They take turns: whoever has the
// turn runs until it waits, and hands the turn on.
type tasks struct {
	main    *task
	current *task
	waiting []*task // in the order in which they began to wait
	alarms  []time.Duration
}

type task struct {
	goroutine int64
	ready     func() bool
	turn      chan error // the turn, and what the wait came to
}

func (t *tasks) init() {
	t.main = &task{goroutine: goroutine(), turn: make(chan error, 1)}
	t.current = t.main
}

// Go starts f as a task of the world's. It runs when whoever started it waits, and it is the only thing that runs until
// it waits itself.
func (w *World) Go(f func()) {
	if err := w.allow(); err != nil {
		panic(err)
	}
	t := &task{ready: func() bool { return true }, turn: make(chan error, 1)}
	w.tasks.waiting = append(w.tasks.waiting, t)
	go func() {
		<-t.turn
		t.goroutine = goroutine()
		f()
		next, err := w.pick()
		w.tasks.current = next
		next.turn <- err
	}()
}

// allow says whether the calling goroutine may use the world.
func (w *World) allow() error {
	if w.tasks.current.goroutine != goroutine() {
		return ErrOutside
	}
	return nil
}

// block is how a call waits: it hands the turn on until ready returns true.
func (w *World) block(ready func() bool) error {
	if err := w.allow(); err != nil {
		return err
	}
	if ready() {
		return nil
	}
	self := w.tasks.current
	self.ready = ready
	w.tasks.waiting = append(w.tasks.waiting, self)
	next, err := w.pick()
	if next == self {
		return err
	}
	w.tasks.current = next
	next.turn <- err
	return <-self.turn
}

// pick chooses who has the next turn: the first that need not wait any longer. When there is none it lets time go on.
// When nothing is left that could happen, the goroutine that made the world is told so: it always waits then.
func (w *World) pick() (*task, error) {
	t := &w.tasks
	for {
		if i := slices.IndexFunc(t.waiting, func(k *task) bool { return k.ready() }); i >= 0 {
			next := t.waiting[i]
			t.waiting = slices.Delete(t.waiting, i, i+1)
			return next, nil
		}
		if !w.advance() {
			t.waiting = slices.DeleteFunc(t.waiting, func(k *task) bool { return k == t.main })
			return t.main, ErrStuck
		}
	}
}

// settle lets every task that can run do so, without letting time go on.
func (t *tasks) settle(w *World) {
	for slices.ContainsFunc(t.waiting, func(k *task) bool { return k.ready() }) {
		asked := false
		w.block(func() bool { // true when asked again: by then those that waited before have had their turn
			was := asked
			asked = true
			return was
		})
	}
}

// alarm has the clock stop at a time at which nothing else may happen.
func (t *tasks) alarm(at time.Duration) {
	i, _ := slices.BinarySearch(t.alarms, at)
	t.alarms = slices.Insert(t.alarms, i, at)
}

func (t *tasks) nextAlarm() (time.Duration, bool) {
	if len(t.alarms) == 0 {
		return 0, false
	}
	return t.alarms[0], true
}

// ring takes off the alarms whose time has come.
func (t *tasks) ring(now time.Duration) {
	for len(t.alarms) > 0 && t.alarms[0] <= now {
		t.alarms = t.alarms[1:]
	}
}

// goroutine returns the number of the calling goroutine. The runtime tells it only at the head of a stack trace, which
// costs about a microsecond: enough for a world, in which nothing is in a hurry.
func goroutine() int64 {
	var b [64]byte
	s := b[:runtime.Stack(b[:], false)]
	s = bytes.TrimPrefix(s, []byte("goroutine "))
	if i := bytes.IndexByte(s, ' '); i > 0 {
		s = s[:i]
	}
	n, _ := strconv.ParseInt(string(s), 10, 64)
	return n
}
