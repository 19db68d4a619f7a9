//go:build !before11

package nic

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// inWeather sends count numbered IPv4 packets through a Faulty, and returns what arrived at the far end of the cable.
func inWeather(t *testing.T, seed uint64, f Faults, count int) (got []*buffer.Packet, counts FaultCounts) {
	t.Helper()
	near, far := Pipe(Info{Name: "near", MTU: 1500}, Info{Name: "far", MTU: 1500})
	d := NewFaulty(near, seed, f, Faults{})
	for n := range count {
		pkt := buffer.New(100)
		frame := pkt.Put(header.EthernetLen + 40)
		binary.BigEndian.PutUint16(frame[12:], header.EtherTypeIPv4)
		binary.BigEndian.PutUint32(frame[header.EthernetLen:], uint32(n))
		if _, err := d.Send([]*buffer.Packet{pkt}); err != nil {
			t.Fatal(err)
		}
		clear(frame) // it keeps none
		pkt.Release()
		if n%500 == 499 || n == count-1 { // more at a time the pipe has no room for
			counts, _ = d.Counts()
			for len(got) < counts.Frames-counts.Lost-counts.Dropped+counts.Doubled {
				frames := make([]*buffer.Packet, pipeRing)
				n, err := far.Receive(frames)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, frames[:n]...)
			}
		}
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := d.Send(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("send after close: %v", err)
	}
	if _, err := d.Receive(make([]*buffer.Packet, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("receive after close: %v", err)
	}
	return got, counts
}

func numberOf(pkt *buffer.Packet) int {
	return int(binary.BigEndian.Uint32(pkt.Bytes()[header.EthernetLen:]))
}

// TestFaultyShares has each fault alone strike as often as it should.
func TestFaultyShares(t *testing.T) {
	const count, share = 4000, 0.1
	near := func(what string, got int) {
		t.Helper()
		if want := share * count; math.Abs(float64(got)-want) > want/3 {
			t.Errorf("%s: %d of %d", what, got, count)
		}
	}
	got, c := inWeather(t, 1, Faults{Loss: share}, count)
	near("lost", c.Lost)
	if len(got) != count-c.Lost {
		t.Errorf("%d arrived, and %d were lost", len(got), c.Lost)
	}
	got, c = inWeather(t, 2, Faults{Duplicate: share}, count)
	near("doubled", c.Doubled)
	if len(got) != count+c.Doubled {
		t.Errorf("%d arrived, and %d were doubled", len(got), c.Doubled)
	}
	got, c = inWeather(t, 3, Faults{Corrupt: share}, count)
	near("corrupted", c.Corrupted)
	wrong := 0
	for n, pkt := range got {
		want := make([]byte, 40)
		binary.BigEndian.PutUint32(want, uint32(n))
		if !bytes.Equal(pkt.Bytes()[header.EthernetLen:], want) {
			wrong++
		}
	}
	if wrong != c.Corrupted {
		t.Errorf("%d arrived changed, %d were", wrong, c.Corrupted)
	}
	got, c = inWeather(t, 4, Faults{Reorder: share, Late: time.Millisecond}, count)
	near("late", c.Late)
	if len(got) != count {
		t.Errorf("%d arrived", len(got))
	}
}

// TestFaultyBurst has losses come in rows, as many in all as if each came by itself.
func TestFaultyBurst(t *testing.T) {
	const count = 20000
	got, c := inWeather(t, 5, Faults{Loss: 0.1, Burst: 4}, count)
	rows, next := 0, 0
	for _, pkt := range got {
		if n := numberOf(pkt); n > next {
			rows++
			next = n
		}
		next++
	}
	if c.Lost < count/10*7/10 || c.Lost > count/10*13/10 {
		t.Errorf("%d of %d lost", c.Lost, count)
	}
	if length := float64(c.Lost) / float64(rows); length < 3 || length > 5 {
		t.Errorf("%d lost in %d rows: %.1f in a row", c.Lost, rows, length)
	}
}

// TestFaultySeed draws the same fates for the same seed, and others for another.
func TestFaultySeed(t *testing.T) {
	fates := func(seed uint64) (list []int) {
		got, _ := inWeather(t, seed, Faults{Loss: 0.2, Duplicate: 0.1}, 200)
		for _, pkt := range got {
			list = append(list, numberOf(pkt))
		}
		return list
	}
	one := fates(1)
	if diff := cmp.Diff(one, fates(1)); diff != "" {
		t.Errorf("seed 1, twice:\n%s", diff)
	}
	if cmp.Equal(one, fates(2)) {
		t.Error("seeds 1 and 2 have the same fates")
	}
}

// TestFaultyOrder keeps the order where nothing is held back, whatever the jitter, and takes the time that it should.
func TestFaultyOrder(t *testing.T) {
	began := time.Now()
	got, _ := inWeather(t, 6, Faults{Delay: 20 * time.Millisecond, Jitter: 10 * time.Millisecond, Rate: 100e6}, 400)
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("took %v, and one frame alone takes 20ms", took)
	}
	for n, pkt := range got {
		if numberOf(pkt) != n {
			t.Fatalf("number %d arrived as number %d", numberOf(pkt), n)
		}
	}
	_, c := inWeather(t, 7, Faults{Rate: 10e6, Queue: 2000}, 400)
	if c.Dropped == 0 || c.Dropped == 400 {
		t.Errorf("%d of 400 found no room in the queue", c.Dropped)
	}
}

// TestFaultyIn has a super-frame with an unfinished checksum arrive as a cable would have carried it.
func TestFaultyIn(t *testing.T) {
	near, far := Pipe(Info{Name: "near", MTU: 1500, Checksum: true, SegmentMax: 60000}, Info{Name: "far", MTU: 1500})
	d := NewFaulty(near, 1, Faults{}, Faults{})
	defer d.Close()
	if i := d.Info(); i.Checksum || i.SegmentMax != 0 || i.Name != "near" {
		t.Errorf("offers %+v", i)
	}
	payload := make([]byte, 2500)
	for i := range payload {
		payload[i] = byte(i % 251)
	}
	src, dst := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	tcp := header.TCP{SrcPort: 1, DstPort: 2, Seq: 1<<32 - 500, Ack: 7, Window: 9,
		Flags: header.ACK | header.PSH | header.FIN | header.CWR, Options: header.AppendTimestamps(nil, header.Timestamps{Value: 1})}
	ip := header.IPv4{TTL: 64, Protocol: header.ProtocolTCP, ID: 65535, DontFragment: true, TOS: 2, Src: src, Dst: dst}
	ip.TotalLen = uint16(ip.Len() + tcp.Len() + len(payload))
	pkt := buffer.New(header.EthernetLen + int(ip.TotalLen))
	ethernet := header.Ethernet{Type: header.EtherTypeIPv4}
	ethernet.Put(pkt.Put(header.EthernetLen))
	ip.Put(pkt.Put(ip.Len()))
	tcp.Put(pkt.Put(tcp.Len()))
	copy(pkt.Put(len(payload)), payload)
	pkt.Offload = buffer.Offload{NeedsChecksum: true, ChecksumStart: uint16(header.EthernetLen + ip.Len()), ChecksumOffset: header.TCPChecksumOffset, SegmentSize: 1000}
	if _, err := far.Send([]*buffer.Packet{pkt}); err != nil {
		t.Fatal(err)
	}
	var log []string
	var stream []byte
	for len(log) < 3 {
		frames := make([]*buffer.Packet, 4)
		n, err := d.Receive(frames)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range frames[:n] {
			_, packet, _ := header.ParseEthernet(p.Bytes())
			i, segment, err := header.ParseIPv4(packet)
			if err != nil {
				t.Fatal(err)
			}
			if !header.TCPChecksumValid(segment, i.Src, i.Dst) || p.Offload != (buffer.Offload{}) {
				t.Errorf("checksum valid: %t; %+v", header.TCPChecksumValid(segment, i.Src, i.Dst), p.Offload)
			}
			h, data, _ := header.ParseTCP(segment)
			stream = append(stream, data...)
			log = append(log, fmt.Sprintf("id=%d %v seq=%d ack=%d win=%d len=%d options=%d tos=%d", i.ID, h.Flags, h.Seq, h.Ack, h.Window, len(data), len(h.Options), i.TOS))
		}
	}
	want := []string{
		"id=65535 ACK,CWR seq=4294966796 ack=7 win=9 len=1000 options=12 tos=2",
		"id=0 ACK seq=500 ack=7 win=9 len=1000 options=12 tos=2",
		"id=1 FIN,PSH,ACK seq=1500 ack=7 win=9 len=500 options=12 tos=2",
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("wanted - and got +:\n%s", diff)
	}
	if !bytes.Equal(stream, payload) {
		t.Error("the pieces are not the whole")
	}
}

// TestFaultyRouter marks what says that it may be marked, and swallows what is too long.
func TestFaultyRouter(t *testing.T) {
	near, far := Pipe(Info{Name: "near", MTU: 1500}, Info{Name: "far", MTU: 1500})
	d := NewFaulty(near, 1, Faults{Mark: 1, MTU: 100}, Faults{})
	defer d.Close()
	for _, row := range []struct{ tos, length, want int }{{0, 50, 0}, {1, 100, 3}, {0xb8 + 2, 50, 0xb8 + 3}, {0, 101, -1}, {3, 60, 3}} {
		pkt := buffer.New(200)
		ethernet := header.Ethernet{Type: header.EtherTypeIPv4}
		ethernet.Put(pkt.Put(header.EthernetLen))
		ip := header.IPv4{TOS: uint8(row.tos), TotalLen: uint16(row.length), TTL: 1, Src: netip.AddrFrom4([4]byte{1}), Dst: netip.AddrFrom4([4]byte{2})}
		ip.Put(pkt.Put(row.length))
		if _, err := d.Send([]*buffer.Packet{pkt}); err != nil {
			t.Fatal(err)
		}
		if row.want < 0 {
			continue
		}
		var frames [1]*buffer.Packet
		if _, err := far.Receive(frames[:]); err != nil {
			t.Fatal(err)
		}
		_, packet, _ := header.ParseEthernet(frames[0].Bytes())
		h, _, err := header.ParseIPv4(packet)
		if err != nil || int(h.TOS) != row.want || int(h.TotalLen) != row.length {
			t.Errorf("%+v arrived as TOS %#x, %d bytes: %v", row, h.TOS, h.TotalLen, err)
		}
	}
	if out, _ := d.Counts(); out.Marked != 3 || out.Dropped != 1 {
		t.Errorf("%+v", out)
	}
}
