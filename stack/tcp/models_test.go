//go:build !before9

package tcp_test

import (
	"flag"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// long has the tests of this file take minutes of a machine's time, and hours of the simulation's.
var long = flag.Bool("long", false, "compare throughput with the models at more places, and for longer")

// bulk adds a connection that has no end of data to send, by way of lines there and back, under the given control.
func bulk(w *world, n int, control func() tcp.Controller, there, back []*line) (sender, receiver *end) {
	client := w.host(fmt.Sprint("client", n), netip.AddrFrom4([4]byte{10, 0, byte(n), 1}))
	server := w.host(fmt.Sprint("server", n), netip.AddrFrom4([4]byte{10, 0, byte(n), 2}))
	client.ways[server.addr], server.ways[client.addr] = there, back
	client.config.NewController = control
	client.shares, server.shares = true, true
	local, remote := netip.AddrPortFrom(client.addr, 1000), netip.AddrPortFrom(server.addr, 80)
	p := plan{total: math.MaxInt, piece: 1 << 14, bite: 1 << 14, sendBuffer: 2 << 20, receiveBuffer: 4 << 20}
	sender = w.end(client, local, remote, p)
	p.total, p.passive, p.ending = 0, true, answers
	receiver = w.end(server, remote, local, p)
	sender.other, receiver.other = receiver, sender
	sender.unwatched, receiver.unwatched = true, true
	server.expected[local] = receiver
	server.table.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), 80), &tcp.Listener{Backlog: 1})
	return sender, receiver
}

// runFor lets a world of bulk connections go on for a while.
func (w *world) runFor(t *testing.T, d time.Duration) {
	t.Helper()
	w.run(w.now+d, time.Minute, math.MaxInt)
	if w.err != nil {
		t.Fatal(w.err)
	}
}

const modelMSS = 1448 // of 1460, 12 for the timestamps

// TestModels compares the throughput over a way that loses packets by chance with what the models of the two controls say
// of it. For Reno that is 1/RTT·sqrt(3/2p) packets a second (Mathis, Semke, Mahdavi and Ott 1997; an ACK counts for what it
// acknowledges here, so that delayed ACKs take nothing off), for CUBIC the average window of RFC 9438 5.1, equation 5, or
// Reno's where that is larger: 4.3 sees to it.
func TestModels(t *testing.T) {
	reno := func(rtt, p float64) float64 { return math.Sqrt(1.5/p) / rtt }
	cubic := func(rtt, p float64) float64 {
		return max(reno(rtt, p), math.Pow(0.4*(3+0.7)/(4*(1-0.7)), 0.25)*math.Pow(rtt/p, 0.75)/rtt)
	}
	losses, packets, least, most := []float64{1e-2, 3e-3, 1e-3}, 30_000.0, 0.7, 1.4
	if *long {
		losses, packets = []float64{1e-2, 3e-3, 1e-3, 3e-4, 1e-4}, 1_000_000.0
		least, most = 0.8, 1.25
	}
	for _, m := range []struct {
		name    string
		control func() tcp.Controller
		model   func(rtt, p float64) float64
	}{{"Reno", tcp.Reno, reno}, {"CUBIC", tcp.CUBIC, cubic}} {
		for _, p := range losses {
			for _, rtt := range []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond} {
				w := newWorld(1)
				there, back := &line{delay: rtt / 2, fair: math.MaxInt64}, &line{delay: rtt / 2}
				there.foul.lost = p
				sender, receiver := bulk(w, 1, m.control, []*line{there}, []*line{back})
				sender.sleep(1, true)
				want := m.model(rtt.Seconds(), p)
				d := time.Duration(packets / want * float64(time.Second))
				w.runFor(t, d/4) // slow start
				before := receiver.got
				w.runFor(t, d)
				got := float64(receiver.got-before) / modelMSS / d.Seconds()
				ratio := got / want
				t.Logf("%5s, RTT %5v, p %.4f: %7.0f packets/s, the model says %7.0f: %.2f", m.name, rtt, p, got, want, ratio)
				if ratio < least || ratio > most {
					t.Errorf("not within %.2f to %.2f of the model", least, most)
				}
			}
		}
	}
}

// TestLate: where a fifth of the packets is overtaken, and none lost, the reordering window soon is wide enough, and timestamps
// are no hindrance. They were: an ACK of what had been late for longer was taken for proof that what was sent again had been so
// in vain, and what was taken back by that was lost again at once.
func TestLate(t *testing.T) {
	for _, by := range []time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond} {
		for _, without := range []bool{true, false} {
			w := newWorld(1)
			there, back := &line{rate: 2_500_000, delay: 20 * time.Millisecond, fair: math.MaxInt64, queue: 200_000}, &line{delay: 20 * time.Millisecond}
			there.foul.late, there.foul.lateBy = 0.2, by
			sender, receiver := bulk(w, 1, tcp.CUBIC, []*line{there}, []*line{back})
			sender.h.config.NoTimestamps = without
			sender.sleep(1, true)
			w.runFor(t, 30*time.Second)
			n := sender.c.Counts()
			t.Logf("late by up to %v, without timestamps %v: %d bytes, %d recoveries, %d of them in vain, %d too old to be taken",
				by, without, receiver.got, n[tcp.FastRecoveries], n[tcp.SpuriousRecoveries], receiver.c.Counts()[tcp.PAWSDropped])
			if got := n[tcp.FastRecoveries]; got > 30 || receiver.got < 55<<20 {
				t.Errorf("late by up to %v, without timestamps %v: %d recoveries, %d bytes", by, without, got, receiver.got)
			}
		}
	}
}

// shared has n connections share a bottleneck of rate bytes a second, with a queue for what the way holds and each with
// pieces of way of its own, and returns how many bytes each has carried in d, after as long a time to settle.
func shared(t *testing.T, seed uint64, rate int, rtts []time.Duration, controls []func() tcp.Controller, d time.Duration) []float64 {
	w := newWorld(seed)
	longest := rtts[0]
	for _, rtt := range rtts {
		longest = max(longest, rtt)
	}
	there := &line{rate: rate, delay: time.Millisecond, queue: int(float64(rate) * longest.Seconds())}
	back := &line{rate: rate, delay: time.Millisecond}
	var ends []*end
	for i, rtt := range rtts {
		own := func() *line {
			return &line{rate: 1e9, delay: rtt/4 - time.Millisecond/2 - time.Duration(w.r.IntN(int(rtt/40))), jitter: rtt / 40}
		}
		sender, receiver := bulk(w, i, controls[i%len(controls)], []*line{own(), there, own()}, []*line{own(), back, own()})
		sender.sleep(1+rand64(w.r, time.Second), true)
		ends = append(ends, receiver)
	}
	w.runFor(t, d)
	got := make([]float64, len(ends))
	for i, e := range ends {
		got[i] = -float64(e.got)
	}
	w.runFor(t, d)
	for i, e := range ends {
		got[i] += float64(e.got)
	}
	return got
}

// jain is the index of fairness: 1 when all have the same, 1/n when one has all.
func jain(x []float64) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += v
		squares += v * v
	}
	return sum * sum / (float64(len(x)) * squares)
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

const (
	bottleneck = 2_500_000 // bytes a second
	roundTrip  = 40 * time.Millisecond
)

// sharing is how long a test of connections that share a bottleneck lasts.
func sharing() time.Duration {
	if *long {
		return 5 * time.Minute
	}
	return 15 * time.Second
}

// TestFairness: connections that share a bottleneck share it evenly, and use it: with a queue for one bandwidth-delay product
// nine tenths of it at least.
func TestFairness(t *testing.T) {
	d, least := sharing(), 0.75 // fifteen seconds are not enough for a fair share
	if *long {
		least = 0.9
	}
	for _, c := range []struct {
		name    string
		control func() tcp.Controller
	}{{"Reno", tcp.Reno}, {"CUBIC", tcp.CUBIC}} {
		for _, n := range []int{1, 2, 8, 32, 64} {
			rtts := slices.Repeat([]time.Duration{roundTrip}, n)
			got := shared(t, 1, bottleneck, rtts, []func() tcp.Controller{c.control}, d)
			used := sum(got) / modelMSS * 1500 / (bottleneck * d.Seconds())
			index := jain(got)
			t.Logf("%5s, %2d connections: Jain's index %.3f, the bottleneck is used to %.1f%%", c.name, n, index, 100*used)
			if index < least || used < 0.9 {
				t.Errorf("Jain's index is to be %.2f at least, and the use 90%%", least)
			}
		}
	}
}

// TestFriendly: where windows are small CUBIC is as Reno would be, and leaves it its share (RFC 9438 4.3). Of two connections
// the one with the shorter way gets more under either; how much is written down, for there is no right measure.
func TestFriendly(t *testing.T) {
	d := sharing()
	for _, n := range []int{2, 8} {
		got := shared(t, 1, bottleneck, slices.Repeat([]time.Duration{roundTrip}, n), []func() tcp.Controller{tcp.Reno, tcp.CUBIC}, d)
		var share [2]float64
		for i, v := range got {
			share[i%2] += v
		}
		ratio := share[1] / share[0]
		t.Logf("%d connections, every other under Reno: CUBIC's have %.2f of what Reno's have", n, ratio)
		if ratio < 0.5 || ratio > 2 {
			t.Error("that is not within half and double")
		}
	}
	for _, c := range []struct {
		name    string
		control func() tcp.Controller
	}{{"Reno", tcp.Reno}, {"CUBIC", tcp.CUBIC}} {
		got := shared(t, 1, bottleneck, []time.Duration{roundTrip / 2, 2 * roundTrip}, []func() tcp.Controller{c.control}, d)
		t.Logf("%5s: a way four times as long has %.2f of the share of the other", c.name, got[1]/got[0])
	}
}
