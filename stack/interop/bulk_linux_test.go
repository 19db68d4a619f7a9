//go:build !before11

package interop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// pattern is the bytes that every transfer carries, over and over. Its length has no divisor that a segment or a buffer
// has, so bytes in a wrong place are wrong bytes.
var pattern = sync.OnceValue(func() []byte {
	p := make([]byte, 2*(1<<20-3)) // twice, so that a piece need not stop at the end
	g := rand.NewChaCha8([32]byte{1})
	g.Read(p[:len(p)/2])
	copy(p[len(p)/2:], p)
	return p
})

const piece = 256 << 10

// send sends n bytes of the pattern.
func send(w io.Writer, n int64) error {
	p := pattern()
	period := int64(len(p) / 2)
	for at := int64(0); at < n; {
		from := at % period
		m, err := w.Write(p[from : from+min(piece, n-at)])
		at += int64(m)
		if err != nil {
			return fmt.Errorf("sending, after %d bytes of %d: %w", at, n, err)
		}
	}
	return nil
}

// receive reads n bytes and compares them with the pattern.
func receive(r io.Reader, n int64) error {
	p, b := pattern(), make([]byte, piece)
	period := int64(len(p) / 2)
	for at := int64(0); at < n; {
		m, err := r.Read(b[:min(piece, n-at)])
		from := at % period
		if want := p[from : from+int64(m)]; !bytes.Equal(b[:m], want) {
			i := 0
			for b[i] == want[i] {
				i++
			}
			return fmt.Errorf("byte %d of %d is wrong", at+int64(i), n)
		}
		at += int64(m)
		if err != nil && at < n {
			return fmt.Errorf("receiving, after %d bytes of %d: %w", at, n, err)
		}
	}
	return nil
}

// end reads the end of the stream.
func end(r io.Reader) error {
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return fmt.Errorf("%d bytes and %v where the end should be", n, err)
	}
	return nil
}

// half is a connection whose directions end one by one.
type half interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// way is which way bytes go.
type way string

const (
	out  way = "out"
	in   way = "in"
	both way = "both ways"
)

var ways = []way{out, in, both}

// transfer sends n bytes the way it says, ends both directions, and reads both ends.
func transfer(ours, kernels half, w way, n int64) error {
	outN, inN := n, n
	switch w {
	case out:
		inN = 0
	case in:
		outN = 0
	}
	var group sync.WaitGroup
	errs := make([]error, 4)
	work := func(i int, name string, c half, do func(half) error) {
		group.Go(func() {
			if err := do(c); err != nil {
				errs[i] = fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	sending := func(n int64) func(half) error {
		return func(c half) error { return errors.Join(send(c, n), c.CloseWrite()) }
	}
	receiving := func(n int64) func(half) error {
		return func(c half) error {
			if err := receive(c, n); err != nil {
				return err
			}
			return end(c)
		}
	}
	work(0, "ours", ours, sending(outN))
	work(1, "the kernel's", kernels, receiving(outN))
	work(2, "the kernel's", kernels, sending(inN))
	work(3, "ours", ours, receiving(inN))
	group.Wait()
	return errors.Join(errs...)
}

// TestBulk sends much, one way and both ways at once, in either role.
func TestBulk(t *testing.T) {
	for _, who := range roles {
		for _, w := range ways {
			t.Run(string(who)+"/"+string(w), func(t *testing.T) {
				if bulk < 64<<20 { // otherwise one after the other, each as fast as it can be
					t.Parallel()
				}
				r := newRoom(t, setting{unseen: bulk > 64<<20})
				ours, kernels := r.connect(who)
				began := time.Now()
				if err := transfer(ours, kernels, w, int64(bulk)); err != nil {
					t.Error(err)
				}
				took := time.Since(began)
				t.Logf("%d bytes in %v: %.0f MB/s", bulk, took.Round(time.Millisecond), float64(bulk)/1e6/took.Seconds())
			})
		}
	}
}
