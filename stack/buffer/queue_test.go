//go:build !before2

package buffer

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestQueue drives a queue and the plainest of models, a slice, through the same.
func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue
		var model []byte
		next := byte(0)
		most := 0 // that were ever in it
		limit := rapid.SampledFrom([]int{1, 3, 100, 4096, 5000, 100_000}).Draw(t, "limit")
		q.SetLimit(limit)
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if q.Len() != len(model) || q.Space() != max(0, limit-len(model)) || q.Limit() != limit {
					t.Fatalf("%d bytes, space for %d of %d; the model has %d", q.Len(), q.Space(), q.Limit(), len(model))
				}
				most = max(most, len(model))
				if q.Len() > q.Reserved() || q.Reserved() > 2*max(most, initial) {
					t.Fatalf("%d bytes in %d of memory", q.Len(), q.Reserved())
				}
			},
			"write": func(t *rapid.T) {
				p := make([]byte, rapid.IntRange(0, 3*limit/2).Draw(t, "n"))
				for i := range p {
					p[i] = next
					next++
				}
				n := q.Write(p)
				if want := min(len(p), max(0, limit-len(model))); n != want {
					t.Fatalf("took %d of %d, not %d", n, len(p), want)
				}
				next -= byte(len(p) - n)
				model = append(model, p[:n]...)
			},
			"read": func(t *rapid.T) {
				p := make([]byte, rapid.IntRange(0, limit).Draw(t, "n"))
				n := q.Read(p)
				if n != min(len(p), len(model)) || !bytes.Equal(p[:n], model[:n]) {
					t.Fatalf("read %d other bytes", n)
				}
				model = model[n:]
			},
			"peek": func(t *rapid.T) {
				from := rapid.IntRange(0, len(model)).Draw(t, "from")
				n := rapid.IntRange(0, len(model)-from).Draw(t, "n")
				a, b := q.Peek(from, n)
				if !bytes.Equal(append(bytes.Clone(a), b...), model[from:from+n]) {
					t.Fatal("peeked at other bytes")
				}
			},
			"discard": func(t *rapid.T) {
				n := rapid.IntRange(0, len(model)).Draw(t, "n")
				q.Discard(n)
				model = model[n:]
			},
			"limit": func(t *rapid.T) {
				limit = rapid.IntRange(1, 10_000).Draw(t, "limit")
				q.SetLimit(limit)
			},
		})
		q.Release()
		if q.Len() != 0 || q.Reserved() != 0 {
			t.Fatal("released, and still there")
		}
	})
}

// TestQueueMemory: little is reserved first, much is given back.
func TestQueueMemory(t *testing.T) {
	var q Queue
	if q.Limit() != DefaultSize || q.Reserved() != 0 {
		t.Errorf("a new queue: limit %d, reserved %d", q.Limit(), q.Reserved())
	}
	q.Reserve()
	if q.Reserved() != initial {
		t.Errorf("reserved %d", q.Reserved())
	}
	q.Write(make([]byte, DefaultSize+1))
	if q.Len() != DefaultSize {
		t.Errorf("took %d", q.Len())
	}
	q.Discard(DefaultSize)
	if q.Reserved() != 0 {
		t.Errorf("empty, and keeps %d", q.Reserved())
	}
}

func TestQueuePanics(t *testing.T) {
	for name, f := range map[string]func(*Queue){
		"peek":          func(q *Queue) { q.Peek(2, 2) },
		"peek before":   func(q *Queue) { q.Peek(-1, 2) },
		"discard":       func(q *Queue) { q.Discard(4) },
		"discard below": func(q *Queue) { q.Discard(-1) },
	} {
		var q Queue
		q.Write([]byte("abc"))
		if !panics(func() { f(&q) }) {
			t.Errorf("%s: no panic", name)
		}
	}
}

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return
}
