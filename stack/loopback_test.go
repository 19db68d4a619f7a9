//go:build !before11

package stack

import (
	"bytes"
	"io"
	"testing"
)

// TestLoopbackLive: a stack that runs in real time, and has no adapter at all, speaks to itself; several connections at once.
func TestLoopbackLive(t *testing.T) {
	s := New(Config{Name: "alone"})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	l, err := s.Listener("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(onlyWriter{c}, onlyReader{c})
				c.Close()
			}()
		}
	}()
	want := bytes.Repeat([]byte("to oneself "), 100_000)
	done := make(chan error)
	const connections = 4
	for range connections {
		go func() {
			c, err := s.DialContext(t.Context(), "tcp", l.Addr().String())
			if err != nil {
				done <- err
				return
			}
			go func() {
				c.Write(want)
				c.(interface{ CloseWrite() error }).CloseWrite()
			}()
			got, err := io.ReadAll(c)
			if err == nil && !bytes.Equal(got, want) {
				err = io.ErrUnexpectedEOF
			}
			c.Close()
			done <- err
		}()
	}
	for range connections {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	p, err := s.PacketConn("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.WriteTo(want[:40000], p.LocalAddr()); err != nil {
		t.Error(err)
	}
	b := make([]byte, 1<<16)
	if n, from, err := p.ReadFrom(b); err != nil || !bytes.Equal(b[:n], want[:40000]) || from.String() != p.LocalAddr().String() {
		t.Errorf("%d bytes from %v, %v", n, from, err)
	}
}
