//go:build !before9

package sim

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// TestRoutersNarrow: over two routers with a link between them that takes less than the hosts' own. The router tells, TCP
// sends shorter segments from then on, and all arrives: on a fine day, in bad weather, and through a queue that is short.
func TestRoutersNarrow(t *testing.T) {
	for seed := range uint64(6) {
		w := New(seed)
		client, server := w.Host("client"), w.Host("server")
		a, b := w.Router("a"), w.Router("b")
		w.Link(client, a)
		middle := w.Link(a, b)
		w.Link(b, server)
		middle.MTU = 1000 + int(seed)*50
		middle.Delay = 10 * time.Millisecond
		middle.Rate = 10_000_000
		middle.Frames = 20
		w.FindRoutes()
		if seed%2 == 1 {
			r := rand.New(rand.NewPCG(seed, 1))
			middle.Fate = func(nic.Passing) nic.Fate { return nic.Fate{Lost: r.IntN(50) == 0} }
		}
		carried(t, w, client, server, random(400_000, seed))
		told := len(icmpAt(w, "client"))
		if told == 0 || a.Count.TooLong != told || a.Count.Fragmented != 0 {
			t.Errorf("seed %d: told %d times: %+v", seed, told, a.Count)
		}
		longest := 0
		for _, e := range w.Trace().Events().Of(trace.Receive).By("server") {
			longest = max(longest, len(e.Frame)-header.EthernetLen)
		}
		if longest > middle.MTU || longest < middle.MTU-8 {
			t.Errorf("seed %d: the longest packet has %d bytes of %d", seed, longest, middle.MTU)
		}
		if seed == 0 && w.Now() > 2*time.Minute {
			t.Errorf("it took %v", w.Now())
		}
	}
}

// TestRoutersBothWays: many hosts on either side of a slow link, all at once; every connection gets through.
func TestRoutersBothWays(t *testing.T) {
	w := New(3)
	left, right := w.Switch("left"), w.Switch("right")
	a, b := w.Router("a"), w.Router("b")
	w.Link(a, left)
	w.Link(b, right)
	middle := w.Link(a, b)
	middle.Rate, middle.Queue = 20_000_000, 60_000
	w.FindRoutes()
	clients, servers := hosts(w, left, 8), hosts(w, right, 8)
	done := 0
	for i, server := range servers {
		l := listener(t, server, 80, 8)
		w.Go(func() {
			for {
				c, _, err := server.Accept(l)
				if err != nil {
					return
				}
				w.Go(func() {
					n := 0
					buf := make([]byte, 5000)
					for {
						k, err := server.Read(c, buf)
						if n += k; err != nil {
							break
						}
					}
					if n == 50_000 {
						done++
					}
					server.Close(c)
				})
			}
		})
		for j, client := range clients {
			w.Go(func() {
				c := stream(t, client)
				if err := client.Connect(c, server.Addr(80)); err != nil {
					t.Errorf("%d to %d: %v", j, i, err)
					return
				}
				client.Write(c, make([]byte, 50_000))
				client.Close(c)
			})
		}
	}
	w.Sleep(5 * time.Minute)
	if done != 64 {
		t.Errorf("%d of 64 connections got through", done)
	}
	w.Trace().Clear()
}
