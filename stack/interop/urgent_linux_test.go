//go:build !before11

package interop

import (
	"errors"
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// withRaw runs f with the kernel's socket until it says something else than EAGAIN.
func withRaw(r *room, c *net.TCPConn, what string, f func(fd int) error) {
	r.t.Helper()
	raw, err := c.SyscallConn()
	must(r.t, err)
	r.until(what, func() bool {
		var failed error
		must(r.t, raw.Control(func(fd uintptr) { failed = f(int(fd)) }))
		if errors.Is(failed, unix.EAGAIN) || errors.Is(failed, unix.EINVAL) {
			return false
		}
		must(r.t, failed)
		return true
	})
}

// TestUrgent sends urgent data both ways, as the kernel understands it (RFC 6093: the pointer stands behind the last urgent
// byte, and the bytes stay in their place).
func TestUrgent(t *testing.T) {
	t.Parallel()
	t.Run("we tell, the kernel reads in line", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			r.option(kernels, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
			_, err := ours.Write([]byte("plain"))
			must(t, err)
			_, err = ours.WriteUrgent([]byte("look!"))
			must(t, err)
			_, err = ours.Write([]byte("plain again"))
			must(t, err)
			withRaw(r, kernels, "poll tells of urgent data", func(fd int) error {
				p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}
				if n, err := unix.Poll(p, 0); n == 0 && err == nil {
					return unix.EAGAIN
				} else {
					return err
				}
			})
			b := make([]byte, 100)
			n, err := io.ReadFull(kernels, b[:9])
			if err != nil || string(b[:n]) != "plainlook" {
				t.Fatalf("%q, %v", b[:n], err)
			}
			// A read stops before the urgent byte, which is the last of them, and there the mark is.
			withRaw(r, kernels, "the mark is reached", func(fd int) error {
				if at, err := unix.IoctlGetInt(fd, unix.SIOCATMARK); err != nil || at == 0 {
					return errors.Join(err, unix.EAGAIN)
				}
				return nil
			})
			if n, err = io.ReadFull(kernels, b[:12]); err != nil || string(b[:n]) != "!plain again" {
				t.Fatalf("%q, %v", b[:n], err)
			}
		})
	})
	t.Run("we tell, the kernel takes it out of line", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			_, err := ours.WriteUrgent([]byte("abc!"))
			must(t, err)
			_, err = ours.Write([]byte("def"))
			must(t, err)
			b := make([]byte, 10)
			withRaw(r, kernels, "the urgent byte is there", func(fd int) error {
				n, _, err := unix.Recvfrom(fd, b, unix.MSG_OOB|unix.MSG_DONTWAIT)
				if err == nil && string(b[:n]) != "!" {
					t.Errorf("out of line: %q", b[:n])
				}
				return err
			})
			n, err := io.ReadFull(kernels, b[:6])
			if err != nil || string(b[:n]) != "abcdef" {
				t.Errorf("%q, %v", b[:n], err)
			}
		})
	})
	t.Run("the kernel tells", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, kernels, ours, "hello")
			_, err := kernels.Write([]byte("plain"))
			must(t, err)
			r.option(kernels, func(fd int) error { return unix.Sendto(fd, []byte("look!"), unix.MSG_OOB, nil) })
			_, err = kernels.Write([]byte("plain again"))
			must(t, err)
			n, err := ours.WaitUrgent()
			if err != nil || n != len("plainlook!") {
				t.Errorf("%d bytes to the end of what is urgent, %v", n, err)
			}
			b := make([]byte, len("plainlook!plain again"))
			if _, err := io.ReadFull(ours, b[:n]); err != nil || string(b[:n]) != "plainlook!" {
				t.Errorf("%q, %v", b[:n], err)
			}
			if left, err := ours.Urgent(); left != 0 || err != nil {
				t.Errorf("%d bytes left, %v", left, err)
			}
			if _, err := io.ReadFull(ours, b[n:]); err != nil || string(b[n:]) != "plain again" {
				t.Errorf("%q, %v", b[n:], err)
			}
		})
	})
	t.Run("among much else", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			r.option(kernels, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
			failed := make(chan error, 4)
			const n = 2 << 20
			go func() { failed <- receive(kernels, n) }()
			go func() { failed <- receive(ours, n) }()
			go func() { failed <- send(urgently{ours.Write, ours.WriteUrgent}, n) }()
			go func() {
				failed <- send(urgently{kernels.Write, func(p []byte) (int, error) {
					raw, err := kernels.SyscallConn()
					if err != nil {
						return 0, err
					}
					sent := 0
					var failed error
					err = raw.Write(func(fd uintptr) bool {
						sent, failed = unix.SendmsgN(int(fd), p[:1], nil, nil, unix.MSG_OOB|unix.MSG_DONTWAIT)
						return failed != unix.EAGAIN
					})
					return sent, errors.Join(err, failed)
				}}, n)
			}()
			must(t, <-failed, <-failed, <-failed, <-failed)
		})
	})
}

// urgently writes, and every now and then a byte as urgent.
type urgently struct{ write, urgent func([]byte) (int, error) }

func (u urgently) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		if m, err = u.write(p[n : n+min(50_000, len(p)-n)]); err == nil && n+m < len(p) {
			n += m
			m, err = u.urgent(p[n : n+1])
		}
		n += m
	}
	return n, err
}
