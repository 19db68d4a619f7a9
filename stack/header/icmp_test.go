//go:build !before7

package header

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"testing"
)

func buildICMP(h ICMP, payload []byte) []byte {
	b := make([]byte, ICMPLen, ICMPLen+len(payload))
	h.Put(b)
	b = append(b, payload...)
	SetICMPChecksum(b)
	return b
}

func TestICMPRoundTrip(t *testing.T) {
	for _, h := range []ICMP{
		{Type: ICMPEchoRequest, ID: 7, Seq: 1},
		{Type: ICMPUnreachable, Code: UnreachableFragment, Seq: 1400},
	} {
		for _, payload := range []string{"", "x", "some data"} {
			b := buildICMP(h, []byte(payload))
			got, rest, err := ParseICMP(b)
			got.Checksum = 0
			if err != nil || got != h || string(rest) != payload {
				t.Errorf("%x: %+v %q, %v", b, got, rest, err)
			}
			b[1] ^= 0x10
			if _, _, err := ParseICMP(b); !errors.Is(err, ErrInvalid) {
				t.Errorf("one bit is wrong, and the error is %v", err)
			}
		}
	}
	// An echo request as ping sends it: the checksum by hand.
	want := "0800f7fd" + "00010001"
	if got := hex.EncodeToString(buildICMP(ICMP{Type: ICMPEchoRequest, ID: 1, Seq: 1}, nil)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestICMPErrors(t *testing.T) {
	for kind := range 256 {
		h := ICMP{Type: uint8(kind)}
		if want := kind == 3 || kind == 4 || kind == 5 || kind == 11 || kind == 12; h.IsError() != want {
			t.Errorf("type %d: IsError is %v", kind, !want)
		}
	}
}

func TestParseQuote(t *testing.T) {
	h := IPv4{TotalLen: 1500, TTL: 3, Protocol: ProtocolUDP, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2")}
	b := make([]byte, IPv4Len, 40)
	h.Put(b)
	b = append(b, "12345678"...)
	b[8] = 0 // a router has counted it down, and left the checksum as it was
	got, start, err := ParseQuote(b)
	if err != nil || got.Src != h.Src || got.Dst != h.Dst || got.Protocol != h.Protocol || got.TotalLen != 1500 || string(start) != "12345678" {
		t.Errorf("%+v %q, %v", got, start, err)
	}
	if _, _, err := ParseQuote(b[:27]); !errors.Is(err, ErrShort) {
		t.Errorf("27 bytes: %v", err)
	}
	b[0] = 6<<4 | 5
	if _, _, err := ParseQuote(b); !errors.Is(err, ErrInvalid) {
		t.Errorf("version 6: %v", err)
	}
	b[0] = 4<<4 | 6 // four bytes of options take the place of half the ports
	if _, _, err := ParseQuote(b); !errors.Is(err, ErrShort) {
		t.Errorf("options: %v", err)
	}
}

func FuzzParseICMP(f *testing.F) {
	f.Add(buildICMP(ICMP{Type: ICMPEchoRequest, ID: 7, Seq: 1}, []byte("data")))
	f.Add(buildICMP(ICMP{Type: ICMPUnreachable, Code: UnreachablePort}, bytes.Repeat([]byte{0x45}, 28)))
	f.Fuzz(func(t *testing.T, b []byte) {
		ParseQuote(b)
		h, payload, err := ParseICMP(b)
		if err != nil {
			if !errors.Is(err, ErrShort) && !errors.Is(err, ErrInvalid) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		again, rest, err := ParseICMP(buildICMP(h, payload))
		h.Checksum, again.Checksum = 0, 0 // 0 and 0xffff are the same number
		if err != nil || again != h || !bytes.Equal(rest, payload) {
			t.Fatalf("%+v became %+v, %v", h, again, err)
		}
	})
}
