//go:build !before3

package buffer

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestPacket pushes and pulls, puts and trims, beside a slice that does the same.
func TestPacket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 100
		p := New(size)
		var model []byte
		front, back := Headroom, size // room left
		fill := func(b []byte) { copy(b, rapid.SliceOfN(rapid.Byte(), len(b), len(b)).Draw(t, "b")) }
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if !bytes.Equal(p.Bytes(), model) || p.Len() != len(model) || len(p.Room()) != back || p.Cap() != Headroom+size {
					t.Fatalf("%x, not %x", p.Bytes(), model)
				}
			},
			"push": func(t *rapid.T) {
				n := rapid.IntRange(0, front+1).Draw(t, "n")
				if n > front {
					if !panics(func() { p.Push(n) }) {
						t.Fatal("pushed beyond the headroom")
					}
					return
				}
				b := p.Push(n)
				fill(b)
				model = append(bytes.Clone(b), model...)
				front -= n
			},
			"pull": func(t *rapid.T) {
				n := rapid.IntRange(0, len(model)+1).Draw(t, "n")
				b := p.Pull(n)
				if n > len(model) {
					if b != nil {
						t.Fatal("pulled what is not there")
					}
					return
				}
				if !bytes.Equal(b, model[:n]) {
					t.Fatal("pulled other bytes")
				}
				model = model[n:]
				front += n
			},
			"put": func(t *rapid.T) {
				n := rapid.IntRange(0, back+1).Draw(t, "n")
				if n > back {
					if !panics(func() { p.Put(n) }) {
						t.Fatal("put beyond the memory")
					}
					return
				}
				b := p.Put(n)
				fill(b)
				model = append(bytes.Clone(model), b...)
				back -= n
			},
			"trim": func(t *rapid.T) {
				n := rapid.IntRange(0, len(model)+1).Draw(t, "n")
				if p.Trim(n) != (n <= len(model)) {
					t.Fatal("trim")
				}
				if n <= len(model) {
					model = model[:len(model)-n]
					back += n
				}
			},
		})
	})
}

// TestOffload: what the adapter is asked for moves along with the packet's front.
func TestOffload(t *testing.T) {
	p := New(0)
	p.Push(20)
	p.Offload = Offload{NeedsChecksum: true, ChecksumOffset: 16, SegmentSize: 1000, HeaderLen: 20}
	p.Push(20)
	p.Push(14)
	if o := p.Offload; o.ChecksumStart != 34 || o.ChecksumOffset != 16 || o.HeaderLen != 54 {
		t.Errorf("on the way down %+v", o)
	}
	p.Pull(34)
	if o := p.Offload; o.ChecksumStart != 0 || o.HeaderLen != 20 {
		t.Errorf("on the way up %+v", o)
	}
	p.Offload = Offload{}
	p.Push(5)
	if p.Offload != (Offload{}) {
		t.Errorf("asked for nothing, and got %+v", p.Offload)
	}
}

// TestClone has the bytes of the packet and of its body, in memory of its own.
func TestClone(t *testing.T) {
	p := New(10)
	copy(p.Put(2), "ab")
	p.Body = [2][]byte{[]byte("cd"), []byte("e")}
	p.Offload.NeedsChecksum = true
	c := p.Clone()
	if string(c.Bytes()) != "abcde" || c.Len() != 5 || p.Len() != 5 || c.Offload != p.Offload {
		t.Errorf("%q", c.Bytes())
	}
	c.Bytes()[0] = 'x'
	if string(p.Bytes()) != "ab" {
		t.Error("the clone's memory is the original's")
	}
	c.Push(Headroom) // it has one of its own
}

// TestPool: a packet goes back when the last holder has released it, and comes out as new.
func TestPool(t *testing.T) {
	pool := Pool{Size: 50}
	p := pool.Get()
	if len(p.Room()) != 50 {
		t.Errorf("room for %d", len(p.Room()))
	}
	if got := len(new(Pool).Get().Room()); got != 1518 {
		t.Errorf("room for %d", got)
	}
	p.Put(7)
	p.Body[0] = []byte("x")
	p.Offload.ChecksumValid = true
	p.Retain()
	p.Release()
	if p.Len() != 8 {
		t.Error("gone too early")
	}
	p.Release()
	if p.Body[0] != nil {
		t.Error("a packet in the pool keeps its body's memory alive")
	}
	if !panics(p.Release) {
		t.Error("released once too often, and nothing was said")
	}
	p.Reset()
	if p.Len() != 0 || p.Offload != (Offload{}) || len(p.Room()) != 50 {
		t.Errorf("not as new: %+v", p)
	}
}

// TestFrom wraps bytes as they are.
func TestFrom(t *testing.T) {
	b := []byte("abc")
	p := From(b)
	if &p.Bytes()[0] != &b[0] || len(p.Room()) != 0 || !panics(func() { p.Push(1) }) {
		t.Error("not the bytes themselves")
	}
	p.Release()
}
