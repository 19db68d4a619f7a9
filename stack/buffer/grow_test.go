//go:build !before9

package buffer

import "testing"

// TestGrow: a buffer grows and becomes smaller again, unless its limit has been set.
func TestGrow(t *testing.T) {
	for name, b := range map[string]interface {
		SetLimit(int)
		Grow(int)
		Fixed() bool
		Limit() int
		Release()
	}{"queue": new(Queue), "chain": new(Chain)} {
		check := func(limit int, fixed bool) {
			t.Helper()
			if b.Limit() != limit || b.Fixed() != fixed {
				t.Errorf("%s: limit %d, fixed %v, not %d, %v", name, b.Limit(), b.Fixed(), limit, fixed)
			}
		}
		check(DefaultSize, false)
		b.Grow(1 << 20)
		check(1<<20, false)
		b.Grow(1000)
		check(DefaultSize, false)
		b.Grow(1 << 20)
		b.SetLimit(5000)
		check(5000, true)
		b.Grow(2 << 20)
		check(5000, true)
		b.SetLimit(0)
		check(2<<20, false)
		b.Release() // the next connection begins anew
		check(DefaultSize, false)
	}
}

// TestGivesBack: a chain that has held much and is empty keeps hardly any memory.
func TestGivesBack(t *testing.T) {
	var c Chain
	c.Grow(4 << 20)
	b := make([]byte, 64<<10)
	for c.Space() > 0 {
		c.Append(b[:1448], nil)
		c.Append(b, nil)
	}
	for c.Read(b) > 0 {
	}
	if n := c.Reserved() + cap(c.pieces); n > initial+piecesKept {
		t.Errorf("an empty chain keeps %d bytes", n)
	}
}
