//go:build !before11

package stack

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// accounted is a driver that knows of every packet it has handed up whether it has been given back.
type accounted struct {
	nic.Driver
	mu  sync.Mutex
	out []*buffer.Packet
}

func (a *accounted) Receive(frames []*buffer.Packet) (int, error) {
	n, err := a.Driver.Receive(frames)
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, pkt := range frames[:n] {
		own := buffer.From(append([]byte(nil), pkt.Bytes()...)) // memory that goes back to nobody
		own.Offload = pkt.Offload
		pkt.Release()
		own.Retain() // we hold it too
		a.out = append(a.out, own)
		frames[i] = own
	}
	return n, err
}

// kept returns how many packets somebody beside us still holds, of how many.
func (a *accounted) kept() (kept, all int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, pkt := range a.out {
		pkt.Release()
		func() {
			defer func() {
				if recover() == nil { // it can be given back once more: somebody else had it
					kept++
				}
			}()
			pkt.Release()
		}()
	}
	return kept, len(a.out)
}

// faultyPair is pair over a cable in bad weather, with drivers that keep account.
func faultyPair(t testing.TB, out, in nic.Faults, change func(*nic.Info)) (a, b *Stack, accounts [2]*accounted) {
	t.Helper()
	var infos [2]nic.Info
	for i := range infos {
		infos[i] = nic.Info{Name: "pipe", Address: net.HardwareAddr{2, 0, 0, 0, 0, byte(i + 1)}, MTU: 1500}
		if change != nil {
			change(&infos[i])
		}
	}
	x, y := nic.Pipe(infos[0], infos[1])
	accounts[0], accounts[1] = &accounted{Driver: nic.NewFaulty(x, 7, out, in)}, &accounted{Driver: y}
	a, b = New(Config{Name: "a"}), New(Config{Name: "b"})
	for i, s := range []*Stack{a, b} {
		if err := s.Attach(accounts[i], netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { a.Stop(); b.Stop() })
	return a, b, accounts
}

// TestConnInBadWeather is what the authors of package net expect of a net.Conn, while frames are lost, doubled and late.
func TestConnInBadWeather(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		weather := nic.Faults{Loss: 0.01, Duplicate: 0.01, Corrupt: 0.01, Reorder: 0.05, Late: time.Millisecond}
		a, b, _ := faultyPair(t, weather, weather, nil)
		c1, c2 = connect(t, a, b)
		return c1, c2, func() { a.Stop(); b.Stop() }, nil
	})
}

// TestStopLeaksNothing has every request there is wait, leaves data and datagrams unread, and stops the stack under them: all
// return net.ErrClosed, and no goroutine, no timer and no packet is left.
func TestStopLeaksNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	weather := nic.Faults{Loss: 0.02, Duplicate: 0.02, Reorder: 0.2, Late: time.Millisecond}
	a, b, accounts := faultyPair(t, weather, weather, func(i *nic.Info) { i.SegmentMax = 0 })
	ctx := context.Background()
	nobody, silent := netip.MustParseAddrPort("10.0.0.9:80"), b.Addr(5353)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fdOf := func(c net.Conn) FD { return c.(*Conn).fd }

	type request struct {
		name string
		do   func() error
	}
	var requests []request
	add := func(name string, do func() error) { requests = append(requests, request{name, do}) }
	one := make([]byte, 1)

	quiet, other := connect(t, a, b) // nothing is ever said here
	add("read", func() error { _, err := a.Read(fdOf(quiet), one); return err })
	add("net.Conn.Read", func() error { _, err := other.Read(one); return err })
	add("waiturgent", func() error { _, err := a.WaitUrgent(fdOf(quiet)); return err })
	full, unread := connect(t, a, b) // everything is said here, and nobody listens
	for range 2 {
		add("write", func() error {
			for {
				if _, err := a.Write(fdOf(full), make([]byte, 1<<20)); err != nil {
					return err
				}
			}
		})
		add("net.Conn.Write", func() error {
			for {
				if _, err := unread.Write(make([]byte, 1<<20)); err != nil {
					return err
				}
			}
		})
	}
	lingers, _ := connect(t, a, b)
	must(a.SetLinger(fdOf(lingers), time.Hour))
	go lingers.Write(make([]byte, 4<<20))
	l, err := b.Listener("tcp", ":80")
	must(err)
	add("accept", func() error { _, _, err := b.Accept(l.(*Listener).fd); return err })
	add("net.Listener.Accept", func() error { _, err := l.Accept(); return err })
	stream, err := a.Socket(Stream)
	must(err)
	add("connect", func() error { return a.Connect(stream, nobody) })
	add("dial", func() error { _, err := a.DialContext(ctx, "tcp", nobody.String()); return err })
	p, err := b.PacketConn("udp", ":5353")
	must(err)
	silently, err := b.PacketConn("udp", ":5354")
	must(err)
	add("recvfrom", func() error { _, _, err := b.ReceiveFrom(silently.(*PacketConn).fd, one); return err })
	add("net.PacketConn.ReadFrom", func() error { _, _, err := silently.ReadFrom(one); return err })
	d, err := a.DialContext(ctx, "udp", silent.String())
	must(err)
	for range 50 { // nobody reads them
		d.Write(make([]byte, 1000))
	}
	add("net.Conn.Read, of datagrams", func() error { _, err := d.Read(one); return err })
	add("ping", func() error { _, err := a.Ping(nobody.Addr(), 0); return err })
	a.UseResolver(silent)
	add("lookup", func() error { _, err := a.LookupHost(ctx, "host.example."); return err })
	add("dial a name", func() error { _, err := a.DialContext(ctx, "tcp", "host.example.:80"); return err })
	add("select", func() error { _, err := a.Select([]Watch{{FD: fdOf(quiet), For: Readable}}, -1); return err })
	add("select of nothing", func() error { _, err := a.Select(nil, -1); return err })
	add("select, in time", func() error { _, err := b.Select([]Watch{{FD: fdOf(other), For: Readable}}, time.Hour); return err })

	type result struct {
		name string
		err  error
	}
	results := make(chan result)
	for _, r := range requests {
		go func() { results <- result{r.name, r.do()} }()
	}
	select {
	case r := <-results:
		t.Errorf("%s did not wait: %v", r.name, r.err)
		requests = requests[1:]
	case <-time.After(150 * time.Millisecond): // it is right either way; this way they most likely wait
	}
	go func() { results <- result{"close", a.Close(fdOf(lingers))} }()
	time.Sleep(20 * time.Millisecond)
	var stops sync.WaitGroup
	for _, s := range []*Stack{a, b, a, b} { // at the same time
		stops.Go(func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
	stops.Wait()
	for range len(requests) + 1 {
		select {
		case r := <-results:
			if !errors.Is(r.err, net.ErrClosed) {
				t.Errorf("%s: %v", r.name, r.err)
			}
		case <-time.After(10 * time.Second):
			stacks := make([]byte, 1<<20)
			t.Fatalf("somebody still waits:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
	for _, r := range requests { // and now they do not even begin to wait
		if err := r.do(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s, after Stop: %v", r.name, err)
		}
	}
	for i, s := range []*Stack{a, b} {
		if left := s.Sockets(); len(left) > 0 {
			t.Errorf("%v still has %+v", s, left)
		}
		if at, ok := s.nextTimer(); ok {
			t.Errorf("%v still wants to be woken at %v", s, at)
		}
		if kept, all := accounts[i].kept(); kept > 0 || all == 0 {
			t.Errorf("%v still has %d of %d packets", s, kept, all)
		}
		if err := s.Start(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("start after Stop: %v", err)
		}
	}
	_ = p
	for range 1000 { // goroutines that have done all they had to need a moment to be gone
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}
