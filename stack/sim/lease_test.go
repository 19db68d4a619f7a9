//go:build !before11

package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/dhcp"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// leaser is a small DHCP server at the other end of a cable.
type leaser struct {
	addr  netip.Addr // its own
	give  netip.Addr
	time  uint32 // seconds
	quiet bool   // it has gone
	nak   bool   // it knows of nothing
	lose  int    // so many messages are lost before the next arrives
	seen  []dhcp.Type
}

// fate answers what is for a DHCP server.
func (l *leaser) fate(p nic.Passing) nic.Fate {
	e, packet, err := header.ParseEthernet(p.Frame)
	if err != nil || e.Type != header.EtherTypeIPv4 {
		return nic.Fate{}
	}
	h, datagram, err := header.ParseIPv4(packet)
	if err != nil || h.Protocol != header.ProtocolUDP || !header.UDPChecksumValid(datagram, h.Src, h.Dst) {
		return nic.Fate{}
	}
	u, payload, err := header.ParseUDP(datagram)
	if err != nil || u.DstPort != dhcp.ServerPort {
		return nic.Fate{}
	}
	m, err := dhcp.Parse(payload)
	if err != nil {
		return nic.Fate{}
	}
	if l.lose > 0 {
		l.lose--
		return nic.Fate{Lost: true}
	}
	l.seen = append(l.seen, m.Type())
	kind := map[dhcp.Type]dhcp.Type{dhcp.Discover: dhcp.Offer, dhcp.Request: dhcp.Ack}[m.Type()]
	if l.quiet || kind == 0 {
		return nic.Fate{}
	}
	four := l.addr.AsSlice()
	a := dhcp.Message{Answer: true, XID: m.XID, MAC: m.MAC, Your: l.give, Options: map[byte][]byte{
		dhcp.OptionType: {byte(kind)}, dhcp.OptionServer: four, dhcp.OptionSubnetMask: {255, 255, 255, 0}, dhcp.OptionRouter: four,
		dhcp.OptionDNS: four, dhcp.OptionDomain: []byte("lab.test"), dhcp.OptionLeaseTime: binary.BigEndian.AppendUint32(nil, l.time),
	}}
	if l.nak && kind == dhcp.Ack {
		a.Your, a.Options = netip.Addr{}, map[byte][]byte{dhcp.OptionType: {byte(dhcp.Nak)}, dhcp.OptionServer: four}
	}
	dst, to := header.Broadcast, netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if !m.Client.IsUnspecified() {
		dst, to = e.Src, m.Client
	}
	body := a.Append(nil)
	frame := make([]byte, header.EthernetLen+header.IPv4Len+header.UDPLen, 600)
	frame = append(frame, body...)
	eth := header.Ethernet{Dst: dst, Src: header.MAC{2, 0, 0, 0, 9, 9}, Type: header.EtherTypeIPv4}
	eth.Put(frame)
	ip4 := header.IPv4{TotalLen: uint16(len(frame) - header.EthernetLen), TTL: 64, Protocol: header.ProtocolUDP, Src: l.addr, Dst: to}
	ip4.Put(frame[header.EthernetLen:])
	rest := frame[header.EthernetLen+header.IPv4Len:]
	out := header.UDP{SrcPort: dhcp.ServerPort, DstPort: dhcp.ClientPort, Length: uint16(len(rest))}
	out.Put(rest)
	header.SetUDPChecksum(rest, l.addr, to)
	return nic.Fate{Answer: frame}
}

// leased returns a world with a host that is to get an address, another host, and a server on their cable.
func leased(seed uint64) (*World, *stack.Stack, *stack.Stack, *leaser) {
	w := New(seed)
	a, b := w.Host("a"), w.Host("b")
	l := &leaser{addr: netip.MustParseAddr("10.0.0.2"), give: netip.MustParseAddr("10.0.0.50"), time: 3600}
	w.Connect(a, b).Fate = l.fate
	return w, a, b, l
}

// TestObtain: a host gets its address, and all that goes with it, and keeps it.
func TestObtain(t *testing.T) {
	for seed := range uint64(10) {
		w, a, b, l := leased(seed)
		i := a.IP().Interfaces()[0]
		l.lose = int(seed % 3)
		lease, err := a.Obtain(context.Background(), i)
		if err != nil || lease.Prefix != netip.MustParsePrefix("10.0.0.50/24") || a.Addr(0).Addr() != l.give {
			t.Fatalf("seed %d: %+v, %v", seed, lease, err)
		}
		if _, err := a.Ping(b.Addr(0).Addr(), 0); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		if s := a.IP().Routes().String(); !strings.Contains(s, "default via 10.0.0.2 dev eth0") {
			t.Errorf("seed %d: %s", seed, s)
		}
		if s := a.DNS().Servers(); len(s) != 1 || s[0] != netip.MustParseAddrPort("10.0.0.2:53") {
			t.Errorf("seed %d: %v", seed, s)
		}
		if _, err := a.Obtain(context.Background(), i); err == nil {
			t.Errorf("seed %d: twice", seed)
		}
		l.seen = nil
		w.Sleep(5 * time.Hour)
		if now, ok := a.Lease(i); !ok || now.Expire < w.Now() || len(l.seen) != 10 {
			t.Errorf("seed %d: %+v after %v", seed, now, l.seen)
		}
	}
}

// TestLeaseLost: the server goes, and the address with it, and the connections from it; the server comes, and so does it.
func TestLeaseLost(t *testing.T) {
	for name, end := range map[string]func(*leaser){"silence": func(l *leaser) { l.quiet = true }, "NAK": func(l *leaser) { l.nak = true }} {
		w, a, b, l := leased(1)
		i := a.IP().Interfaces()[0]
		lease, err := a.Obtain(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		listener := stream(t, b)
		if err := errors.Join(b.Bind(listener, b.Addr(80)), b.Listen(listener, 1)); err != nil {
			t.Fatal(err)
		}
		fd := stream(t, a)
		if err := a.Connect(fd, b.Addr(80)); err != nil {
			t.Fatal(err)
		}
		end(l)
		w.Sleep(lease.Expire - w.Now() + time.Second)
		if now, ok := a.Lease(i); ok || !a.Addr(0).Addr().IsUnspecified() || strings.Contains(a.IP().Routes().String(), "default") {
			t.Errorf("%s: %+v\n%v", name, now, a.IP().Routes())
		}
		if _, err := a.Write(fd, []byte("x")); err == nil {
			t.Errorf("%s: the connection is alive", name)
		}
		l.quiet, l.nak = false, false
		w.Sleep(3 * time.Minute)
		if _, ok := a.Lease(i); !ok {
			t.Errorf("%s: no new address", name)
		}
	}
}

// TestObtainTaken: somebody has the address that the server gives: it is declined, and another asked for.
func TestObtainTaken(t *testing.T) {
	w, a, b, l := leased(1)
	l.give = b.Addr(0).Addr()
	l.addr = netip.MustParseAddr("10.0.0.9")
	w.Go(func() {
		w.Sleep(10 * time.Second)
		l.give = netip.MustParseAddr("10.0.0.51")
	})
	lease, err := a.Obtain(context.Background(), a.IP().Interfaces()[0])
	if err != nil || lease.Prefix.Addr() != l.give || l.seen[2] != dhcp.Decline {
		t.Errorf("%+v, %v, %v", lease, err, l.seen)
	}
}

// TestObtainEnded: the stack is stopped, and the lease given back to the server, whose neighbour it is.
func TestObtainEnded(t *testing.T) {
	_, a, _, l := leased(1)
	if _, err := a.Obtain(context.Background(), a.IP().Interfaces()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Ping(l.addr, 0); err != nil {
		t.Fatal(err)
	}
	a.Stop()
	if l.seen[len(l.seen)-1] != dhcp.Release {
		t.Errorf("%v", l.seen)
	}
}
