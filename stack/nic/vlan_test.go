//go:build !before7

package nic

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// TestVLAN: on one cable are frames of two VLANs and of none; each adapter gets its own, as they were before the tag.
func TestVLAN(t *testing.T) {
	now := time.Duration(0)
	info := func(n byte) Info {
		return Info{Name: "eth0", Address: net.HardwareAddr{2, 0, 0, 0, 0, n}, MTU: 1500, Checksum: true, SegmentMax: 1 << 16}
	}
	cable := NewCable(func() time.Duration { return now }, info(1), info(2))
	a, b := cable.Ends()
	seven, err := NewVLAN(a, 7)
	if err != nil {
		t.Fatal(err)
	}
	eight, _ := NewVLAN(a, 8)
	there, _ := NewVLAN(b, 7)
	if i := there.Info(); i.Name != "eth0.7" || i.Checksum || i.SegmentMax != 0 || i.MTU != 1500 {
		t.Errorf("%+v", i)
	}
	frame := make([]byte, 1514)
	h := header.Ethernet{Dst: header.MAC{2, 0, 0, 0, 0, 2}, Src: header.MAC{2, 0, 0, 0, 0, 1}, Type: header.EtherTypeIPv4}
	h.Put(frame)
	copy(frame[header.EthernetLen:], "as long as can be")
	for _, d := range []Driver{eight, a, seven} {
		pkt := buffer.From(bytes.Clone(frame))
		if n, err := d.Send([]*buffer.Packet{pkt}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if !bytes.Equal(pkt.Bytes(), frame) {
			t.Error("the sender's frame was changed")
		}
	}
	for cable.Deliver() != nil {
	}
	var got [8]*buffer.Packet
	n, err := there.Receive(got[:])
	if n != 1 || err != nil || !bytes.Equal(got[0].Bytes(), frame) || there.Declined() != 2 {
		t.Errorf("%d frames, %d declined, %v", n, there.Declined(), err)
	}
	for _, id := range []uint16{0, 4095} {
		if _, err := NewVLAN(a, id); err == nil {
			t.Errorf("VLAN %d", id)
		}
	}
}
