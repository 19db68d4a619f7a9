//go:build !before11

package nic

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// native spells a virtio_net_hdr out in the machine's byte order.
func native(flags, kind byte, numbers ...uint16) []byte {
	b := []byte{flags, kind}
	for _, n := range numbers {
		b = binary.NativeEndian.AppendUint16(b, n)
	}
	return b
}

func TestVnetOut(t *testing.T) {
	for name, test := range map[string]struct {
		ask  buffer.Offload
		want []byte
	}{
		"nothing": {buffer.Offload{}, native(0, 0, 0, 0, 0, 0)},
		"a checksum": {
			buffer.Offload{NeedsChecksum: true, ChecksumStart: 34, ChecksumOffset: 16},
			native(1, 0, 0, 0, 34, 16),
		},
		"a checksum already verified asks for nothing": {
			buffer.Offload{ChecksumValid: true},
			native(0, 0, 0, 0, 0, 0),
		},
		"a super-frame": {
			buffer.Offload{NeedsChecksum: true, ChecksumStart: 34, ChecksumOffset: 16, SegmentSize: 1460, HeaderLen: 54},
			native(1, 1, 54, 1460, 34, 16),
		},
	} {
		got := bytes.Repeat([]byte{0xee}, vnetLen)
		putVnet(got, test.ask)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestVnetIn(t *testing.T) {
	for name, test := range map[string]struct {
		said []byte
		want buffer.Offload
	}{
		"nothing": {native(0, 0, 0, 0, 0, 0), buffer.Offload{}},
		"a frame that never left the machine": {
			native(1, 0, 66, 0, 34, 16),
			buffer.Offload{NeedsChecksum: true, ChecksumStart: 34, ChecksumOffset: 16},
		},
		"verified by the adapter": {native(2, 0, 0, 0, 0, 0), buffer.Offload{ChecksumValid: true}},
		"an unwritten checksum is not a verified one": {
			native(3, 0, 0, 0, 34, 16),
			buffer.Offload{NeedsChecksum: true, ChecksumStart: 34, ChecksumOffset: 16},
		},
		"a super-frame from the kernel": {
			native(1, 1, 66, 1448, 34, 16),
			buffer.Offload{NeedsChecksum: true, ChecksumStart: 34, ChecksumOffset: 16, SegmentSize: 1448},
		},
		"one that the adapter put together": {
			native(2, 1, 54, 1460, 0, 0),
			buffer.Offload{ChecksumValid: true, SegmentSize: 1460},
		},
		"with a congestion mark in it": {
			native(2, 0x81, 54, 1460, 0, 0),
			buffer.Offload{ChecksumValid: true, SegmentSize: 1460},
		},
	} {
		if diff := cmp.Diff(test.want, parseVnet(test.said)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// FuzzVnet: whatever ten bytes say, handing it on says the same again.
func FuzzVnet(f *testing.F) {
	f.Add(native(1, 1, 66, 1448, 34, 16))
	f.Add(native(2, 0x81, 54, 1460, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < vnetLen {
			t.Skip("shorter than the header")
		}
		once := parseVnet(b)
		var again [vnetLen]byte
		putVnet(again[:], once)
		once.ChecksumValid = false // nothing to ask for on the way out
		if diff := cmp.Diff(once, parseVnet(again[:])); diff != "" {
			t.Errorf("% x (-once +again):\n%s", b, diff)
		}
	})
}
