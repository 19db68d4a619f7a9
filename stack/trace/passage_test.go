package trace_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/trace"
)

func TestPassages(t *testing.T) {
	a, b := []byte("a"), []byte("b")
	send := func(host string, frame []byte) trace.Event {
		return trace.Event{Host: host, Kind: trace.Send, Frame: frame}
	}
	receive := func(host string, frame []byte) trace.Event {
		return trace.Event{Host: host, Kind: trace.Receive, Frame: frame}
	}
	lost := func(host string, frame []byte) trace.Event {
		return trace.Event{Host: host, Kind: trace.Lost, Frame: frame}
	}
	for _, c := range []struct {
		name   string
		events trace.Events
		want   []trace.Passage
	}{
		{"one arrives", trace.Events{send("x", a), receive("y", a)},
			[]trace.Passage{{a, 0, []int{1}, -1, 0}}},
		{"two cross", trace.Events{send("x", a), send("y", b), receive("y", a), receive("x", b)},
			[]trace.Passage{{a, 0, []int{2}, -1, 0}, {b, 1, []int{3}, -1, 0}}},
		{"the same from both sides", trace.Events{send("x", a), send("y", a), receive("y", a), receive("x", a)},
			[]trace.Passage{{a, 0, []int{2}, -1, 0}, {a, 1, []int{3}, -1, 0}}},
		{"lost, and sent again", trace.Events{send("x", a), lost("x", a), send("x", a), receive("y", a)},
			[]trace.Passage{{a, 0, nil, 1, 0}, {a, 2, []int{3}, -1, 0}}},
		{"the second is lost", trace.Events{send("x", a), receive("y", a), send("x", a), lost("", a)},
			[]trace.Passage{{a, 0, []int{1}, -1, 0}, {a, 2, nil, 3, 0}}},
		{"twice sent, twice received", trace.Events{send("x", a), send("x", a), receive("y", a), receive("y", a)},
			[]trace.Passage{{a, 0, []int{2}, -1, 0}, {a, 1, []int{3}, -1, 0}}},
		{"doubled by the cable", trace.Events{send("x", a), receive("y", a), receive("y", a)},
			[]trace.Passage{{a, 0, []int{1, 2}, -1, 0}}},
		{"heard by two", trace.Events{send("x", a), receive("y", a), receive("z", a)},
			[]trace.Passage{{a, 0, []int{1, 2}, -1, 0}}},
		{"from a stranger", trace.Events{receive("x", a), send("x", b)},
			[]trace.Passage{{a, -1, []int{0}, -1, 0}, {b, 1, nil, -1, 0}}},
		{"lost, of two that look alike the sender's", trace.Events{send("x", a), send("y", a), lost("y", a)},
			[]trace.Passage{{a, 0, nil, -1, 0}, {a, 1, nil, 2, 0}}},
		{"lost without having been sent", trace.Events{lost("x", a)}, nil},
	} {
		if diff := cmp.Diff(c.want, c.events.Passages()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
