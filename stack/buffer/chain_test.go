//go:build !before2

package buffer

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// holder counts who holds it.
type holder struct{ size, holders int }

func (h *holder) Retain()  { h.holders++ }
func (h *holder) Release() { h.holders-- }
func (h *holder) Cap() int { return h.size }

// TestChain drives a chain and a slice through the same, and sees that every holder is let go in the end.
func TestChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Chain
		var model []byte
		var holders []*holder
		next := byte(0)
		c.SetLimit(1000)
		check := func(t *rapid.T) {
			if c.Len() != len(model) || c.Space() != max(0, 1000-len(model)) {
				t.Fatalf("%d bytes, the model has %d", c.Len(), len(model))
			}
			if c.Reserved() > 4*c.Len()+2*initial+1000 {
				t.Fatalf("%d bytes of memory for %d", c.Reserved(), c.Len())
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": check,
			"append": func(t *rapid.T) {
				p := make([]byte, rapid.IntRange(0, 200).Draw(t, "n"))
				for i := range p {
					p[i] = next
					next++
				}
				model = append(model, p...)
				if rapid.Bool().Draw(t, "held") {
					h := &holder{size: rapid.IntRange(len(p), 2000).Draw(t, "size"), holders: 1}
					holders = append(holders, h)
					c.Append(p, h)
					if (h.holders > 1) != (len(p) > 0 && 4*len(p) >= h.size) {
						t.Fatalf("%d bytes of %d: %d holders", len(p), h.size, h.holders)
					}
					h.Release() // the chain's claim is its own
					if h.holders == 0 {
						clear(p) // it was copied
					}
				} else {
					c.Append(p, nil)
					clear(p)
				}
			},
			"read": func(t *rapid.T) {
				p := make([]byte, rapid.IntRange(0, 300).Draw(t, "n"))
				n := c.Read(p)
				if n != min(len(p), len(model)) || !bytes.Equal(p[:n], model[:n]) {
					t.Fatalf("read %d other bytes", n)
				}
				model = model[n:]
			},
		})
		c.Release()
		if c.Len() != 0 || c.Reserved() != 0 || c.Limit() != 1000 {
			t.Fatal("released, and still there")
		}
		for _, h := range holders {
			if h.holders != 0 {
				t.Fatalf("%d holders in the end", h.holders)
			}
		}
	})
}

func TestChainReserve(t *testing.T) {
	var c Chain
	c.Reserve()
	c.Reserve()
	if c.Reserved() != initial || c.Len() != 0 || c.Limit() != DefaultSize {
		t.Errorf("reserved %d, limit %d", c.Reserved(), c.Limit())
	}
}
