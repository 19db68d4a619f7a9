//go:build !before9

package buffer

// Who sees what a connection needs lets its buffers grow: Grow says how many bytes the buffer may hold from now on, if that
// is more than [DefaultSize]. A limit that SetLimit has set stays; Fixed says whether there is one.

// Grow lets the queue hold n bytes, more than before or fewer; bytes it holds already stay.
func (q *Queue) Grow(n int) { q.grown = n }

// Fixed says whether SetLimit has set a limit.
func (q *Queue) Fixed() bool { return q.limit != 0 }

// Grow lets the chain hold n bytes, more than before or fewer; bytes it holds already stay.
func (c *Chain) Grow(n int) { c.grown = n }

// Fixed says whether SetLimit has set a limit.
func (c *Chain) Fixed() bool { return c.limit != 0 }
