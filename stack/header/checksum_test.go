//go:build !before3

package header

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// naive is the sum as RFC 1071 1 describes it, word by word.
func naive(b []byte) uint16 {
	var sum uint32
	for i, v := range b {
		if i%2 == 0 {
			sum += uint32(v) << 8
		} else {
			sum += uint32(v)
		}
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// TestSum compares with the naive sum, for every length and alignment.
func TestSum(t *testing.T) {
	if got := Sum(0, []byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}); got != 0xddf2 { // RFC 1071 3
		t.Errorf("%#04x", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xff}), 0, 300).Draw(t, "b")
		from := min(len(b), rapid.IntRange(0, 9).Draw(t, "from"))
		b = b[from:]
		if got, want := Sum(0, b), naive(b); got != want {
			t.Fatalf("%#04x, not %#04x", got, want)
		}
		cut := rapid.IntRange(0, len(b)/2).Draw(t, "cut") * 2
		if got, want := Sum(Sum(0, b[:cut]), b[cut:]), naive(b); got != want {
			t.Fatalf("in two pieces %#04x, not %#04x", got, want)
		}
	})
}

// TestTCPChecksum sums segments whose payload lies in pieces of any length, odd ones too.
func TestTCPChecksum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, dst := anyAddr(t, "src"), anyAddr(t, "dst")
		h := anyTCP(t)
		n := rapid.IntRange(0, 7).Draw(t, "bytes in the segment's own memory")
		segment := make([]byte, h.Len()+n)
		h.Put(segment)
		body := [2][]byte{
			rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "first"),
			rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "second"),
		}
		SetTCPChecksum(segment, src, dst, body[0], body[1])
		whole := append(append(bytes.Clone(segment), body[0]...), body[1]...)
		if !TCPChecksumValid(whole, src, dst) {
			t.Fatal("not valid")
		}
		s, d := src.As4(), dst.As4()
		pseudo := append(append(s[:], d[:]...), 0, ProtocolTCP, byte(len(whole)>>8), byte(len(whole)))
		if sum := naive(append(pseudo, whole...)); sum != 0xffff {
			t.Fatalf("the sum of all is %#04x", sum)
		}
		// A bit that has changed shows.
		whole[rapid.IntRange(0, len(whole)-1).Draw(t, "where")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if TCPChecksumValid(whole, src, dst) {
			t.Fatal("a changed bit passes")
		}
	})
}

func BenchmarkSum(b *testing.B) {
	for name, n := range map[string]int{"1460": 1460, "64K": 64240} {
		b.Run(name, func(b *testing.B) {
			data := make([]byte, n)
			b.SetBytes(int64(n))
			for b.Loop() {
				Sum(0, data)
			}
		})
	}
}
