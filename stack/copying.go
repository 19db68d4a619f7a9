//go:build !before5

package stack

import (
	"io"
	"sync"
)

// copying is memory for io.Copy: as much as goes into one super-frame, and used again and again.
var copying = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// ReadFrom is part of io.ReaderFrom: io.Copy writes what it reads from r in large pieces, with memory of the stack's.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	b := copying.Get().(*[64 << 10]byte)
	defer copying.Put(b)
	n, err := io.CopyBuffer(writerOnly{c}, r, b[:])
	return n, c.opError("readfrom", err)
}

// WriteTo is part of io.WriterTo: io.Copy writes what arrives to w, with memory of the stack's, until io.EOF.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	b := copying.Get().(*[64 << 10]byte)
	defer copying.Put(b)
	n, err := io.CopyBuffer(w, readerOnly{c}, b[:])
	return n, c.opError("writeto", err)
}

// writerOnly and readerOnly hide the two methods above from io.CopyBuffer, which would call them.
type (
	writerOnly struct{ io.Writer }
	readerOnly struct{ io.Reader }
)
