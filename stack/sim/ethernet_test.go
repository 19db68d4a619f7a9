//go:build !before9

package sim

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// TestVLAN: hosts on the same VLAN of a cable hear each other, and a host on another, or on none, hears nothing. The
// shortest frames are padded, and the padding is nobody's data.
func TestVLAN(t *testing.T) {
	for _, c := range []struct {
		there uint16 // 0: no VLAN
		want  bool
	}{{7, true}, {8, false}, {0, false}} {
		now := time.Duration(0)
		info := func(n byte) nic.Info {
			return nic.Info{Name: "eth0", Address: net.HardwareAddr{2, 0, 0, 0, 0, n}, MTU: 1500}
		}
		cable := nic.NewCable(func() time.Duration { return now }, info(1), info(2))
		cable.Delay, cable.Minimum = time.Millisecond, 60
		shortest := 1 << 16
		cable.Fate = func(p nic.Passing) nic.Fate {
			shortest = min(shortest, len(p.Frame))
			return nic.Fate{}
		}
		x, y := cable.Ends()
		x.Promiscuous(false)
		y.Promiscuous(false)
		on := func(a *nic.Adapter, id uint16) nic.Driver {
			if id == 0 {
				return a
			}
			v, err := nic.NewVLAN(a, id)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		hosts := [2]*stack.Stack{}
		for n, d := range []nic.Driver{on(x, 7), on(y, c.there)} {
			hosts[n] = stack.New(stack.Config{
				Now: func() time.Duration { return now },
				Block: func(ready func() bool) error {
					for !ready() {
						if cable.Deliver() == nil {
							now += time.Millisecond / 2
						}
						hosts[0].Poll()
						hosts[1].Poll()
						if now > time.Minute {
							return ErrStuck
						}
					}
					return nil
				},
			})
			if err := hosts[n].Attach(d, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n + 1)}), 24)); err != nil {
				t.Fatal(err)
			}
		}
		for _, size := range []int{0, 1, 30, 1472} {
			if _, err := hosts[0].Ping(hosts[1].Addr(0).Addr(), size); (err == nil) != c.want {
				t.Errorf("VLAN 7 to %d, %d bytes: %v", c.there, size, err)
			}
		}
		if shortest != 60 {
			t.Errorf("the shortest frame has %d bytes, at an Ethernet header of %d", shortest, header.EthernetLen)
		}
	}
}
