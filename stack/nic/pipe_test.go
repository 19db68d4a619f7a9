//go:build !before11

package nic

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// pieces makes a packet of a header and a body.
func pieces(head, body string) *buffer.Packet {
	pkt := buffer.New(len(head))
	copy(pkt.Put(len(head)), head)
	pkt.Body[1] = []byte(body)
	return pkt
}

// TestPipe carries frames in order, copied, with what they say of the adapter's work.
func TestPipe(t *testing.T) {
	a, b := Pipe(Info{Name: "a", MTU: 100}, Info{Name: "b", MTU: 100, SegmentMax: 1000})
	if a.Info().Name != "a" || b.Info().SegmentMax != 1000 {
		t.Errorf("%+v %+v", a.Info(), b.Info())
	}
	one, super := pieces("one", " body"), pieces("super", string(make([]byte, 5000)))
	super.Offload = buffer.Offload{NeedsChecksum: true, ChecksumStart: 34, SegmentSize: 60, HeaderLen: 54}
	tooLong := pieces("long", string(make([]byte, 111)))
	if n, err := b.Send([]*buffer.Packet{one, tooLong, super}); n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	clear(one.Bytes())
	got := make([]*buffer.Packet, 8)
	n, err := a.Receive(got)
	if n != 2 || err != nil {
		t.Fatalf("received %d, %v", n, err)
	}
	if string(got[0].Bytes()) != "one body" || got[0].Offload != (buffer.Offload{}) {
		t.Errorf("%q %+v", got[0].Bytes(), got[0].Offload)
	}
	if got[1].Len() != 5005 || !bytes.HasPrefix(got[1].Bytes(), []byte("super")) || got[1].Offload != super.Offload {
		t.Errorf("%d bytes, %+v", got[1].Len(), got[1].Offload)
	}
}

// TestPipeBound drops what an adapter has no room for, and no more.
func TestPipeBound(t *testing.T) {
	a, b := Pipe(Info{MTU: 100}, Info{MTU: 100})
	pkt := pieces("x", "")
	for range pipeRing + 5 {
		a.Send([]*buffer.Packet{pkt})
	}
	got := make([]*buffer.Packet, pipeRing+5)
	if n, err := b.Receive(got); n != pipeRing || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for range 3 * pipeRing { // round the ring
		a.Send([]*buffer.Packet{pkt})
		if n, err := b.Receive(got); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		got[0].Release()
	}
}

// TestPipeClose wakes who waits; the other end sends into nothing.
func TestPipeClose(t *testing.T) {
	a, b := Pipe(Info{MTU: 100}, Info{MTU: 100})
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := a.Receive(make([]*buffer.Packet, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("receive: %v", err)
		}
	})
	time.Sleep(time.Millisecond) // it is right either way; this way the other most likely waits
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	group.Wait()
	pkt := pieces("x", "")
	if _, err := a.Send([]*buffer.Packet{pkt}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("send: %v", err)
	}
	if n, err := b.Send([]*buffer.Packet{pkt}); n != 1 || err != nil {
		t.Errorf("send to nobody: %d, %v", n, err)
	}
}
