//go:build !before11

package nic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

var (
	ourIP    = netip.MustParseAddr("10.9.0.1") // nobody's but ours
	kernelIP = netip.MustParseAddr("10.9.0.2")
)

// frame builds a frame with its Ethernet header.
func frame(to, from header.MAC, kind uint16, payload int) (p *buffer.Packet, rest []byte) {
	p = buffer.New(payload)
	rest = p.Put(payload)
	ethernet := header.Ethernet{Dst: to, Src: from, Type: kind}
	ethernet.Put(p.Push(header.EthernetLen))
	return p, rest
}

// next receives until a frame of the given type comes for which want holds.
func next(t *testing.T, r *Raw, kind uint16, want func(payload []byte) bool) *buffer.Packet {
	t.Helper()
	frames := make([]*buffer.Packet, 1)
	for {
		if _, err := r.Receive(frames); err != nil {
			t.Fatal(err)
		}
		if h, payload, err := header.ParseEthernet(frames[0].Bytes()); err == nil && h.Type == kind && want(payload) {
			return frames[0]
		}
		frames[0].Release()
	}
}

// resolve asks the kernel for its MAC address as the stack does, again and again, for a cable that has just been plugged
// in may lose the answer.
func resolve(t *testing.T, r *Raw) header.MAC {
	t.Helper()
	me := header.MAC(r.Info().Address)
	p, b := frame(header.Broadcast, me, header.EtherTypeARP, header.ARPLen)
	ask := header.ARP{Operation: header.ARPRequest, SenderMAC: me, SenderIP: ourIP, TargetIP: kernelIP}
	ask.Put(b)
	answered, asking := make(chan bool), make(chan error)
	go func() {
		defer close(asking)
		for {
			if n, err := r.Send([]*buffer.Packet{p}); n != 1 || err != nil {
				asking <- fmt.Errorf("sent %d: %w", n, err)
				return
			}
			select {
			case <-answered:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	var answer header.ARP
	next(t, r, header.EtherTypeARP, func(b []byte) bool {
		var err error
		answer, err = header.ParseARP(b)
		return err == nil && answer.Operation == header.ARPReply
	}).Release()
	close(answered)
	if err := <-asking; err != nil {
		t.Fatal(err)
	}
	if answer.SenderIP != kernelIP || answer.TargetIP != ourIP || answer.TargetMAC != me {
		t.Fatalf("the kernel answered %+v", answer)
	}
	return answer.SenderMAC
}

func TestRawResolvesThroughTheKernel(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	ours, kernel := cable(t, "10.9.0.2/24")
	r := open(t, "ours", RawOptions{})
	info := r.Info()
	if info.Name != "ours" || info.MTU != 1500 || !info.Checksum || info.SegmentMax%1460 != 0 ||
		!bytes.Equal(info.Address, ours.Attrs().HardwareAddr) {
		t.Errorf("the driver says it is %+v", info)
	}
	if got := resolve(t, r); !bytes.Equal(got[:], kernel.Attrs().HardwareAddr) {
		t.Errorf("resolved %v, and the kernel's adapter is %v", got, kernel.Attrs().HardwareAddr)
	}
}

func TestRawWithAnAddressOfItsOwn(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	_, kernel := cable(t, "10.9.0.2/24")
	r := open(t, "ours", RawOptions{Address: net.HardwareAddr{0x02, 0, 0, 0, 0, 1}})
	if got := resolve(t, r); !bytes.Equal(got[:], kernel.Attrs().HardwareAddr) {
		t.Errorf("resolved %v, and the kernel's adapter is %v", got, kernel.Attrs().HardwareAddr)
	}
	if _, err := OpenRaw("ours", RawOptions{Address: net.HardwareAddr{0x03, 0, 0, 0, 0, 1}}); err == nil {
		t.Error("a group's address was accepted as the stack's own")
	}
}

func TestRawIgnoresFramesForOthers(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	cable(t, "10.9.0.2/24")
	r, peer := open(t, "ours", RawOptions{}), open(t, "kernel", RawOptions{})
	stranger := open(t, "ours", RawOptions{Address: net.HardwareAddr{0x02, 0, 0, 0, 0, 9}}) // makes the adapter pass all
	from := header.MAC(peer.Info().Address)
	const kind = 0x88b5 // set aside for experiments (IEEE 802)
	var frames []*buffer.Packet
	for i, to := range []header.MAC{{0x02, 0, 0, 0, 0, 9}, {0x02, 0, 0, 0, 0, 7}, header.MAC(r.Info().Address)} {
		p, b := frame(to, from, kind, 46)
		b[0] = byte(i)
		frames = append(frames, p)
	}
	if n, err := peer.Send(frames); n != len(frames) || err != nil {
		t.Fatalf("sent %d: %v", n, err)
	}
	all := func([]byte) bool { return true }
	if p := next(t, r, kind, all); p.Bytes()[header.EthernetLen] != 2 {
		t.Errorf("the driver passed on a frame for somebody else: % x", p.Bytes())
	}
	if p := next(t, stranger, kind, all); p.Bytes()[header.EthernetLen] != 0 {
		t.Errorf("the driver with its own address passed on a frame for somebody else: % x", p.Bytes())
	}
}

func TestRawTakesBatches(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	cable(t, "10.9.0.2/24")
	r, peer := open(t, "ours", RawOptions{}), open(t, "kernel", RawOptions{})
	const kind, count = 0x88b5, 100
	var frames []*buffer.Packet
	for i := range count {
		p, b := frame(header.MAC(peer.Info().Address), header.MAC(r.Info().Address), kind, 2)
		b[0], b[1] = byte(i), 0xaa
		p.Body = [2][]byte{{1, 2, 3}, {4, 5}}
		frames = append(frames, p)
	}
	if n, err := r.Send(frames); n != count || err != nil {
		t.Fatalf("sent %d: %v", n, err)
	}
	got := make([]*buffer.Packet, 16)
	for seen := 0; seen < count; {
		n, err := peer.Receive(got)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got[:n] {
			h, payload, err := header.ParseEthernet(p.Bytes())
			if err != nil || h.Type != kind {
				p.Release()
				continue // the kernel's own chatter
			}
			if want := []byte{byte(seen), 0xaa, 1, 2, 3, 4, 5}; !bytes.Equal(payload, want) {
				t.Fatalf("frame %d arrived as % x, not % x", seen, payload, want)
			}
			seen++
			p.Release()
		}
	}
}

func TestRawDoesNotAllocate(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	cable(t, "10.9.0.2/24")
	r, peer := open(t, "ours", RawOptions{}), open(t, "kernel", RawOptions{})
	p, _ := frame(header.MAC(peer.Info().Address), header.MAC(r.Info().Address), 0x88b5, 1000)
	out, in := []*buffer.Packet{p}, make([]*buffer.Packet, 1)
	perFrame := testing.AllocsPerRun(1000, func() {
		if _, err := r.Send(out); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Receive(in); err != nil {
			t.Fatal(err)
		}
		in[0].Release()
	})
	if perFrame > 0 {
		t.Errorf("%v allocations to send a frame and receive it", perFrame)
	}
}

func TestRawCloseEndsReceive(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	cable(t, "10.9.0.2/24")
	r := open(t, "ours", RawOptions{})
	ended := make(chan error)
	go func() {
		frames := make([]*buffer.Packet, 8)
		for {
			n, err := r.Receive(frames)
			if err != nil {
				ended <- err
				return
			}
			for _, p := range frames[:n] {
				p.Release()
			}
		}
	}()
	time.Sleep(20 * time.Millisecond) // most likely it waits by now; it holds either way
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "ours") {
		t.Errorf("receive ended with %v", err)
	}
}

func TestRawThroughAnAdapterThatGoesDown(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	ours, _ := cable(t, "10.9.0.2/24")
	r := open(t, "ours", RawOptions{})
	resolve(t, r)
	if err := netlink.LinkSetDown(ours); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRaw("ours", RawOptions{}); err == nil || !strings.Contains(err.Error(), "ip link set ours up") {
		t.Errorf("opened while the adapter is down: %v", err)
	}
	p, _ := frame(header.Broadcast, header.MAC(r.Info().Address), 0x88b5, 46)
	if n, err := r.Send([]*buffer.Packet{p}); n != 1 || err != nil {
		t.Errorf("while the adapter is down a frame should be lost; sent %d: %v", n, err)
	}
	if err := netlink.LinkSetUp(ours); err != nil {
		t.Fatal(err)
	}
	resolve(t, r)

	if err := netlink.LinkDel(ours); err != nil {
		t.Fatal(err)
	}
	frames := make([]*buffer.Packet, 1)
	for {
		_, err := r.Receive(frames)
		if err == nil {
			continue // what was still on its way
		}
		if !errors.Is(err, syscall.ENODEV) {
			t.Errorf("after the adapter was taken away receive says %v", err)
		}
		break
	}
	if _, err := r.Send([]*buffer.Packet{p}); !errors.Is(err, syscall.ENODEV) {
		t.Errorf("after the adapter was taken away send says %v", err)
	}
}

func TestRawRefuses(t *testing.T) {
	if _, err := OpenRaw("no-such-thing", RawOptions{}); err == nil || !strings.Contains(err.Error(), "no-such-thing") {
		t.Errorf("an adapter that does not exist: %v", err)
	}
	if _, err := OpenRaw("lo", RawOptions{}); err == nil || !strings.Contains(err.Error(), "lo") {
		t.Errorf("an adapter without a MAC address: %v", err)
	}
}

// TestRawSuperFrames plays a TCP peer by hand: it takes from the kernel what the kernel did not cut, and has the kernel
// cut what it sends.
func TestRawSuperFrames(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	cable(t, "10.9.0.2/24")
	r := open(t, "ours", RawOptions{})
	peer := &handmade{t: t, r: r, mac: resolve(t, r)}
	content := bytes.Repeat([]byte("tsunagu "), superFrame/8)

	type result struct {
		echo []byte
		err  error
	}
	done := make(chan result)
	go func() {
		c, err := net.DialTimeout("tcp", netip.AddrPortFrom(ourIP, 80).String(), 10*time.Second)
		if err != nil {
			done <- result{nil, err}
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := c.Write(content); err != nil {
			done <- result{nil, err}
			return
		}
		echo := make([]byte, len(content))
		_, err = io.ReadFull(c, echo)
		done <- result{echo, err}
	}()

	peer.accept()
	got, largest := peer.read(len(content))
	if !bytes.Equal(got, content) {
		t.Error("what the kernel sent arrived changed")
	}
	if largest <= 1460 {
		t.Errorf("the largest segment from the kernel had %d bytes: it was cut before it came", largest)
	}
	peer.send(header.ACK|header.PSH, content)
	answer := <-done
	if answer.err != nil {
		t.Fatalf("the kernel's side: %v", answer.err)
	}
	if !bytes.Equal(answer.echo, content) {
		t.Error("what we sent in one super-frame arrived changed")
	}
	t.Logf("%d bytes each way; largest segment in %d bytes, out %d", len(content), largest, len(content))
}
