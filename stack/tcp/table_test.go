//go:build !before9

package tcp

import "testing"

// TestUnlistenCounts: what has happened to a listener is counted once, while it is there and when it is gone.
func TestUnlistenCounts(t *testing.T) {
	var table Table
	l := &Listener{Backlog: 1}
	table.Listen(here, l)
	l.counts[SegmentsIn] = 3
	if _, listeners, ended := table.Counted(); len(listeners) != 1 || listeners[0] != l || ended[SegmentsIn] != 0 {
		t.Errorf("%d listeners, and %d segments came to those that are gone", len(listeners), ended[SegmentsIn])
	}
	for range 2 {
		table.Unlisten(here)
		if _, listeners, ended := table.Counted(); len(listeners) != 0 || ended[SegmentsIn] != 3 {
			t.Errorf("%d listeners, and %d segments came to those that are gone", len(listeners), ended[SegmentsIn])
		}
	}
}
