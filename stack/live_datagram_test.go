//go:build !before11

package stack

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tsunagu/tsunagu/stack/dns"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// TestLiveDatagrams has many goroutines ask a server that echoes, over adapters that sum and over some that do not.
func TestLiveDatagrams(t *testing.T) {
	for name, change := range map[string]func(*nic.Info){"plain": nil, "offloads": offloads} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, change)
			server, err := b.PacketConn("udp", ":7")
			if err != nil {
				t.Fatal(err)
			}
			var group sync.WaitGroup
			defer group.Wait()
			defer server.Close()
			group.Go(func() {
				buf := make([]byte, 2000)
				for {
					n, from, err := server.ReadFrom(buf)
					if err != nil {
						return
					}
					server.WriteTo(buf[:n], from)
				}
			})
			var clients sync.WaitGroup
			for i := range 8 {
				clients.Go(func() {
					if _, err := a.Ping(b.Addr(0).Addr(), 100); err != nil {
						t.Error(err)
					}
					c, err := a.DialContext(context.Background(), "udp", b.Addr(7).String())
					if err != nil {
						t.Error(err)
						return
					}
					defer c.Close()
					c.SetDeadline(time.Now().Add(10 * time.Second))
					buf := make([]byte, 2000)
					for size := range 50 {
						want := fmt.Sprintf("%d says %*d", i, size*29, size)
						if _, err := c.Write([]byte(want)); err != nil {
							t.Error(err)
							return
						}
						if n, err := c.Read(buf); err != nil || string(buf[:n]) != want {
							t.Errorf("%d bytes, %v", n, err)
							return
						}
					}
				})
			}
			clients.Wait()
		})
	}
}

// TestPacketConnDeadlines is what the authors of package net expect of deadlines, as far as it holds without a
// connection.
func TestPacketConnDeadlines(t *testing.T) {
	a, _ := pair(t, nil)
	c, err := a.PacketConn("udp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		_, _, err := c.ReadFrom(make([]byte, 10))
		read <- err
	}()
	time.Sleep(10 * time.Millisecond)
	c.SetReadDeadline(time.Unix(1, 0)) // long past: it ends the request that waits
	var timeout net.Error
	if err := <-read; !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a deadline that has passed: %v", err)
	}
	c.SetReadDeadline(time.Time{})
	go func() {
		_, _, err := c.ReadFrom(make([]byte, 10))
		read <- err
	}()
	time.Sleep(10 * time.Millisecond)
	c.Close()
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TestLiveResolve looks a name up and connects to it, while the first name server says nothing.
func TestLiveResolve(t *testing.T) {
	a, b := pair(t, nil)
	server, err := b.PacketConn("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil {
				continue
			}
			m.Response = true
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: b.Addr(0).Addr().As4()},
			}}
			if answer, err := m.Pack(); err == nil {
				server.WriteTo(answer, from)
			}
		}
	}()
	a.UseResolver(b.Addr(54), b.Addr(53)) // at the first port nobody is
	l, err := b.Listener("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var names sync.WaitGroup
	for i := range 8 {
		names.Go(func() {
			c, err := a.DialContext(context.Background(), "tcp", fmt.Sprintf("host%d.lab.test:80", i))
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
	}
	names.Wait()
	// One who is in a hurry.
	quiet, err := b.PacketConn("udp", ":55")
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	a.UseResolver(b.Addr(55))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	var dns *net.DNSError
	if _, err := a.LookupHost(ctx, "www.lab.test"); !errors.As(err, &dns) || !dns.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("in a hurry: %v", err)
	}
	if left := a.Sockets(); len(left) > 0 && left[0].Type == Datagram {
		t.Errorf("left: %+v", left)
	}
}

// TestStopEndsWaiting stops a stack at which requests wait for what never comes.
func TestStopEndsWaiting(t *testing.T) {
	a, _ := pair(t, nil)
	c, err := a.PacketConn("udp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	a.UseResolver(netip.MustParseAddrPort("10.0.0.9:53"))
	got := make(chan error, 4)
	for range 2 { // one asks, and one waits for what he is told
		go func() {
			_, err := a.LookupHost(context.Background(), "www.lab.test")
			got <- err
		}()
	}
	go func() {
		_, err := a.Ping(netip.MustParseAddr("10.0.0.9"), 0)
		got <- err
	}()
	go func() {
		_, _, err := c.ReadFrom(nil)
		got <- err
	}()
	time.Sleep(10 * time.Millisecond)
	a.Stop()
	for range 4 {
		if err := <-got; !errors.Is(err, net.ErrClosed) {
			t.Errorf("stopped: %v", err)
		}
	}
	if _, err := a.Ping(netip.MustParseAddr("10.0.0.2"), 0); !errors.Is(err, net.ErrClosed) {
		t.Errorf("ping, after Stop: %v", err)
	}
	if _, err := a.LookupHost(context.Background(), "www.lab.test"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("look-up, after Stop: %v", err)
	}
	if _, err := a.PacketConn("udp", ":8"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a new one, after Stop: %v", err)
	}
}

// TestLiveResolveTogether has many look many names up at once, each of which several want to know, at a server that
// answers in halves: the rest is fetched by TCP.
func TestLiveResolveTogether(t *testing.T) {
	a, b := pair(t, nil)
	answer := func(query []byte, stream bool) []byte {
		var m dnsmessage.Message
		if m.Unpack(query) != nil {
			return nil
		}
		m.Response, m.RecursionAvailable, m.Truncated, m.Additionals = true, true, !stream, nil
		if stream {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 60},
				Body:   &dnsmessage.AResource{A: b.Addr(0).Addr().As4()},
			}}
		}
		packed, _ := m.Pack()
		return packed
	}
	server, err := b.PacketConn("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	l, err := b.Listener("tcp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			server.WriteTo(answer(buf[:n], false), from)
		}
	}()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 512)
				n, err := io.ReadAtLeast(c, buf, 2)
				for err == nil && n < 2+int(binary.BigEndian.Uint16(buf)) {
					var more int
					more, err = c.Read(buf[n:])
					n += more
				}
				b := answer(buf[2:n], true)
				c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
			}()
		}
	}()
	a.UseResolver(b.Addr(53))
	var names sync.WaitGroup
	for i := range 40 {
		names.Go(func() {
			addrs, err := a.LookupHost(context.Background(), fmt.Sprintf("host%d.lab.test", i%8))
			if err != nil || len(addrs) != 1 || addrs[0] != b.Addr(0).Addr() {
				t.Errorf("%d: %v, %v", i, addrs, err)
			}
		})
	}
	names.Wait()
	if got := a.DNS().Count(dns.Asked); got != 16 {
		t.Errorf("%d messages for 8 names, half of them by TCP", got)
	}
}
