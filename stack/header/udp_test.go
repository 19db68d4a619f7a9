//go:build !before8

package header

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
)

var (
	udpSrc = netip.MustParseAddr("10.0.0.1")
	udpDst = netip.MustParseAddr("10.0.0.2")
)

// buildUDP makes a datagram of a header and a payload that lies in pieces.
func buildUDP(h UDP, pieces ...[]byte) []byte {
	h.Length = UDPLen
	for _, p := range pieces {
		h.Length += uint16(len(p))
	}
	b := make([]byte, UDPLen)
	h.Put(b)
	SetUDPChecksum(b, udpSrc, udpDst, pieces...)
	return append(b, bytes.Join(pieces, nil)...)
}

func TestUDPRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		a, b := make([]byte, r.IntN(40)), make([]byte, r.IntN(40))
		for i := range a {
			a[i] = byte(r.Uint32())
		}
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		h := UDP{SrcPort: uint16(r.Uint32()), DstPort: uint16(r.Uint32())}
		datagram := buildUDP(h, a, b)
		if !UDPChecksumValid(datagram, udpSrc, udpDst) {
			t.Fatalf("the checksum of %x is not valid", datagram)
		}
		got, payload, err := ParseUDP(datagram)
		if err != nil || got.SrcPort != h.SrcPort || got.DstPort != h.DstPort || int(got.Length) != len(datagram) ||
			!bytes.Equal(payload, append(a, b...)) {
			t.Fatalf("%x: %+v %x, %v", datagram, got, payload, err)
		}
		if i := r.IntN(len(datagram)); i/2 != UDPChecksumOffset/2 {
			datagram[i] ^= 1 << r.IntN(8)
			if UDPChecksumValid(datagram, udpSrc, udpDst) {
				t.Fatalf("one bit of %x is wrong, and the checksum is valid", datagram)
			}
		}
	}
}

// TestUDPKnown compares with the bytes and the sum that RFC 768 asks for.
func TestUDPKnown(t *testing.T) {
	payload, _ := hex.DecodeString("1a2b01000001000000000000037777770474657374000001" + "0001")
	b := buildUDP(UDP{SrcPort: 50000, DstPort: 53}, payload)
	if want := "c3500035" + "0022"; hex.EncodeToString(b[:6]) != want {
		t.Errorf("header %x, want %s and the checksum", b[:UDPLen], want)
	}
	// The sum of RFC 768, word by word and by hand.
	sum := 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17 + len(b)
	for i := 0; i < len(b); i += 2 {
		if i != UDPChecksumOffset {
			sum += int(binary.BigEndian.Uint16(b[i:]))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	if got := binary.BigEndian.Uint16(b[UDPChecksumOffset:]); got != ^uint16(sum) {
		t.Errorf("checksum %04x, want %04x", got, ^uint16(sum))
	}
}

// TestUDPZeroChecksum is RFC 768's two cases: none, and one that comes out as zero.
func TestUDPZeroChecksum(t *testing.T) {
	b := make([]byte, UDPLen+2)
	h := UDP{SrcPort: 1, DstPort: 2, Length: uint16(len(b))}
	h.Put(b)
	if !UDPChecksumValid(b, udpSrc, udpDst) {
		t.Error("a datagram without a checksum is not taken")
	}
	// A payload that makes the sum 0xffff, and so the checksum 0.
	binary.BigEndian.PutUint16(b[UDPLen:], ^Sum(PseudoSum(udpSrc, udpDst, ProtocolUDP, len(b)), b))
	SetUDPChecksum(b, udpSrc, udpDst)
	if got := binary.BigEndian.Uint16(b[UDPChecksumOffset:]); got != 0xffff {
		t.Errorf("a checksum of zero was written as %#04x", got)
	}
	if !UDPChecksumValid(b, udpSrc, udpDst) {
		t.Error("… and is not valid")
	}
}

func TestUDPMalformed(t *testing.T) {
	for _, c := range []struct {
		datagram string
		want     error
	}{
		{"", ErrShort},
		{"00010002000800", ErrShort},
		{"0001000200070000", ErrInvalid},     // shorter than its own header
		{"000100020009000000", nil},          // one byte
		{"0001000200090000", ErrShort},       // one byte that is not there
		{"00010002000900000000000000", nil},  // padding behind it
		{"0001000200000000ffff", ErrInvalid}, // IPv6's jumbograms have no place here
	} {
		b, err := hex.DecodeString(c.datagram)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ParseUDP(b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.datagram, err, c.want)
		}
	}
}

func FuzzParseUDP(f *testing.F) {
	f.Add(buildUDP(UDP{SrcPort: 1, DstPort: 2}, []byte("hello")))
	f.Add([]byte{0, 1, 0, 2, 0, 9, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseUDP(b)
		if err != nil {
			if !errors.Is(err, ErrShort) && !errors.Is(err, ErrInvalid) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if len(payload) != int(h.Length)-UDPLen || cap(payload) != len(payload) {
			t.Fatalf("%d bytes of payload, room for %d, length %d", len(payload), cap(payload), h.Length)
		}
		again := buildUDP(h, payload)
		if got, _, err := ParseUDP(again); err != nil || got.SrcPort != h.SrcPort || got.DstPort != h.DstPort || got.Length != h.Length {
			t.Fatalf("%+v became %+v, %v", h, got, err)
		}
	})
}
