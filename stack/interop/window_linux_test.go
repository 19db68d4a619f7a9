//go:build !before11

package interop

import (
	"errors"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tsunagu/tsunagu/stack/header"
)

// smallBuffer gives a kernel's socket the smallest receive buffer that it allows.
func smallBuffer(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1) }

// stalling reads nothing for a while, and then all.
type stalling struct {
	half
	first time.Duration
}

func (s *stalling) Read(p []byte) (int, error) {
	time.Sleep(s.first)
	s.first = 0
	return s.half.Read(p)
}

// sipping reads a little at a time.
type sipping struct {
	half
	sip   int
	pause time.Duration
}

func (s *sipping) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.half.Read(p[:min(len(p), s.sip)])
}

// TestZeroWindow has one side read nothing until the other's probes go out, and then all.
func TestZeroWindow(t *testing.T) {
	timed(t)
	t.Parallel()
	const stall, n = 1500 * time.Millisecond, 8 << 20
	closed := func(s segment) bool { return s.tcp.Window == 0 && s.tcp.Flags&(header.RST|header.SYN) == 0 }
	t.Run("the kernel's", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connectWith(who, smallBuffer)
			must(t, transfer(ours, &stalling{kernels, stall}, out, 256<<10))
			probes, shut := 0, false
			var newest uint32
			for _, s := range r.segments() {
				if !s.out {
					// Two of the kernel's processors may overtake each other: what is older says nothing of the window.
					ts, _ := header.ParseTimestamps(s.tcp.Options)
					if s.tcp.Flags.Has(header.SYN) || int32(ts.Value-newest) >= 0 {
						shut, newest = closed(s), ts.Value
					}
				} else if shut && s.data > 0 {
					probes++
					if s.data > 1 {
						t.Errorf("into a closed window: %v", s)
					}
				}
			}
			if probes < 2 || probes > 10 {
				t.Errorf("%d probes in %v", probes, stall)
			}
		})
	})
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			must(t, transfer(&stalling{ours, stall}, kernels, in, n))
			shut, probes := false, 0
			for _, s := range r.segments() {
				if s.out {
					shut = shut || closed(s)
				} else if shut && probes < 1000 {
					probes++
				}
			}
			if !shut || probes == 0 {
				t.Errorf("our window was closed: %t; after that came %d segments", shut, probes)
			}
		})
	})
	t.Run("both", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connectWith(who, smallBuffer)
			must(t, transfer(&stalling{ours, stall}, &stalling{kernels, stall}, both, 6<<20))
		})
	})
}

// TestSillyWindow has one side read in sips, so that its window opens by as little.
func TestSillyWindow(t *testing.T) {
	timed(t)
	t.Parallel()
	t.Run("the kernel's", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			const n = 64 << 10
			r := newRoom(t, setting{})
			ours, kernels := r.connectWith(who, smallBuffer)
			must(t, transfer(ours, &sipping{kernels, 100, 50 * time.Microsecond}, out, n))
			small, all := 0, 0
			for _, s := range r.segments() {
				if s.out && s.data > 1 { // one byte is a probe: the slower the reader, the more of them
					all++
					if s.data < 100 {
						small++
					}
				}
			}
			if all > n/300 || small > 20 {
				t.Errorf("%d segments with data, %d of them with less than a sip", all, small)
			}
		})
	})
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			const n = 2 << 20
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			must(t, transfer(&sipping{ours, 1000, 0}, kernels, in, n))
			small, all := 0, 0
			for _, s := range r.segments() {
				if !s.out && s.data > 0 {
					all++
					if s.data < 500 {
						small++
					}
				}
			}
			if small > 20 {
				t.Errorf("%d segments came, %d of them small", all, small)
			}
		})
	})
}

// TestAnswersAtOnce sends requests and answers, small and not so small, in one write and in two. Where one side waits for
// the other's delayed ACK, it does so in every round; a busy machine makes some rounds slow, and not the quick ones.
func TestAnswersAtOnce(t *testing.T) {
	timed(t)
	t.Parallel()
	for name, sizes := range map[string][2][]int{
		"small":                 {{100}, {100}},
		"a segment and a half":  {{2190}, {2190}},
		"large":                 {{100}, {20_000}},
		"larger than a window":  {{100}, {100_000}},
		"header and body":       {{100, 300}, {200, 5000}},
		"odd number of segment": {{1460}, {1460 * 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRole(t, func(t *testing.T, who role) {
				r := newRoom(t, setting{})
				ours, kernels := r.connect(who)
				must(t, ours.SetNoDelay(true), kernels.SetNoDelay(true))
				const rounds = 100
				sum := func(sizes []int) (n int) {
					for _, s := range sizes {
						n += s
					}
					return n
				}
				asks := func(c io.ReadWriter) (took []time.Duration, err error) {
					p, b := pattern(), make([]byte, sum(sizes[1]))
					for range rounds {
						began := time.Now()
						if err := sayInPieces(c, p, sizes[0]); err != nil {
							return nil, err
						}
						if _, err := io.ReadFull(c, b); err != nil {
							return nil, err
						}
						took = append(took, time.Since(began))
					}
					return took, nil
				}
				answers := func(c io.ReadWriter) error {
					p, b := pattern(), make([]byte, sum(sizes[0]))
					for range rounds {
						if _, err := io.ReadFull(c, b); err != nil {
							return err
						}
						if err := sayInPieces(c, p, sizes[1]); err != nil {
							return err
						}
					}
					return nil
				}
				var client, server io.ReadWriter = ours, kernels
				if who == kernelConnect {
					client, server = kernels, ours
				}
				failed := make(chan error, 1)
				go func() { failed <- answers(server) }()
				took, err := asks(client)
				must(t, err, <-failed)
				slices.Sort(took)
				if quick := took[len(took)/4]; quick > 20*time.Millisecond {
					t.Errorf("a quarter of the rounds took up to %v, half up to %v", quick, took[len(took)/2])
				}
			})
		})
	}
}

// sayInPieces writes pieces of these sizes, one write each.
func sayInPieces(c io.Writer, p []byte, sizes []int) error {
	for _, n := range sizes {
		if _, err := c.Write(p[:n]); err != nil {
			return err
		}
	}
	return nil
}

// questions counts keepalives: empty segments just before what comes next, which the other side has long had.
func (r *room) questions(out bool) (n int) {
	var next header.Seq
	for _, s := range r.segments() {
		if s.out != out {
			continue
		}
		if s.tcp.Flags == header.ACK && s.data == 0 && s.tcp.Seq == next.Add(-1) {
			n++
			continue
		}
		next = s.tcp.Seq.Add(s.data)
		if s.tcp.Flags.Has(header.SYN) {
			next = next.Add(1)
		}
	}
	return n
}

// TestKeepAlive has either side ask the other whether it is there.
func TestKeepAlive(t *testing.T) {
	timed(t)
	t.Parallel()
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "hello")
			must(t, ours.SetKeepAlive(true), ours.SetKeepAlivePeriod(300*time.Millisecond))
			r.until("we have asked three times", func() bool { return r.questions(true) >= 3 })
			say(t, kernels, ours, "still here")
		})
	})
	t.Run("the kernel's", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			r.option(kernels, func(fd int) error { return keepAlive(fd, 1, 1, 5) })
			say(t, ours, kernels, "hello")
			r.until("the kernel has asked three times", func() bool { return r.questions(false) >= 3 })
			say(t, kernels, ours, "still here")
			if i := r.info(kernels); i.Probes > 1 {
				t.Errorf("%d questions are without an answer", i.Probes)
			}
		})
	})
}

// TestNobodyThere pulls the plug, and has either side find out: by what it has sent, and by asking.
func TestNobodyThere(t *testing.T) {
	timed(t)
	t.Parallel()
	t.Run("we ask", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "hello")
			r.unplug()
			must(t, ours.SetKeepAlive(true), ours.SetKeepAlivePeriod(200*time.Millisecond))
			if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
				t.Errorf("we read %v", err)
			}
		})
	})
	t.Run("we send", func(t *testing.T) {
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "hello")
			r.unplug()
			must(t, ours.SetUserTimeout(time.Second))
			if _, err := ours.Write([]byte("anybody there?")); err != nil {
				t.Error(err)
			}
			if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
				t.Errorf("we read %v", err)
			}
		})
	})
	t.Run("the kernel asks", func(t *testing.T) { // our stack is gone without a word
		t.Parallel()
		eachRole(t, func(t *testing.T, who role) {
			r := newRoom(t, setting{})
			ours, kernels := r.connect(who)
			say(t, ours, kernels, "hello")
			r.unplug()
			r.option(kernels, func(fd int) error { return keepAlive(fd, 1, 1, 2) })
			if _, err := kernels.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) && !errors.Is(err, syscall.EHOSTUNREACH) {
				t.Errorf("the kernel reads %v", err)
			}
		})
	})
}

// keepAlive turns the kernel's keepalive on, in seconds.
func keepAlive(fd, idle, interval, count int) error {
	for option, value := range map[int]int{unix.TCP_KEEPIDLE: idle, unix.TCP_KEEPINTVL: interval, unix.TCP_KEEPCNT: count} {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, option, value); err != nil {
			return err
		}
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
}
