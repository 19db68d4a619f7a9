//go:build !before7

package tcp_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// plan is what an application does with its end of a connection.
type plan struct {
	passive       bool          // it listens
	total         int           // how many bytes it writes …
	piece         int           // … at most so many at a time …
	pause         time.Duration // … and sometimes waits up to so long
	bite          int           // how many it reads at a time …
	rest          time.Duration // … and sometimes waits up to so long
	stallAt       int           // when it has got so many bytes …
	stall         time.Duration // … it reads nothing for so long
	sendBuffer    int
	receiveBuffer int
	noDelay       bool
	keepAlive     time.Duration
	ending        ending
	after         int           // aborts: when it has written and read so many bytes
	until         time.Duration // when its patience ends; 0: never
	fair          bool          // nothing is in the way of everything arriving
}

// ending is how an application ends its connection.
type ending uint8

const (
	closes   ending = iota // when all is written; then it reads to the end
	answers                // when the other has closed and all is written
	vanishes               // when all is written, and does not read what still comes
	aborts
	endings
)

// draw makes a world of all that can happen.
func draw(w *world) (patience time.Duration) {
	r := w.r
	sky := r.IntN(10) // 0: fair weather; 9: it ends in the middle
	flows := 1
	switch r.IntN(20) {
	case 0:
		flows = 1 + r.IntN(64)
	case 1, 2, 3:
		flows = 1 + r.IntN(8)
	}
	a, b := drawLine(r, sky, flows), drawLine(r, sky, flows)
	if sky == 9 {
		cut := rand64(r, time.Duration(spread(r, 1e6, 30e9)))
		a.foul.silent = append(a.foul.silent, span{cut, math.MaxInt64})
		b.foul.silent = append(b.foul.silent, span{cut, math.MaxInt64})
	}
	w.calm = sky == 0
	for i := range flows {
		drawFlow(w, sky, flows, byte(i), a, b)
	}
	// What may keep a connection from getting on: the weather, the doubled timeout behind it, and the applications.
	patience = max(a.fair, b.fair) + 3*time.Minute
	for _, s := range slices.Concat(a.foul.silent, b.foul.silent) {
		patience += 2 * (s.to - s.from)
	}
	for _, e := range w.ends {
		patience += e.plan.stall
		if !e.plan.fair {
			return 3 * time.Hour
		}
	}
	return patience
}

// drawLine draws one direction of the way that all share.
func drawLine(r *rand.Rand, sky, flows int) *line {
	l := &line{delay: time.Duration(spread(r, 1e4, 5e8))}
	if r.IntN(4) > 0 {
		l.rate = int(spread(r, 2e4, 1e8))
		l.queue = int(spread(r, 0.2, 5)*l.delay.Seconds()*float64(l.rate)) + 1500*(1+r.IntN(5*flows))
	}
	if sky == 0 {
		// Nothing is lost, and no round trip is so long, or becomes so long by the queue, that with a delayed ACK it lasts longer
		// than the shortest timeout.
		l.queue, l.delay = 0, min(l.delay, 20*time.Millisecond)
		if l.rate > 0 {
			l.rate = max(l.rate, flows*10_000_000)
		}
		return l
	}
	if r.IntN(4) == 0 {
		l.jitter = time.Duration(spread(r, 1e3, 1e8))
	}
	if r.IntN(8) == 0 {
		l.places = 2 + r.IntN(20)
	}
	if r.IntN(4) == 0 {
		l.mark = 1 + r.IntN(20_000)
	}
	l.fair = time.Duration(spread(r, 1e8, 60e9))
	f := &l.foul
	if r.IntN(2) == 0 {
		f.lost = spread(r, 0.001, 0.3)
	}
	if r.IntN(4) == 0 {
		f.burst, f.between = time.Duration(spread(r, 1e6, 1e9)), time.Duration(spread(r, 1e7, 1e10))
	}
	if r.IntN(3) == 0 {
		f.late, f.lateBy = spread(r, 0.001, 0.5), time.Duration(spread(r, 1e5, 1e9))
	}
	if r.IntN(4) == 0 {
		f.again = spread(r, 0.001, 0.3)
	}
	if r.IntN(4) == 0 {
		f.garbled = spread(r, 0.001, 0.2)
	}
	drawNarrow(r, l)
	for r.IntN(6) == 0 {
		from := rand64(r, 10*time.Second)
		// A minute's silence leaves a SYN two more tries, which for many at once may well fail: their queue may be full.
		f.silent = append(f.silent, span{from, from + time.Duration(spread(r, 1e7, 50e9)/float64(min(flows, 5)))})
	}
	return l
}

// drawFlow draws a connection over the shared lines, and each end's own piece of the way.
func drawFlow(w *world, sky, flows int, n byte, there, back *line) {
	r := w.r
	hosts := [2]*host{
		w.host(fmt.Sprintf("client%d", n), netip.AddrFrom4([4]byte{10, 0, n, 1})),
		w.host(fmt.Sprintf("server%d", n), netip.AddrFrom4([4]byte{10, 0, n, 2})),
	}
	client, server := hosts[0], hosts[1]
	least, longest := 1e5, 1e8
	if w.calm {
		least, longest = 1e7, 1e7
	}
	own := func() *line {
		return &line{delay: time.Duration(spread(r, 1e3, longest)), rate: int(spread(r, least, 1e9))}
	}
	client.ways[server.addr], server.ways[client.addr] = []*line{there}, []*line{back}
	if flows > 1 {
		client.ways[server.addr] = []*line{own(), there, own()}
		server.ways[client.addr] = []*line{own(), back, own()}
	}
	wire := r.IntN(2) == 0
	for _, h := range hosts {
		h.wire, h.shares = wire, r.IntN(2) == 0
		h.mtu = []int{1500, 1500, 576, 9000, 100 + r.IntN(1400)}[r.IntN(5)]
		if r.IntN(2) == 0 {
			h.super = 1<<(10+r.IntN(7)) - 1
		}
		drawConfig(r, &h.config)
	}
	local, remote := netip.AddrPortFrom(client.addr, 1000), netip.AddrPortFrom(server.addr, 80)
	if !there.passable() || !back.passable() {
		bakesNot(&server.config)
	}
	pair := func() (x, y *end) {
		plans := drawPlans(r, sky, flows, min(client.mtu, server.mtu))
		if mayBake(&server.config) {
			// When the ACK of a cookie is lost, only what the client has to say makes the server know of the connection.
			plans[0].total = max(1, plans[0].total)
		}
		plans[1].passive = true
		x, y = w.end(client, local, remote, plans[0]), w.end(server, remote, local, plans[1])
		x.other, y.other = y, x
		return x, y
	}
	x, y := pair()
	begin := rand64(r, 2*time.Second)*time.Duration(min(1, r.IntN(2)+flows-1)) + 1
	x.sleep(begin, true)
	if r.IntN(8) == 0 { // both open at once
		y.plan.passive = false
		y.sleep(begin, true)
		return
	}
	server.expected[local] = y
	server.table.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), 80), &tcp.Listener{Backlog: 2 + r.IntN(3)})
	for x.plan.fair && flows == 1 && r.IntN(4) == 0 { // once more between the same two ends, as soon as they are free
		bakesNot(&server.config)
		nextX, nextY := pair()
		x.next, y.next = nextX, nextY
		nextX.follows, nextY.follows = true, true
		x, y = nextX, nextY
	}
}

// drawConfig draws what the hosts of a connection may do in their own ways.
func drawConfig(r *rand.Rand, g *tcp.Config) {
	g.MSL = time.Duration(1+r.IntN(30)) * time.Second
	g.Rand = r.Uint64
	begin := header.Seq(r.Uint32())
	if r.IntN(2) == 0 {
		begin = header.Seq(1<<32 - r.Int64N(100_000)) // round the end of the numbers
	}
	g.InitialSequence = func(_, _ netip.AddrPort, now time.Duration) header.Seq {
		return begin.Add(int(now / (4 * time.Microsecond)))
	}
	drawWeather(r, g)
	drawDefence(r, g)
}

// drawPlans draws what the two applications do.
func drawPlans(r *rand.Rand, sky, flows, mtu int) (p [2]plan) {
	rude := sky == 9 || sky > 6
	most := float64(min(1_000_000, 1500*mtu)) / math.Sqrt(float64(flows))
	for i := range p {
		p[i] = plan{
			total:         int(spread(r, 1, most) * (1 - float64(r.IntN(2))*r.Float64())),
			piece:         int(spread(r, 2, period-1)),
			bite:          int(spread(r, 2, 1<<14-1)),
			sendBuffer:    int(spread(r, 2000, 300_000)),
			receiveBuffer: int(spread(r, 2000, 300_000)),
			noDelay:       r.IntN(4) == 0,
			ending:        ending(r.IntN(2)),
		}
		q := &p[i]
		q.piece = min(max(q.piece, q.total/1000), period)
		q.bite = min(max(q.bite, int(most/1000)), 1<<14)
		if r.IntN(3) == 0 {
			q.pause = time.Duration(spread(r, 1e5, 3e9))
		}
		if r.IntN(3) == 0 {
			q.rest = time.Duration(spread(r, 1e5, 3e9))
		}
		if r.IntN(6) == 0 {
			q.stallAt, q.stall = int(spread(r, 1, most)), time.Duration(spread(r, 1e8, 600e9))
		}
		if r.IntN(6) == 0 {
			q.keepAlive = time.Duration(spread(r, 60e9, 600e9))
		}
		if rude {
			q.ending = ending(r.IntN(int(endings)))
			q.after = int(spread(r, 1, 2*most))
			q.keepAlive = time.Duration(spread(r, 1e9, 60e9))
			q.until = time.Duration(spread(r, 1e6, 3600e9))
		}
		q.fair = !rude
	}
	if p[0].ending == answers && p[1].ending == answers {
		p[r.IntN(2)].ending = closes // or they would wait for each other for ever, and be right
	}
	return p
}
