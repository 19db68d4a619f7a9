//go:build !before11

package interop

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// must ends the test when something failed that has to work.
func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// say has one side say something and the other hear it.
func say(t testing.TB, from io.Writer, to io.Reader, what string) {
	t.Helper()
	if _, err := io.WriteString(from, what); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, len(what))
	if _, err := io.ReadFull(to, b); err != nil || string(b) != what {
		t.Fatalf("%q was said, and %q heard: %v", what, b, err)
	}
}

func (r *room) wantStates(c net.Conn, end string) {
	r.t.Helper()
	if got := r.states(c); !strings.HasSuffix(got, end) {
		r.t.Errorf("our end went through %s; the end should be %s", got, end)
	}
}

// TestCloseOrders closes in every order that there is.
func TestCloseOrders(t *testing.T) {
	t.Parallel()
	t.Run("we first", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "that is all")
			must(t, ours.Close(), end(kernels))
			r.until("we are in FIN-WAIT-2", func() bool { return r.state(ours) == tcp.FinWait2 })
			must(t, kernels.Close())
			r.gone(ours)
			r.wantStates(ours, "ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED")
		})
	})
	t.Run("the kernel first", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, kernels, ours, "that is all")
			must(t, kernels.Close(), end(ours))
			r.until("we are in CLOSE-WAIT", func() bool { return r.state(ours) == tcp.CloseWait })
			must(t, ours.Close())
			r.gone(ours)
			r.wantStates(ours, "ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED")
			if got := r.kernelState(ours.RemoteAddr(), ours.LocalAddr()); got != "TIME_WAIT" {
				t.Errorf("the kernel's end is in %q", got)
			}
		})
	})
	t.Run("both at once", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			fault := nic.Faults{Delay: 50 * time.Millisecond} // the two FINs pass each other
			r := newRoom(t, setting{out: fault, in: fault})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "hello")
			say(t, kernels, ours, "hello")
			must(t, ours.CloseWrite(), kernels.CloseWrite())
			must(t, end(kernels), end(ours))
			must(t, ours.Close(), kernels.Close())
			r.gone(ours)
			r.wantStates(ours, "ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT CLOSED")
		})
	})
	t.Run("we half", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			must(t, ours.CloseWrite(), end(kernels))
			must(t, transferOneWay(kernels, ours, 3<<20)) // and the kernel goes on
			must(t, ours.Close())
			r.gone(ours)
			r.wantStates(ours, "FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED")
		})
	})
	t.Run("the kernel half", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			must(t, kernels.CloseWrite(), end(ours))
			must(t, transferOneWay(ours, kernels, 3<<20))
			must(t, ours.Close())
			r.gone(ours)
			r.wantStates(ours, "CLOSE-WAIT LAST-ACK CLOSED")
		})
	})
	t.Run("last words", func(t *testing.T) { // what is written just before Close arrives
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			failed := make(chan error, 1)
			go func() { failed <- errors.Join(receive(kernels, 200_000), end(kernels), kernels.Close()) }()
			must(t, send(ours, 200_000), ours.Close(), <-failed)
			r.gone(ours)
			ours, kernels = r.connect(who)
			go func() { failed <- errors.Join(receive(ours, 200_000), end(ours), ours.Close()) }()
			must(t, send(kernels, 200_000), kernels.Close(), <-failed)
			r.gone(ours)
		})
	})
}

// transferOneWay sends n bytes and the end.
func transferOneWay(from, to half, n int64) error {
	failed := make(chan error, 1)
	go func() { failed <- errors.Join(send(from, n), from.CloseWrite()) }()
	return errors.Join(receive(to, n), end(to), <-failed)
}

// TestAbort ends connections by RST.
func TestAbort(t *testing.T) {
	t.Parallel()
	t.Run("the kernel aborts", func(t *testing.T) { // SO_LINGER with no time
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, kernels, ours, "hello")
			must(t, kernels.SetLinger(0), kernels.Close())
			if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("we read %v", err)
			}
			if _, err := ours.Write([]byte("anybody there?")); err == nil {
				t.Error("and can still write")
			}
			ours.Close()
			r.gone(ours)
		})
	})
	t.Run("we leave something unread", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, kernels, ours, "x")
			if _, err := io.WriteString(kernels, "this nobody reads"); err != nil {
				t.Fatal(err)
			}
			r.until("it has arrived", func() bool {
				for _, i := range r.Sockets() {
					if i.ReceiveQueue > 0 {
						return true
					}
				}
				return false
			})
			must(t, ours.Close())
			if _, err := kernels.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the kernel reads %v", err)
			}
			r.gone(ours)
		})
	})
	t.Run("something comes after we have closed", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "goodbye")
			must(t, ours.Close(), end(kernels))
			if _, err := io.WriteString(kernels, "wait!"); err != nil {
				t.Fatal(err)
			}
			r.until("the kernel is reset", func() bool {
				_, err := kernels.Write([]byte("!"))
				return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
			})
			r.gone(ours)
		})
	})
	t.Run("the kernel leaves something unread", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "x")
			if _, err := io.WriteString(ours, "this nobody reads"); err != nil {
				t.Fatal(err)
			}
			r.until("it has arrived", func() bool { // all that we have sent is acknowledged
				for _, i := range r.Sockets() {
					if i.Remote.String() == kernels.LocalAddr().String() && i.SendQueue > 0 {
						return false
					}
				}
				return true
			})
			must(t, kernels.Close())
			if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("we read %v", err)
			}
			ours.Close()
			r.gone(ours)
		})
	})
	t.Run("we stop", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "hello")
			must(t, r.Stop())
			if _, err := kernels.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the kernel reads %v", err)
			}
		})
	})
}

// TestRefused connects to a port where nobody listens.
func TestRefused(t *testing.T) {
	t.Parallel()
	t.Run("us", func(t *testing.T) {
		t.Parallel()
		r := newRoom(t, setting{})
		_, err := r.DialContext(t.Context(), "tcp", netip.AddrPortFrom(kernelPrefix.Addr(), 9).String())
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	})
	t.Run("the kernel", func(t *testing.T) {
		t.Parallel()
		r := newRoom(t, setting{})
		if _, err := r.kernel.dial(netip.AddrPort{}, netip.AddrPortFrom(ourPrefix.Addr(), 9), nil); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	})
	t.Run("nobody there", func(t *testing.T) { // no such host: no ARP answer
		t.Parallel()
		r := newRoom(t, setting{})
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := r.DialContext(ctx, "tcp", "10.0.0.99:80"); err == nil {
			t.Error("connected to nobody")
		}
	})
}

// dialFrom connects by our stack from a port of its own choice.
func (r *room) dialFrom(port uint16, to netip.AddrPort) (stack.FD, error) {
	r.t.Helper()
	fd, err := r.Socket(stack.Stream)
	must(r.t, err, r.Bind(fd, netip.AddrPortFrom(ourPrefix.Addr(), port)))
	if err := r.Connect(fd, to); err != nil {
		r.Close(fd)
		return 0, err
	}
	return fd, nil
}

// TestSamePort connects again between the same two ports while one side is still in TIME-WAIT.
func TestSamePort(t *testing.T) {
	t.Parallel()
	t.Run("ours in TIME-WAIT", func(t *testing.T) {
		t.Parallel()
		r := newRoom(t, setting{ours: func(g *tcp.Config) { g.MSL = 30 * time.Second }})
		l := r.listen(80)
		to := netip.AddrPortFrom(ourPrefix.Addr(), 80)
		from := netip.AddrPortFrom(kernelPrefix.Addr(), 5000)
		for n := range 3 {
			kernels, err := r.kernel.dial(from, to, reuse)
			must(t, err)
			ours := l.accept()
			say(t, ours, kernels, "and again")
			must(t, ours.Close(), end(kernels), kernels.Close())
			r.until("TIME-WAIT", func() bool {
				return r.state(ours) == tcp.TimeWait && r.kernelState(ours.RemoteAddr(), ours.LocalAddr()) == ""
			})
			if n == 0 {
				r.wantStates(ours, "FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT")
			}
		}
	})
	t.Run("the kernel's in TIME-WAIT", func(t *testing.T) {
		t.Parallel()
		r := newRoom(t, setting{})
		l := r.kernel.listen(80, nil)
		l.SetDeadline(time.Now().Add(patience))
		to := netip.AddrPortFrom(kernelPrefix.Addr(), 80)
		for range 3 {
			fd, err := r.dialFrom(5000, to)
			must(t, err)
			kernels, err := l.AcceptTCP()
			must(t, err, kernels.Close())
			if n, err := r.Read(fd, make([]byte, 1)); n != 0 || err != io.EOF {
				t.Fatalf("%d bytes, %v", n, err)
			}
			must(t, r.Close(fd))
			r.until("TIME-WAIT", func() bool {
				return r.kernelState(kernels.LocalAddr(), kernels.RemoteAddr()) == "TIME_WAIT" && len(r.Sockets()) == 0
			})
		}
	})
}

// TestSimultaneousOpen has both sides connect to each other at once (RFC 9293 3.5, figure 7).
func TestSimultaneousOpen(t *testing.T) {
	t.Parallel()
	fault := nic.Faults{Delay: 100 * time.Millisecond} // the two SYNs pass each other
	r := newRoom(t, setting{out: fault, in: fault})
	at := netip.AddrPortFrom(ourPrefix.Addr(), 5000)
	kernelsAt := netip.AddrPortFrom(kernelPrefix.Addr(), 6000)
	dialled := make(chan error, 1)
	var kernels *net.TCPConn
	go func() {
		var err error
		kernels, err = r.kernel.dial(kernelsAt, at, nil)
		dialled <- err
	}()
	fd, err := r.dialFrom(5000, kernelsAt)
	must(t, err, <-dialled)
	if !r.sawSegment(func(s segment) bool { return !s.out && s.tcp.Flags&(header.SYN|header.ACK) == header.SYN }) {
		t.Error("the kernel's SYN came as an answer")
	}
	ours := descriptor{r.Stack, fd}
	must(t, transfer(ours, r.kernels(kernels), both, 300_000))
	must(t, ours.Close(), kernels.Close())
}

// descriptor is a connection of ours by its descriptor.
type descriptor struct {
	s  *stack.Stack
	fd stack.FD
}

func (d descriptor) Read(p []byte) (int, error)  { return d.s.Read(d.fd, p) }
func (d descriptor) Write(p []byte) (int, error) { return d.s.Write(d.fd, p) }
func (d descriptor) Close() error                { return d.s.Close(d.fd) }
func (d descriptor) CloseWrite() error           { return d.s.Shutdown(d.fd, stack.ShutWrite) }
