package trace

import (
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Source is whatever has events to tell: a [Log], or a selection from one. What draws or writes events takes a Source,
// so that a whole history and a part of it are used alike.
type Source interface {
	Events() Events
}

// Log is a history: it grows at its end and nothing in it changes. Its zero value is an empty history, and its methods
// may be called from several goroutines at once. Use its Add as a stack's [Sink].
type Log struct {
	mu     sync.Mutex
	events Events // only ever appended to, so what was handed out stays true
	scales scales // what the SYNs have said: chapter 9
}

// Add puts an event at the end. It is a [Sink].
func (l *Log) Add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Frame != nil {
		e.Scale = l.scales.see(e.Frame)
	}
	l.events = append(l.events, e)
}

// Events returns what has happened so far, in order. It is not extended by what happens later.
func (l *Log) Events() Events {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clip(l.events)
}

// Len is how many events there are so far. Keep it, and [Log.Since] tells what has come after.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events)
}

// Since returns the events that came after the first n: after the moment when Len was n.
func (l *Log) Since(n int) Events {
	events := l.Events()
	return events[min(max(n, 0), len(events)):]
}

// Last returns the newest of the given kinds of event, of any kind when none is given. It is the zero Event when there
// is none.
func (l *Log) Last(kinds ...Kind) Event { return l.Events().Last(kinds...) }

// LastFrame returns the frame that was sent last, or nil when none was.
func (l *Log) LastFrame() []byte { return l.Events().LastFrame() }

// Clear forgets everything. Selections taken before keep what they have.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = nil
}

// String says how much has been recorded.
func (l *Log) String() string { return l.Events().String() }

// Events is a piece of history, in order. The methods select from it and leave it alone.
type Events []Event

// Events returns the events themselves, so that a selection is a [Source] too.
func (es Events) Events() Events { return es }

// Where returns the events for which keep says so.
func (es Events) Where(keep func(Event) bool) Events {
	var kept Events
	for _, e := range es {
		if keep(e) {
			kept = append(kept, e)
		}
	}
	return kept
}

// Of returns the events of the given kinds.
func (es Events) Of(kinds ...Kind) Events {
	return es.Where(func(e Event) bool { return slices.Contains(kinds, e.Kind) })
}

// By returns the events of one host.
func (es Events) By(host string) Events {
	return es.Where(func(e Event) bool { return e.Host == host })
}

// Named returns the events with the given name: all of Name "connect" are that request and its answer.
func (es Events) Named(name string) Events {
	return es.Where(func(e Event) bool { return e.Name == name })
}

// About returns the events that concern one descriptor.
func (es Events) About(fd int) Events {
	return es.Where(func(e Event) bool { return e.FD == fd })
}

// Hosts returns the names of the hosts in the order in which they first appear.
func (es Events) Hosts() []string {
	var hosts []string
	for _, e := range es {
		if e.Host != "" && !slices.Contains(hosts, e.Host) {
			hosts = append(hosts, e.Host)
		}
	}
	return hosts
}

// Last returns the newest event of the given kinds, or of any kind when none is given. It is the zero Event when there
// is none.
func (es Events) Last(kinds ...Kind) Event {
	for _, e := range slices.Backward(es) {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			return e
		}
	}
	return Event{}
}

// LastFrame returns the frame that was sent last, or nil when none was.
func (es Events) LastFrame() []byte { return es.Last(Send).Frame }

// Frames walks over the frames that were sent, in order.
func (es Events) Frames() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, e := range es {
			if e.Kind == Send && !yield(e.Frame) {
				return
			}
		}
	}
}

// String says how much there is: a history is drawn, not printed (package show).
func (es Events) String() string {
	return fmt.Sprintf("%d events, %d of them frames sent", len(es), len(es.Of(Send)))
}
