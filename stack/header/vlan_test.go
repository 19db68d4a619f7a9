//go:build !before7

package header

import (
	"bytes"
	"errors"
	"testing"

	"github.com/mdlayher/ethernet"
)

func FuzzVLAN(f *testing.F) {
	b := make([]byte, 60)
	(&Ethernet{Type: EtherTypeIPv4}).PutVLAN(b, VLAN{Priority: 5, DropEligible: true, ID: 100})
	f.Add(b)
	f.Add(b[:17])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, tag, payload, err := ParseVLAN(b)
		if err != nil {
			refusal(t, err)
			return
		}
		again := make([]byte, EthernetLen+VLANLen)
		h.PutVLAN(again, tag)
		if !bytes.Equal(append(again, payload...), b) {
			t.Errorf("%x became %x", b, again)
		}
		if _, _, err := ParseEthernet(b); !errors.Is(err, ErrInvalid) {
			t.Errorf("a frame with a tag, where there is no VLAN: %v", err)
		}
	})
}

// TestVLANOracle compares with github.com/mdlayher/ethernet.
func TestVLANOracle(t *testing.T) {
	for id := range uint16(4096) {
		for _, bits := range []uint16{0, 0x1000, 0xe000, 0xb000} {
			h := Ethernet{Dst: MAC{1}, Src: MAC{2}, Type: EtherTypeARP}
			tag := VLAN{Priority: uint8(bits >> 13), DropEligible: bits&0x1000 != 0, ID: id}
			b := make([]byte, 60)
			h.PutVLAN(b, tag)
			got, gotTag, _, err := ParseVLAN(b)
			var f ethernet.Frame
			theirs := f.UnmarshalBinary(b)
			if (err == nil) != (theirs == nil) || (err == nil) != (id <= MaxVLAN) {
				t.Fatalf("VLAN %d: %v, the library: %v", id, err, theirs)
			}
			if err != nil {
				continue
			}
			if got != h || gotTag != tag || f.VLAN == nil || f.VLAN.ID != id || uint8(f.VLAN.Priority) != tag.Priority || f.VLAN.DropEligible != tag.DropEligible {
				t.Fatalf("%+v %+v, the library %+v", got, gotTag, f.VLAN)
			}
		}
	}
}
