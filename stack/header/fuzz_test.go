//go:build !before3

package header

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
)

// Whatever arrives, no parser panics; what it accepts it builds again to the same bytes; what it refuses it says why.

func refusal(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrShort) && !errors.Is(err, ErrInvalid) {
		t.Errorf("a refusal of neither kind: %v", err)
	}
}

func FuzzEthernet(f *testing.F) {
	f.Add(make([]byte, 14))
	f.Add(append(make([]byte, 12), 0x81, 0, 0, 1, 8, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseEthernet(b)
		if err != nil {
			refusal(t, err)
			return
		}
		again := make([]byte, EthernetLen)
		h.Put(again)
		if !bytes.Equal(append(again, payload...), b) {
			t.Errorf("%x became %x", b, again)
		}
	})
}

func FuzzIPv4(f *testing.F) {
	b := make([]byte, 24)
	(&IPv4{TotalLen: 24, Src: netip.IPv4Unspecified(), Dst: netip.IPv4Unspecified(), Options: []byte{1, 1, 1, 0}}).Put(b)
	f.Add(b)
	f.Add(b[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseIPv4(b)
		if err != nil {
			refusal(t, err)
			return
		}
		if h.Len()+len(payload) != int(h.TotalLen) {
			t.Errorf("%d + %d bytes of %d", h.Len(), len(payload), h.TotalLen)
		}
		again := make([]byte, h.Len())
		h.Put(again)
		want := bytes.Clone(b[:h.Len()])
		want[6] &^= 0x80                          // the reserved bit is not kept
		want[10], want[11] = again[10], again[11] // … so that the sum may differ
		if !bytes.Equal(again, want) {
			t.Errorf("%x became %x", want, again)
		}
	})
}

func FuzzTCP(f *testing.F) {
	b := make([]byte, 24)
	(&TCP{Flags: SYN, Options: []byte{2, 4, 5, 0xb4}}).Put(b)
	f.Add(b)
	f.Add(b[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseTCP(b)
		if err != nil {
			refusal(t, err)
			return
		}
		again := make([]byte, h.Len())
		h.Put(again)
		want := bytes.Clone(b)
		want[12] &= 0xf0 // reserved bits
		want[16], want[17] = 0, 0
		if !bytes.Equal(append(again, payload...), want) {
			t.Errorf("%x became %x", want, again)
		}
		fuzzOptions(t, h.Options)
	})
}

func FuzzOptions(f *testing.F) {
	f.Add([]byte{2, 4, 5, 0xb4, 1, 3, 3, 7})
	f.Add([]byte{2, 0})
	f.Fuzz(fuzzOptions)
}

// fuzzOptions walks a list: every step takes something off, and all options together are no more than the list.
func fuzzOptions(t *testing.T, b []byte) {
	kind, value, rest, ok, bad := NextOption(b)
	left := len(b)
	for ; ok; kind, value, rest, ok, bad = NextOption(rest) {
		if kind == OptionEnd || kind == OptionNoOp || len(rest)+len(value)+2 > left {
			t.Fatalf("kind %d with %d bytes of %d, %d rest", kind, len(value), left, len(rest))
		}
		left = len(rest)
	}
	if bad == OptionsValid(b) {
		t.Errorf("%x: bad %v, valid %v", b, bad, OptionsValid(b))
	}
}

func FuzzARP(f *testing.F) {
	b := make([]byte, ARPLen)
	(&ARP{Operation: ARPReply, SenderIP: netip.IPv4Unspecified(), TargetIP: netip.IPv4Unspecified()}).Put(b)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseARP(b)
		if err != nil {
			refusal(t, err)
			return
		}
		again := make([]byte, ARPLen)
		a.Put(again)
		if !bytes.Equal(again, b[:ARPLen]) {
			t.Errorf("%x became %x", b, again)
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add(make([]byte, 60))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseFrame(b); err != nil {
			refusal(t, err)
		}
	})
}
