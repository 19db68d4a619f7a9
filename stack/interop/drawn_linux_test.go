//go:build !before11

package interop

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

var drawn = flag.Uint64("drawn", 0, "the `seed` of the one conversation that TestDrawn has; 0: many, each with its own")

// TestDrawn draws conversations from seeds: the weather, the options, how large the buffers are, how each side writes and
// reads, who ends and how. Whatever it is, every byte arrives, and then the end.
func TestDrawn(t *testing.T) {
	t.Parallel()
	first, last := uint64(1), uint64(24)
	if *full {
		last = 400
	}
	if *drawn != 0 {
		first, last = *drawn, *drawn
	}
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			converse(t, seed)
		})
	}
}

// converse has the conversation of a seed.
func converse(t *testing.T, seed uint64) {
	g := rand.New(rand.NewPCG(seed, 0))
	often := func(p float64) bool { return g.Float64() < p }
	faults := func() (f nic.Faults) {
		if often(0.5) {
			f.Loss = g.Float64() * 0.04
		}
		if often(0.2) {
			f.Burst = 1 + g.Float64()*4
		}
		if often(0.3) {
			f.Duplicate = g.Float64() * 0.1
		}
		if often(0.3) {
			f.Corrupt = g.Float64() * 0.02
		}
		if often(0.3) {
			f.Mark = g.Float64() * 0.1
		}
		if often(0.4) {
			f.Reorder, f.Late = g.Float64()*0.1, time.Duration(g.IntN(10))*time.Millisecond
		}
		if often(0.7) {
			f.Delay, f.Jitter = time.Duration(g.IntN(10_000))*time.Microsecond, time.Duration(g.IntN(5_000))*time.Microsecond
		}
		if often(0.2) {
			f.Rate, f.Queue = 5e6+g.Int64N(95e6), 20_000+g.IntN(100_000)
		}
		return f
	}
	s, _ := switched(g.IntN(16), g.IntN(16))
	if often(0.5) {
		s, _ = switched(everything, everything)
	}
	s.seed, s.faulty, s.out, s.in, s.mtu = seed, true, faults(), faults(), []int{1500, 1500, 1500, 576, 9000}[g.IntN(5)]
	if change := s.ours; often(0.3) {
		s.ours = func(c *tcp.Config) {
			change(c)
			c.NewController = tcp.Reno
		}
	}
	receiveBuffer, sendBuffer := 0, 0
	if often(0.3) {
		// Not less: with room for one segment and a few bytes Linux, when a segment has left some of its window over, goes on
		// offering those bytes for ever, however much has been read (__tcp_select_window), and is given them five times a second.
		receiveBuffer = 1 << (12 + g.IntN(6))
	}
	if often(0.3) {
		sendBuffer = 1 << (12 + g.IntN(7))
	}
	r := newRoom(t, s)
	ours, kernels := r.connectWith(roles[g.IntN(2)], func(fd int) (err error) {
		if receiveBuffer > 0 {
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
		}
		if sendBuffer > 0 {
			err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer))
		}
		return err
	})
	must(t, ours.SetNoDelay(often(0.5)), kernels.SetNoDelay(often(0.5)))
	if often(0.3) {
		must(t, ours.SetReadBuffer(1<<(11+g.IntN(8))))
	}
	if often(0.3) {
		must(t, ours.SetWriteBuffer(1<<(11+g.IntN(8))))
	}
	manner := func(c half) half {
		return &mannered{half: c, sip: 1 << (6 + g.IntN(12)), bite: 1 << (6 + g.IntN(12)), stall: time.Duration(g.IntN(3)*g.IntN(100)) * time.Millisecond}
	}
	if err := transfer(manner(ours), manner(kernels), ways[g.IntN(3)], 1+g.Int64N(200_000)); err != nil {
		t.Errorf("again: go test ./stack/interop -run TestDrawn -args -drawn %d: %v", seed, err)
	}
	must(t, ours.Close(), kernels.Close())
}

// mannered is a connection that is written to and read from in its own way.
type mannered struct {
	half
	sip, bite int           // how much is read, and written, at a time
	stall     time.Duration // before the first read
}

func (m *mannered) Read(p []byte) (int, error) {
	time.Sleep(m.stall)
	m.stall = 0
	return m.half.Read(p[:min(len(p), m.sip)])
}

func (m *mannered) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = m.half.Write(p[n : n+min(len(p)-n, m.bite)])
		n += k
	}
	return n, err
}
