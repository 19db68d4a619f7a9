//go:build !before3

package header

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTCPOptions(t *testing.T) {
	stamps := Timestamps{0x01020304, 0xfffefdfc}
	blocks := []Block{{100, 200}, {0xfffffff0, 7}}
	var b []byte
	b = AppendMSS(b, 1460)
	b = AppendSACKPermitted(b)
	b = AppendTimestamps(b, stamps)
	b = AppendWindowScale(b, 7)
	if len(b) != 20 || !OptionsValid(b) {
		t.Fatalf("% x", b)
	}
	if got, ok := ParseTimestamps(b); !ok || got != stamps {
		t.Error(got, ok)
	}
	if got, ok := WindowScale(b); !ok || got != 7 {
		t.Error(got, ok)
	}
	if !SACKPermitted(b) {
		t.Error("SACK-permitted is not seen")
	}
	var got [SACKBlocks]Block
	if n := ParseSACK(b, &got); n != 0 {
		t.Error(n)
	}
	alone := AppendTimestamps(nil, stamps)
	if got, ok := ParseTimestamps(alone); !ok || got != stamps {
		t.Error(got, ok)
	}
	b = AppendSACK(alone, blocks)
	if n := ParseSACK(b, &got); n != 2 {
		t.Error(n)
	} else if d := cmp.Diff(blocks, got[:n]); d != "" {
		t.Error(d)
	}
	if _, ok := ParseTimestamps(b); !ok {
		t.Error("the timestamps before the SACK option are not seen")
	}
	// What has the wrong length is not there.
	for _, raw := range [][]byte{{3, 2, 0, 0}, {4, 3, 0, 0}, {8, 4, 1, 1}, {5, 6, 1, 1, 1, 1}, {}} {
		_, scale := WindowScale(raw)
		_, ts := ParseTimestamps(raw)
		if scale || ts || SACKPermitted(raw) || ParseSACK(raw, &got) != 0 {
			t.Errorf("% x is taken for an option", raw)
		}
	}
}
