//go:build !before10

package tcp_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// FuzzHostile lets somebody make up segments in the middle of a conversation. The seed says what the two hosts, the network
// between them and their applications are; attack is a row of segments, stroke bytes each, and when they come.
//
// A blind attacker knows the two ends and nothing else. Whatever he sends, both streams arrive whole and in time, and both
// ends close in order. His numbers are random, and where one would by luck have been right it is bent.
//
// One on the way knows all that both ends know. He can end or garble a connection, and nobody can help that; but nothing
// panics or goes round for ever, what must always be so is so (see Watch), and no memory is kept beyond its bounds.
func FuzzHostile(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 5961))
	for seed := range uint64(20) {
		f.Add(seed, seed%2 == 0, strokes(r, 1+r.IntN(30)))
	}
	f.Fuzz(func(t *testing.T, seed uint64, onPath bool, attack []byte) {
		if err := besieged(seed, onPath, attack[:min(len(attack), 200*stroke)]); err != nil {
			t.Error(err)
		}
	})
}

// TestHostile is the same with attacks drawn from seeds: see TestSeeds for how to have others.
func TestHostile(t *testing.T) {
	for i := range uint64(*seeds) {
		seed := *firstSeed - 1 + i
		r := rand.New(rand.NewPCG(seed, 1337))
		onPath := seed%2 == 0
		if err := besieged(seed, onPath, strokes(r, 1+r.IntN(60))); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

const stroke = 12

func strokes(r *rand.Rand, n int) []byte {
	b := make([]byte, n*stroke)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// besieged lets a world live in which somebody attacks.
func besieged(seed uint64, onPath bool, attack []byte) (err error) {
	w := newWorld(seed)
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Sprintf("seed %d, on the way: %v: at %v: %v", seed, onPath, w.now, p))
		}
	}()
	w.attacked, w.betrayed = true, onPath
	r := w.r
	sky := r.IntN(6)
	there, back := drawLine(r, sky, 1), drawLine(r, sky, 1)
	there.foul.silent, back.foul.silent = nil, nil
	drawFlow(w, sky, 1, 0, there, back)
	w.ends = w.ends[:2] // the attacker knows of one connection: none follows it
	w.ends[0].next, w.ends[1].next = nil, nil
	for _, e := range w.ends {
		p := &e.plan
		p.total = min(p.total, 30_000)
		p.stall = min(p.stall, time.Minute)
		if onPath {
			// It need not come to a good end, but to an end.
			p.fair, p.until = false, time.Duration(spread(r, 1e6, 600e9))
		}
	}
	const events = 1_000_000
	a := attacker{w: w, blind: !onPath}
	at := time.Duration(0)
	for len(attack) >= stroke {
		var s [stroke]byte
		copy(s[:], attack)
		attack = attack[stroke:]
		at += time.Duration(s[0]) * time.Duration(s[0]) * (time.Duration(s[1]) + 1) * 100 // up to 1.7 seconds
		w.run(at, math.MaxInt64, events)
		w.now = max(w.now, at)
		a.strike(s)
		if w.err != nil {
			return w.err
		}
	}
	patience := 10 * time.Minute
	if onPath {
		patience = 3 * time.Hour
	}
	w.run(math.MaxInt64, patience, events)
	return errors.Join(w.live(patience), a.err)
}

// attacker is who makes up segments.
type attacker struct {
	w     *world
	blind bool
	err   error
}

// strike makes up one segment, as the bytes say, and hands it to one of the two ends as if it came from the other.
func (a *attacker) strike(s [stroke]byte) {
	w := a.w
	e := w.ends[int(s[2]&1)]
	var known tcp.Numbers
	if e.c != nil && e.c.State() != tcp.Closed {
		known = e.c.Numbers()
	}
	p := w.packet()
	p.from, p.to, p.way, p.tos = e.remote, e.local, nil, s[2]>>6
	length := [8]int{0, 0, 0, 1, 10, 536, 1460, 3000}[s[2]>>1&7]
	flags := header.Flags(s[3])
	if s[2]>>4&3 == 0 { // more often what opens the way
		flags = [4]header.Flags{header.RST, header.SYN, header.ACK, header.FIN | header.ACK}[s[3]&3]
	}
	if !a.blind && s[5]&7 > 0 { // what ends a connection at once teaches little
		flags = flags&^(header.RST|header.SYN) | header.ACK
	}
	x, y := binary.BigEndian.Uint32(s[4:]), binary.BigEndian.Uint32(s[8:])
	p.h = header.TCP{SrcPort: e.remote.Port(), DstPort: e.local.Port(), Flags: flags, Window: uint16(y), Urgent: uint16(x)}
	if a.blind {
		p.h.Seq, p.h.Ack = header.Seq(x), header.Seq(y)
		// Opening, the two ends believe what they hear first (RFC 9293 3.10.7.3): the attacker comes later, or never
		// says SYN. And he has no luck.
		if known.State == tcp.SynSent && flags.Has(header.SYN) {
			p.h.Flags &^= header.SYN
		}
		if p.h.Ack == known.Next {
			p.h.Ack += 1 << 31
		}
		span := length + 2
		if around := known.Receive.Add(-span); p.h.Seq.In(around, known.Window+2*span) {
			p.h.Seq += 1 << 31
		}
	} else {
		p.h.Seq = near(x, known.Receive, known.Window)
		p.h.Ack = near(y, known.Unacknowledged, known.Next.Sub(known.Unacknowledged))
	}
	for range length {
		p.payload = append(p.payload, byte(x))
	}
	p.h.Options = a.options(p.options[:0], s, known, length)
	if w.ends[0].c == nil && e == w.ends[0] {
		p.Release() // nobody there yet
		return
	}
	w.arrive(p)
}

// near is a number at a place, or at one a little off it, or at the other end of so many places.
func near(x uint32, at header.Seq, size int) header.Seq {
	off := int(int8(x >> 24))
	switch x & 7 {
	case 0, 1, 2:
		return at
	case 3:
		return at.Add(size)
	case 4:
		return at.Add(size + off)
	case 5:
		return at.Add(off)
	case 6:
		return at.Add(int(x>>8) % (size + 1))
	}
	return header.Seq(x)
}

// options makes up options: none, timestamps, SACK blocks, or anything.
func (a *attacker) options(b []byte, s [stroke]byte, known tcp.Numbers, length int) []byte {
	x := binary.BigEndian.Uint32(s[6:])
	switch s[1] & 7 {
	case 0, 1:
		return header.AppendTimestamps(b, header.Timestamps{Value: x, Echo: x >> 3})
	case 2:
		if a.blind {
			return b
		}
		left := near(x, known.Unacknowledged, known.Next.Sub(known.Unacknowledged))
		return header.AppendSACK(b, []header.Block{{Left: left, Right: left.Add(int(s[7]))}, {Left: left.Add(int(int16(x))), Right: left.Add(int(s[9]))}})
	case 3:
		b = header.AppendMSS(b, uint16(x))
		b = header.AppendWindowScale(b, byte(x>>16))
		return header.AppendSACKPermitted(b)
	case 4:
		b = append(b, s[4:]...)
		if !header.OptionsValid(b) {
			b = b[:0]
		}
		return b
	}
	return b
}

// TestHostileFound goes through attacks that have once found something.
func TestHostileFound(t *testing.T) {
	for _, c := range []struct {
		seed   uint64
		onPath bool
	}{
		{4098, true}, // a FIN before the end of what has arrived kept another, that never was one, from being forgotten
		{8744, true},
	} {
		r := rand.New(rand.NewPCG(c.seed, 77))
		if err := besieged(c.seed, c.onPath, strokes(r, 1+r.IntN(200))); err != nil {
			t.Errorf("seed %d: %v", c.seed, err)
		}
	}
}
