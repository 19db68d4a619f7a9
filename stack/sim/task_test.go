//go:build !before1

package sim

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTurns: tasks run one at a time, in the order in which they began to wait, and time stands still while one runs.
func TestTurns(t *testing.T) {
	w := New(1)
	var log []string
	note := func(s string) { log = append(log, fmt.Sprint(w.Now(), " ", s)) }
	w.Go(func() {
		note("a")
		w.Sleep(2 * time.Second)
		note("a again")
		w.Go(func() { note("child of a") })
		note("a goes on")
	})
	w.Go(func() {
		note("b")
		w.Sleep(time.Second)
		note("b again")
		w.Sleep(time.Second) // as long as a: but a began to wait first
		note("b once more")
	})
	note("main")
	w.Sleep(3 * time.Second)
	note("main again")
	want := []string{"0s main", "0s a", "0s b", "1s b again", "2s a again", "2s a goes on", "2s b once more", "2s child of a", "3s main again"}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
	if got := w.Time(); !got.Equal(epoch.Add(3 * time.Second)) {
		t.Errorf("the time of day is %v", got)
	}
}

// TestStep goes from one thing that happens to the next.
func TestStep(t *testing.T) {
	w := New(1)
	if w.Step() {
		t.Error("in an empty world something happened")
	}
	woken := 0
	for range 2 {
		w.Go(func() {
			w.Sleep(time.Second)
			woken++
			w.Sleep(time.Second)
			woken++
		})
	}
	var log []string
	for w.Step() {
		log = append(log, fmt.Sprint(w.Now(), " ", woken))
	}
	// Both alarms of a second ring at once.
	if diff := cmp.Diff([]string{"1s 2", "2s 4"}, log); diff != "" {
		t.Error(diff)
	}
}

// TestRun lets everything happen, and comes back.
func TestRun(t *testing.T) {
	w := New(1)
	done := false
	w.Go(func() {
		w.Sleep(time.Hour)
		done = true
	})
	w.Run()
	if !done || w.Now() != time.Hour {
		t.Errorf("at %v: done %v", w.Now(), done)
	}
	w.Go(func() {
		for {
			w.Sleep(time.Hour)
		}
	})
	w.Run()
	if w.Now() > 26*time.Hour {
		t.Errorf("Run went on until %v", w.Now())
	}
}

// TestOutsideGo: whoever the world does not know starts nothing.
func TestOutsideGo(t *testing.T) {
	w := New(1)
	got := make(chan any)
	go func() {
		defer func() { got <- recover() }()
		w.Go(func() {})
	}()
	if err, _ := (<-got).(error); !errors.Is(err, ErrOutside) {
		t.Errorf("%v", err)
	}
}
