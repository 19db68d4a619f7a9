//go:build !before6

package sim

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
)

// How many worlds TestSeeds goes through, and which is the first:
//
//	go test ./stack/sim -run TestSeeds -seeds 20000
//	go test ./stack/sim -run TestSeeds -seed 4711 -seeds 1     # one that failed, once more
var (
	seeds     = flag.Int("seeds", 100, "how many worlds TestSeeds goes through")
	firstSeed = flag.Uint64("seed", 0, "the first of their seeds")
)

// TestSeeds carries bytes both ways at once through worlds that are all drawn from their seed: the MTU, how much is sent
// and in what pieces, how much is lost, doubled, garbled and late, a silence in the middle, a cable that is slow and a way
// that becomes narrow, who reads slowly, who closes when. Every byte is compared, and in the end no socket is left.
func TestSeeds(t *testing.T) {
	for i := range uint64(*seeds) {
		seed := *firstSeed + i
		if err := seeded(t, seed); err != nil {
			t.Errorf("seed %d: %v\nonce more: go test ./stack/sim -run TestSeeds -seed %d -seeds 1", seed, err, seed)
		}
	}
}

func seeded(t *testing.T, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 99))
	w := New(seed)
	client, server := w.Host("client"), w.Host("server")
	mtu := 100 + r.IntN(1401)
	cable := small(t, w, client, server, mtu)
	cable.Fate = narrowing(r, w, mtu, storm(r, w))
	if r.IntN(3) == 0 {
		cable.Rate, cable.Queue = 1<<(17+r.IntN(10)), (5+r.IntN(50))*8*mtu
	}
	there, back := letters(r), letters(r)

	l := listener(t, server, 80, 1)
	var sent, got [2]error
	var came, answer []byte
	w.Go(func() {
		c, _, err := server.Accept(l)
		if err != nil {
			got[0] = err
			return
		}
		w.Go(func() { sent[1] = pieces(w, server, c, back, seed) })
		came, got[0] = io.ReadAll(slow(w, reader{server, c}, seed))
	})
	c := stream(t, client)
	if err := client.Connect(c, server.Addr(80)); err != nil {
		return err
	}
	w.Go(func() { sent[0] = pieces(w, client, c, there, seed+1) })
	answer, got[1] = io.ReadAll(slow(w, reader{client, c}, seed+1))
	w.Sleep(time.Hour)
	for _, h := range w.Hosts() {
		for _, s := range h.Sockets() {
			if err := h.Close(s.FD); err != nil {
				return err
			}
		}
	}
	w.Run()
	switch err := errors.Join(sent[0], sent[1], got[0], got[1]); {
	case err != nil:
		return err
	case !bytes.Equal(came, there) || !bytes.Equal(answer, back):
		return errors.New("other bytes came than were sent")
	}
	for _, h := range w.Hosts() {
		if len(h.Sockets()) > 0 {
			return errors.New("sockets are left at " + h.Name())
		}
	}
	return nil
}

// pieces writes b in pieces of any size, now and then with a pause, and says that there is no more.
func pieces(w *World, s *stack.Stack, fd stack.FD, b []byte, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 3))
	for len(b) > 0 {
		n, err := s.Write(fd, b[:1+r.IntN(len(b))])
		if err != nil {
			return err
		}
		if b = b[n:]; r.IntN(4) == 0 {
			w.Sleep(time.Duration(r.IntN(int(100 * time.Millisecond))))
		}
	}
	return s.Shutdown(fd, stack.ShutWrite)
}

// slow is a reader that at some seeds takes crumbs, and pauses now and then.
func slow(w *World, from io.Reader, seed uint64) io.Reader {
	r := rand.New(rand.NewPCG(seed, 4))
	if r.IntN(3) > 0 {
		return from
	}
	most, pause := 1+r.IntN(2000), time.Duration(1+r.IntN(int(5*time.Second)))
	return readerFunc(func(b []byte) (int, error) {
		if r.IntN(50) == 0 {
			w.Sleep(time.Duration(r.Int64N(int64(pause))))
		}
		return from.Read(b[:min(len(b), most)])
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func letters(r *rand.Rand) []byte {
	b := make([]byte, r.IntN(20_000))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// storm is weather of any strength, and perhaps a silence of up to a few seconds. It spares ARP, which asks three times
// only: a neighbour that cannot be found is another matter.
func storm(r *rand.Rand, w *World) func(nic.Passing) nic.Fate {
	lost, late, again, garbled := r.IntN(15), r.IntN(30), r.IntN(10), r.IntN(5)
	from := time.Duration(r.IntN(int(2 * time.Second)))
	to := from + time.Duration(r.IntN(4)*r.IntN(int(time.Second)))
	return func(p nic.Passing) nic.Fate {
		if p.Frame[12] == 0x08 && p.Frame[13] == 0x06 {
			return nic.Fate{}
		}
		if now := w.Now(); now >= from && now < to {
			return nic.Fate{Lost: true}
		}
		if r.IntN(100) < garbled { // up to 15 bits in a row, which no checksum misses
			at, bits := header.EthernetLen+r.IntN(len(p.Frame)-header.EthernetLen-1), (1+r.IntN(1<<8-1))<<r.IntN(8)
			p.Frame[at] ^= byte(bits >> 8)
			p.Frame[at+1] ^= byte(bits)
		}
		return nic.Fate{
			Lost:  r.IntN(100) < lost,
			Again: r.IntN(100) < again,
			Delay: time.Duration(min(r.IntN(100)/(100-late), 1) * r.IntN(int(20*time.Millisecond))),
		}
	}
}
