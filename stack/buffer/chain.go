//go:build !before2

package buffer

import (
	"slices"
	"sync"
)

// Holder is the memory that bytes lie in, when somebody else might reuse it. A Packet is one.
type Holder interface {
	Retain()
	Release()
	Cap() int // how much memory that is
}

// Chain is a queue of bytes that are not copied in: they stay in the packets in which they arrived, until they are
// read. Bytes that fill only a small part of their packet's memory are copied after all, so that a chain never occupies
// more than a few times what it holds. The zero value is empty and holds up to [DefaultSize].
type Chain struct {
	pieces []piece
	large  *[]piece // when pieces is a long list: its place in lists, where the short one waits meanwhile
	first  int      // pieces before this one have been read
	size   int
	limit  int
	grown  int    // the limit when none is set, if more than DefaultSize: chapter 9
	own    []byte // the free rest of the memory into which small pieces are copied
	held   int    // bytes of memory that the pieces occupy
}

// piecesKept is how many pieces an empty chain keeps room for. One that holds more uses a long list, and gives it back.
const piecesKept = 16

type piece struct {
	b      []byte
	holder Holder // nil: b is part of the chain's own memory
}

// SetLimit says how many bytes the chain should hold; whoever appends looks at Space. 0 means [DefaultSize].
func (c *Chain) SetLimit(n int) { c.limit = n }

// Limit is how many bytes the chain should hold.
func (c *Chain) Limit() int {
	if c.limit == 0 {
		return max(DefaultSize, c.grown)
	}
	return c.limit
}

// Len is how many bytes wait in the chain.
func (c *Chain) Len() int { return c.size }

// Space is how many more bytes it should hold.
func (c *Chain) Space() int { return max(0, c.Limit()-c.size) }

// Reserved is how many bytes of memory the chain occupies now.
func (c *Chain) Reserved() int { return c.held + cap(c.own) }

// Reserve takes the first piece of memory before there is anything to put into it.
func (c *Chain) Reserve() {
	if c.own == nil {
		c.own = make([]byte, 0, min(initial, c.Limit()))
	}
}

// Append adds b at the end. Where that is worth while b is not copied but kept, and h retained; h may be nil, and b is
// then always copied.
func (c *Chain) Append(b []byte, h Holder) {
	if len(b) == 0 {
		return
	}
	c.size += len(b)
	if h != nil && 4*len(b) >= h.Cap() {
		h.Retain()
		c.held += h.Cap()
		c.push(piece{b, h})
		return
	}
	for len(b) > 0 {
		if len(c.own) == cap(c.own) {
			c.own = make([]byte, 0, max(initial, len(b)))
		}
		n := min(len(b), cap(c.own)-len(c.own))
		at := len(c.own)
		c.own = append(c.own, b[:n]...)
		c.extend(c.own[at:])
		b = b[n:]
	}
}

// extend adds a piece of the chain's own memory, to the last piece if it continues that.
func (c *Chain) extend(b []byte) {
	if last := len(c.pieces) - 1; last >= c.first && c.pieces[last].holder == nil {
		p := &c.pieces[last]
		if len(p.b) < cap(p.b) && &p.b[:len(p.b)+1][len(p.b)] == &b[0] {
			p.b = p.b[:len(p.b)+len(b)]
			return
		}
	}
	c.push(piece{b: b})
}

func (c *Chain) push(p piece) {
	if len(c.pieces) == cap(c.pieces) {
		c.makeRoom()
	}
	c.pieces = append(c.pieces, p)
}

// makeRoom is push when there is no room for one more piece.
func (c *Chain) makeRoom() {
	if c.first > len(c.pieces)/2 { // else growing is cheaper in the long run
		c.pieces = slices.Delete(c.pieces, 0, c.first)
		c.first = 0
	} else if c.large == nil && len(c.pieces) >= piecesKept {
		l, ok := lists.Get().(*[]piece)
		if !ok {
			l = new([]piece)
		}
		long := append(*l, c.pieces[c.first:]...)
		clear(c.pieces)
		*l = c.pieces[:0]
		c.pieces, c.first, c.large = long, 0, l
	}
}

// lists are long lists of pieces, empty, that nobody needs at the moment: see rings.
var lists sync.Pool

// giveBack changes the long list, which is empty, for the short one.
func (c *Chain) giveBack() {
	l := c.large
	c.pieces, *l = *l, c.pieces[:0]
	c.large = nil
	lists.Put(l)
}

// Read takes up to len(p) of the first bytes into p, and returns how many: the one copy on the way up.
func (c *Chain) Read(p []byte) int {
	done := 0
	for done < len(p) && c.first < len(c.pieces) {
		at := &c.pieces[c.first]
		n := copy(p[done:], at.b)
		done += n
		at.b = at.b[n:]
		if len(at.b) > 0 {
			break
		}
		c.drop(at)
	}
	c.size -= done
	if c.size == 0 {
		c.pieces, c.first = c.pieces[:0], 0
		c.own = c.own[:0] // nothing points into it any more: use it from the front again
		if c.large != nil {
			c.giveBack()
		}
		if cap(c.own) > initial {
			c.own = nil
		}
	}
	return done
}

// drop lets go of the first piece.
func (c *Chain) drop(at *piece) {
	if at.holder != nil {
		c.held -= at.holder.Cap()
		at.holder.Release()
	}
	*at = piece{}
	c.first++
}

// Release gives all memory back, and drops what waits.
func (c *Chain) Release() {
	for c.first < len(c.pieces) {
		c.drop(&c.pieces[c.first])
	}
	if c.large != nil {
		c.giveBack()
	}
	*c = Chain{limit: c.limit}
}
