//go:build !before11 && linux

package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// face is a network as programs in Go see it: the kernel's, or ours.
type face struct {
	host      string // where what listens is reached
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	listen    func(network, address string) (net.Listener, error)
	packets   func(network, address string) (net.PacketConn, error)
	elsewhere string // an address that is nobody's here
}

// describe writes down all that a program can tell from an error: the types, what they hold, and what they say they are.
func describe(err error) string {
	var b strings.Builder
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) {
		case *net.OpError:
			fmt.Fprintf(&b, "OpError %s %s %s→%s: ", e.Op, e.Net, kindOf(e.Source), kindOf(e.Addr))
		case *os.SyscallError:
			fmt.Fprintf(&b, "SyscallError %s: ", e.Syscall)
		case *net.AddrError:
			fmt.Fprintf(&b, "AddrError %s: ", e.Err)
		case *net.DNSError:
			fmt.Fprintf(&b, "DNSError %q %v %v: ", e.Err, e.IsNotFound, e.IsTimeout)
		case net.UnknownNetworkError, syscall.Errno:
			fmt.Fprintf(&b, "%T %v: ", e, e)
		default:
			fmt.Fprintf(&b, "%v: ", e)
		}
	}
	var n net.Error
	if errors.As(err, &n) {
		fmt.Fprintf(&b, "timeout %v; ", n.Timeout())
	}
	for _, is := range []error{net.ErrClosed, os.ErrDeadlineExceeded, context.Canceled, context.DeadlineExceeded, io.EOF, net.ErrWriteToConnected} {
		fmt.Fprintf(&b, "%v ", errors.Is(err, is))
	}
	return b.String()
}

// kindOf is an address without its numbers, which are each network's own.
func kindOf(a net.Addr) string {
	if a == nil {
		return "nil"
	}
	return fmt.Sprintf("%T %s", a, a.Network())
}

// errorsOf does all that can go wrong, and writes down how it did.
func errorsOf(t *testing.T, f face) map[string]string {
	ctx := context.Background()
	got := make(map[string]string)
	note := func(what string, err error) {
		if _, twice := got[what]; twice {
			t.Fatalf("%s: twice", what)
		}
		got[what] = describe(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	past, soon := time.Unix(1, 0), func() time.Time { return time.Now().Add(20 * time.Millisecond) }
	dial := func(what string, ctx context.Context, network, address string) {
		_, err := f.dial(ctx, network, address)
		note("dial: "+what, err)
	}
	listen := func(what, network, address string) {
		_, err := f.listen(network, address)
		note("listen: "+what, err)
	}
	packets := func(what, network, address string) {
		_, err := f.packets(network, address)
		note("packets: "+what, err)
	}

	l, err := f.listen("tcp4", f.host+":0")
	must(err)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	at := f.host + ":" + port
	note("listen: a port that the stack chooses", err)
	listen("where another does", "tcp4", at)
	listen("at an address that is not ours", "tcp4", f.elsewhere+":80")
	listen("of no such network", "tcp5", at)
	listen("of datagrams", "udp", at)
	listen("without a port", "tcp4", f.host)
	listen("at a port too large", "tcp4", f.host+":65536")
	listen("at no number", "tcp4", f.host+":no-such-service")

	gone, over := context.WithCancel(ctx)
	over()
	late, over := context.WithDeadline(ctx, past)
	defer over()
	dial("it has been given up", gone, "tcp4", at)
	dial("it is too late", late, "tcp4", at)
	dial("datagrams, given up", gone, "udp4", at)
	dial("of no such network", ctx, "tcp5", at)
	dial("without a port", ctx, "tcp4", f.host)
	dial("to a port too large", ctx, "tcp4", f.host+":65536")
	dial("to a port below all", ctx, "tcp4", f.host+":-1")
	dial("to a port of no such name", ctx, "tcp4", f.host+":no-such-service")

	connect := func() (client, server net.Conn) {
		client, err := f.dial(ctx, "tcp4", at)
		must(err)
		server, err = l.Accept()
		must(err)
		return client, server
	}
	type halves interface {
		CloseRead() error
		CloseWrite() error
		SetNoDelay(bool) error
		SetKeepAlive(bool) error
		SetKeepAlivePeriod(time.Duration) error
		SetLinger(int) error
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	}
	read := func(what string, c net.Conn) {
		_, err := c.Read(make([]byte, 10))
		note("read: "+what, err)
	}
	write := func(what string, c net.Conn) {
		_, err := c.Write([]byte("x"))
		note("write: "+what, err)
	}
	fill := func(what string, c net.Conn) { // until nothing more goes in
		for {
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				note("write: "+what, err)
				return
			}
		}
	}
	everything := func(what string, c net.Conn) {
		read(what, c)
		write(what, c)
		h := c.(halves)
		for call, err := range map[string]error{
			"closeread": h.CloseRead(), "closewrite": h.CloseWrite(), "nodelay": h.SetNoDelay(true), "keepalive": h.SetKeepAlive(true),
			"period": h.SetKeepAlivePeriod(time.Minute), "linger": h.SetLinger(0), "readbuffer": h.SetReadBuffer(10_000),
			"writebuffer": h.SetWriteBuffer(10_000), "deadline": c.SetDeadline(past), "readdeadline": c.SetReadDeadline(past),
			"writedeadline": c.SetWriteDeadline(past), "close": c.Close(),
		} {
			note(call+": "+what, err)
		}
	}

	c, s := connect()
	c.SetDeadline(past)
	read("a deadline that has passed", c)
	write("a deadline that has passed", c)
	c.SetDeadline(time.Time{})
	write("the deadline is no more", c)
	read("what was written", s)
	c.SetReadDeadline(soon())
	read("a deadline that comes", c)
	write("the other's deadline", c)
	read("what was written again", s)
	note("nothing: read", func() error { _, err := c.Read(nil); return err }())
	c.SetReadDeadline(time.Time{})
	_, err = c.Write(nil)
	note("nothing: write", err)
	waits := make(chan error)
	go func() { _, err := c.Read(make([]byte, 1)); waits <- err }()
	time.Sleep(10 * time.Millisecond)
	c.SetReadDeadline(past)
	note("read: a deadline that is set meanwhile", <-waits)
	c.SetReadDeadline(time.Time{})
	go func() { _, err := c.Read(make([]byte, 1)); waits <- err }()
	time.Sleep(10 * time.Millisecond)
	c.Close()
	note("read: closed meanwhile", <-waits)
	everything("closed", c)
	read("the peer has closed", s)
	s.Close()

	c, s = connect()
	c.SetWriteDeadline(soon())
	fill("no room until the deadline", c)
	c.SetWriteDeadline(time.Time{})
	go func() {
		for {
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				waits <- err
				return
			}
		}
	}()
	time.Sleep(10 * time.Millisecond)
	c.Close()
	note("write: closed meanwhile", <-waits)
	s.Close()

	c, s = connect()
	must(c.(halves).CloseWrite())
	write("closed for writing", c)
	read("the peer has closed for writing", s)
	note("closewrite: again", c.(halves).CloseWrite())
	write("to one who has closed for writing", s)
	read("after closing for writing", c)
	must(c.(halves).CloseRead())
	read("closed for reading", c)
	c.Close()
	s.Close()

	c, s = connect()
	must(s.(halves).SetLinger(0))
	s.Close()
	time.Sleep(20 * time.Millisecond)
	read("reset", c)
	note("closewrite: reset", c.(halves).CloseWrite())
	write("reset", c)
	note("close: reset", c.Close())
	c, s = connect()
	must(s.(halves).SetLinger(0))
	s.Close()
	time.Sleep(20 * time.Millisecond)
	note("keepalive: reset", c.(halves).SetKeepAlive(true))
	note("deadline: reset", c.SetDeadline(past))
	read("reset, and too late", c)
	c.Close()

	type listener interface {
		net.Listener
		SetDeadline(time.Time) error
	}
	ours := l.(listener)
	accept := func(what string) {
		_, err := l.Accept()
		note("accept: "+what, err)
	}
	ours.SetDeadline(past)
	accept("a deadline that has passed")
	ours.SetDeadline(soon())
	accept("a deadline that comes")
	ours.SetDeadline(time.Time{})
	go func() { _, err := l.Accept(); waits <- err }()
	time.Sleep(10 * time.Millisecond)
	ours.SetDeadline(past)
	note("accept: a deadline that is set meanwhile", <-waits)
	ours.SetDeadline(time.Time{})
	go func() { _, err := l.Accept(); waits <- err }()
	time.Sleep(10 * time.Millisecond)
	note("close: the listener", l.Close())
	note("accept: closed meanwhile", <-waits)
	accept("closed")
	note("close: the listener again", l.Close())
	note("deadline: the listener, closed", ours.SetDeadline(past))
	dial("where nobody listens", ctx, "tcp4", at)

	p, err := f.packets("udp4", f.host+":0")
	must(err)
	_, port, _ = net.SplitHostPort(p.LocalAddr().String())
	packets("where another does", "udp4", f.host+":"+port)
	packets("at an address that is not ours", "udp4", f.elsewhere+":80")
	packets("of no such network", "udp5", at)
	packets("of a stream", "tcp", at)
	packets("without a port", "udp4", f.host)
	p.SetDeadline(past)
	_, _, err = p.ReadFrom(make([]byte, 10))
	note("readfrom: a deadline that has passed", err)
	_, err = p.WriteTo([]byte("x"), p.LocalAddr())
	note("writeto: a deadline that has passed", err)
	p.SetDeadline(time.Time{})
	_, err = p.WriteTo([]byte("x"), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80})
	note("writeto: an address of another kind", err)
	_, err = p.WriteTo(make([]byte, 65508), p.LocalAddr())
	note("writeto: more than there can be", err)
	write("datagrams, not connected", p.(net.Conn))

	u, err := f.dial(ctx, "udp4", f.host+":"+port)
	must(err)
	_, err = u.(net.PacketConn).WriteTo([]byte("x"), p.LocalAddr())
	note("writeto: connected", err)
	u.SetReadDeadline(soon())
	read("datagrams, a deadline that comes", u)
	write("datagrams", u)
	u.SetReadDeadline(time.Time{})
	p.Close()
	write("datagrams, nobody there any more", u)
	time.Sleep(20 * time.Millisecond)
	read("datagrams, nobody was there", u)
	_, _, err = p.ReadFrom(make([]byte, 10))
	note("readfrom: closed", err)
	_, err = p.WriteTo([]byte("x"), u.LocalAddr())
	note("writeto: closed", err)
	note("deadline: datagrams, closed", p.SetDeadline(past))
	note("close: datagrams again", p.Close())
	u.Close()
	read("datagrams, closed", u)
	write("datagrams, closed", u)
	return got
}

// TestErrorsAsPackageNet has the same go wrong on the kernel's network and on ours: programs can tell no difference.
func TestErrorsAsPackageNet(t *testing.T) {
	kernel := face{
		host: "127.0.0.1", elsewhere: "192.0.2.1",
		dial: new(net.Dialer).DialContext, listen: net.Listen, packets: net.ListenPacket,
	}
	a, b := pair(t, nil)
	ours := face{host: "10.0.0.2", elsewhere: "192.0.2.1", dial: a.DialContext, listen: b.Listener, packets: b.PacketConn}
	want, got := errorsOf(t, kernel), errorsOf(t, ours)
	// Linux tells of a reset once: whoever writes after that learns by EPIPE, and who reads, by io.EOF, as if all were well.
	// Here it stays what it was.
	want["write: reset"] = strings.ReplaceAll(want["write: reset"], syscall.EPIPE.Error(), syscall.ECONNRESET.Error())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-package net +ours\n%s", diff)
	}
}
