//go:build !before3

package nic

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// TestFilter: an adapter lets in what is for it, for everybody, and for groups; all when it is promiscuous. Short frames
// are padded where the cable says so.
func TestFilter(t *testing.T) {
	info := func(n byte) Info { return Info{Name: "eth0", Address: net.HardwareAddr{2, 0, 0, 0, 0, n}, MTU: 1500} }
	cable := NewCable(func() time.Duration { return 0 }, info(1), info(2))
	cable.Minimum = 60
	a, b := cable.Ends()
	send := func(dst net.HardwareAddr, length int) (got [][]byte) {
		frame := make([]byte, length)
		copy(frame, dst)
		frame[length-1] = 0xee
		pkt := buffer.New(length)
		copy(pkt.Put(length/2), frame)
		pkt.Body[0] = frame[length/2:]
		a.Send([]*buffer.Packet{pkt})
		for cable.Deliver() != nil {
		}
		var frames [4]*buffer.Packet
		n, _ := b.Receive(frames[:])
		for _, f := range frames[:n] {
			if !bytes.HasPrefix(f.Bytes(), frame) || f.Len() != max(60, length) || len(bytes.TrimRight(f.Bytes()[length:], "\x00")) > 0 {
				t.Errorf("%x became %x", frame, f.Bytes())
			}
			got = append(got, f.Bytes())
		}
		return got
	}
	for dst, want := range map[string]int{
		"02:00:00:00:00:02": 1, "ff:ff:ff:ff:ff:ff": 1, "01:00:5e:00:00:01": 1, "02:00:00:00:00:03": 0, "02:00:00:00:00:01": 0,
	} {
		mac, _ := net.ParseMAC(dst)
		for _, length := range []int{14, 42, 59, 60, 61, 1514} {
			b.Promiscuous(false)
			if got := len(send(mac, length)); got != want {
				t.Errorf("to %s: %d frames", dst, got)
			}
			b.Promiscuous(true)
			if got := len(send(mac, length)); got != 1 {
				t.Errorf("promiscuous, to %s: %d frames", dst, got)
			}
		}
	}
}
