//go:build !before3

package header

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Sum adds b to a ones' complement sum of 16-bit words (RFC 1071) and returns the new sum, folded to 16 bits and not yet
// complemented. An odd last byte counts as the upper half of a word, so only the last of several pieces may be odd.
//
// A sum of 64-bit words with the carry added back in, folded at the end, is the same sum (RFC 1071 2 (C)): eight bytes an
// addition.
func Sum(sum uint16, b []byte) uint16 {
	total, carry := uint64(sum), uint64(0)
	for len(b) >= 32 {
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b), carry)
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b[8:]), carry)
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b[16:]), carry)
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b[24:]), carry)
		b = b[32:]
	}
	for len(b) >= 8 {
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		total, carry = bits.Add64(total, binary.BigEndian.Uint64(rest[:]), carry)
	}
	total, carry = bits.Add64(total, 0, carry)
	return fold(total + carry)
}

// fold adds the four 16-bit words of a 64-bit sum up to one, carries included.
func fold(total uint64) uint16 {
	total = total>>32 + total&0xffffffff
	total = total>>32 + total&0xffffffff
	total = total>>16 + total&0xffff
	total = total>>16 + total&0xffff
	return uint16(total)
}

// Checksum returns the Internet checksum of b (RFC 1071): the complement of the sum. Over bytes that already hold their
// own checksum it is 0.
func Checksum(b []byte) uint16 { return ^Sum(0, b) }

// PseudoSum is the sum of the pseudo header that TCP and UDP put before their own header when they sum, and that is
// never sent (RFC 9293 3.1): the two addresses, the protocol's number, and how long header and payload are together.
func PseudoSum(src, dst netip.Addr, protocol uint8, length int) uint16 {
	s, d := src.As4(), dst.As4()
	return fold(uint64(binary.BigEndian.Uint32(s[:])) + uint64(binary.BigEndian.Uint32(d[:])) + uint64(protocol) + uint64(length))
}

// transportSum is the sum of the pseudo header, of segment, and of the further pieces that follow it.
func transportSum(src, dst netip.Addr, protocol uint8, segment []byte, body [][]byte) uint16 {
	length := len(segment)
	for _, p := range body {
		length += len(p)
	}
	sum := Sum(PseudoSum(src, dst, protocol, length), segment)
	at := len(segment)
	for _, p := range body {
		piece := Sum(0, p)
		if at%2 == 1 { // its bytes stand in the other halves of their words: so do those of its sum (RFC 1071 2 (B))
			piece = bits.ReverseBytes16(piece)
		}
		sum = fold(uint64(sum) + uint64(piece))
		at += len(p)
	}
	return sum
}
