package trace_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/trace"
)

func history() *trace.Log {
	log := new(trace.Log)
	sink := trace.Sink(log.Add)
	sink.Emit(trace.Event{At: 1, Host: "client", Kind: trace.Call, FD: 3, Name: "connect"})
	sink.Emit(trace.Event{At: 1, Host: "client", Kind: trace.Send, Frame: []byte{1}})
	sink.Emit(trace.Event{At: 5, Host: "server", Kind: trace.Receive, Frame: []byte{1}})
	sink.Emit(trace.Event{At: 5, Host: "server", Kind: trace.Send, Frame: []byte{2}})
	sink.Emit(trace.Event{At: 9, Host: "client", Kind: trace.Return, FD: 3, Name: "connect"})
	return log
}

func TestSelections(t *testing.T) {
	log := history()
	at := func(es trace.Events) (list []time.Duration) {
		for _, e := range es {
			list = append(list, e.At)
		}
		return list
	}
	for _, c := range []struct {
		name string
		got  trace.Events
		want []time.Duration
	}{
		{"all", log.Events(), []time.Duration{1, 1, 5, 5, 9}},
		{"of kinds", log.Events().Of(trace.Send, trace.Receive), []time.Duration{1, 5, 5}},
		{"by host", log.Events().By("server"), []time.Duration{5, 5}},
		{"named", log.Events().Named("connect"), []time.Duration{1, 9}},
		{"about a descriptor", log.Events().About(3).Of(trace.Return), []time.Duration{9}},
		{"since", log.Since(3), []time.Duration{5, 9}},
		{"since the end", log.Since(log.Len()), nil},
		{"since beyond the end", log.Since(99), nil},
		{"since before the beginning", log.Since(-1), []time.Duration{1, 1, 5, 5, 9}},
	} {
		if diff := cmp.Diff(c.want, at(c.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := log.Events().Hosts(); !slices.Equal(got, []string{"client", "server"}) {
		t.Errorf("Hosts() = %q", got)
	}
	if got := log.LastFrame(); !slices.Equal(got, []byte{2}) {
		t.Errorf("LastFrame() = %v", got)
	}
	if got := log.Last().At; got != 9 {
		t.Errorf("Last().At = %v", got)
	}
	if got := log.Last(trace.Lost); got.Host != "" {
		t.Errorf("Last(Lost) = %v, want the zero event", got)
	}
	if got := len(slices.Collect(log.Events().Frames())); got != 2 {
		t.Errorf("Frames() gave %d frames", got)
	}
	if got, want := log.String(), "5 events, 2 of them frames sent"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func TestWhatWasHandedOutStays(t *testing.T) {
	log := history()
	before := log.Events()
	log.Add(trace.Event{At: 10})
	_ = append(before, trace.Event{At: 77}) // must not reach the log's own memory
	log.Clear()
	log.Add(trace.Event{At: 11})
	if len(before) != 5 || before[4].At != 9 {
		t.Errorf("a selection changed: %v", before)
	}
	if got := log.Events(); len(got) != 1 || got[0].At != 11 {
		t.Errorf("after Clear: %v", got)
	}
}

func TestAddFromManyGoroutines(t *testing.T) {
	log := new(trace.Log)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				log.Add(trace.Event{Host: "a"})
				log.Events()
			}
		})
	}
	all.Wait()
	if got := log.Len(); got != 800 {
		t.Errorf("%d events, want 800", got)
	}
}

func TestKindString(t *testing.T) {
	if got := trace.LookUp.String(); got != "look-up" {
		t.Errorf("LookUp.String() = %q", got)
	}
	if got := trace.Kind(200).String(); got != "?" {
		t.Errorf("Kind(200).String() = %q", got)
	}
	trace.Sink(nil).Emit(trace.Event{}) // nobody listens: nothing happens
}
