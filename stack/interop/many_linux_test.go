//go:build !before11

package interop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// crowd makes many short connections, so many at a time: dial makes one; each says who it is, hears it back, and closes.
func crowd(t *testing.T, many, atATime int, dial func() (net.Conn, error)) {
	t.Helper()
	numbers := make(chan int)
	var group sync.WaitGroup
	for range atATime {
		group.Go(func() {
			for n := range numbers {
				if err := visit(n, dial); err != nil {
					t.Errorf("number %d: %v", n, err)
				}
			}
		})
	}
	for n := range many {
		numbers <- n
	}
	close(numbers)
	group.Wait()
}

func visit(n int, dial func() (net.Conn, error)) error {
	c, err := dial()
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	name := fmt.Sprintf("number %d", n)
	if _, err := io.WriteString(c, name); err != nil {
		return err
	}
	if err := c.(half).CloseWrite(); err != nil {
		return err
	}
	heard, err := io.ReadAll(c)
	if err != nil || string(heard) != name {
		return fmt.Errorf("heard %q: %w", heard, err)
	}
	return nil
}

// echo answers every connection of a listener with what it says.
func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(patience))
			said, err := io.ReadAll(c)
			if err == nil {
				_, _ = c.Write(said)
			}
		}()
	}
}

// TestMany makes a thousand short connections in either role.
func TestMany(t *testing.T) {
	t.Parallel()
	const many, atATime = 1000, 50
	settings := map[string]setting{
		"fine": {unseen: true},
		"loss": {unseen: true, out: nic.Faults{Loss: 0.01}, in: nic.Faults{Loss: 0.01}},
		// Who listens answers every SYN with a cookie, and keeps nothing of it.
		"SYN cookies": {unseen: true, kernel: map[string]string{"ipv4.tcp_syncookies": "2"}, ours: func(g *tcp.Config) {
			g.MSL, g.Cookies = 250*time.Millisecond, tcp.CookiesAlways
		}},
	}
	for name, s := range settings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRole(t, func(t *testing.T, who role) {
				s := s
				s.seed = seedOf(t)
				r := newRoom(t, s)
				if who == weConnect {
					l := r.kernel.listen(80, nil)
					go echo(l)
					crowd(t, many, atATime, func() (net.Conn, error) {
						return r.DialContext(t.Context(), "tcp", netip.AddrPortFrom(kernelPrefix.Addr(), 80).String())
					})
				} else {
					l := r.listen(80)
					go echo(l)
					crowd(t, many, atATime, func() (net.Conn, error) {
						c, err := r.kernel.dial(netip.AddrPort{}, netip.AddrPortFrom(ourPrefix.Addr(), 80), nil)
						if err != nil {
							return nil, err
						}
						return c, nil
					})
				}
				r.until("all connections are over", func() bool {
					for _, i := range r.Sockets() {
						if i.State != tcp.Listen {
							return false
						}
					}
					return true
				})
			})
		})
	}
}

// TestCookies has whoever listens answer by a cookie, and much go over the connection that comes of it, whatever options the
// cookie had no room for.
func TestCookies(t *testing.T) {
	t.Parallel()
	for kernels := range 8 {
		if !*full && kernels%3 != 1 {
			continue
		}
		s, name := switched(kernels, everything)
		s.kernel["ipv4.tcp_syncookies"] = "2"
		change := s.ours
		s.ours = func(g *tcp.Config) {
			change(g)
			g.Cookies = tcp.CookiesAlways
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRole(t, func(t *testing.T, who role) {
				r := newRoom(t, s)
				ours, kernels := r.connect(who)
				must(t, transfer(ours, kernels, both, 1<<20))
				taken := r.kernel.counters()["TcpExtSyncookiesRecv"]
				if who == kernelConnect {
					taken = int(r.Counters().Value("tcp.CookiesTaken"))
				}
				if taken != 1 {
					t.Errorf("%d connections came of a cookie", taken)
				}
			})
		})
	}
}

// TestAtOnce has a hundred connections carry much at the same time, in both roles and directions.
func TestAtOnce(t *testing.T) {
	timed(t)
	t.Parallel()
	r := newRoom(t, setting{unseen: true})
	theirs := r.kernel.listen(80, nil)
	theirs.SetDeadline(time.Now().Add(patience))
	ours := r.listen(80)
	type pair struct{ ours, kernels half }
	var pairs []pair
	for range 50 {
		c := r.dial(80)
		k, err := theirs.AcceptTCP()
		must(t, err)
		pairs = append(pairs, pair{c, r.kernels(k)})
		k, err = r.kernel.dial(netip.AddrPort{}, netip.AddrPortFrom(ourPrefix.Addr(), 80), nil)
		must(t, err)
		pairs = append(pairs, pair{ours.accept(), r.kernels(k)})
	}
	failed := make(chan error, len(pairs))
	for _, p := range pairs {
		go func() { failed <- transfer(p.ours, p.kernels, both, 500_000) }()
	}
	var errs []error
	for range pairs {
		errs = append(errs, <-failed)
	}
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
