//go:build !before7

package script

import (
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// pair is two recorded ends and a network between them that loses and delays, all from a seed.
type pair struct {
	rng      *rand.Rand
	now      time.Duration
	a, b     *Recorder
	listener tcp.Listener
	config   tcp.Config
	flying   []flying
	order    int
}

type flying struct {
	at      time.Duration
	order   int
	to      byte
	header  header.TCP
	payload []byte
	tos     uint8
}

func memory(local, remote netip.AddrPort, limit int) tcp.Endpoints {
	e := tcp.Endpoints{Local: local, Remote: remote, Send: new(buffer.Queue), Receive: new(buffer.Chain), MTU: 1500}
	e.Receive.SetLimit(limit)
	return e
}

// flush sends what an end has to send.
func (p *pair) flush(r *Recorder, to byte) {
	var s tcp.Segment
	for r.Next(p.now, &s) {
		if p.rng.IntN(10) == 0 {
			continue
		}
		p.order++
		h := s.Header
		h.Options = slices.Clone(h.Options)
		delay := 20 * time.Millisecond
		if p.rng.IntN(8) == 0 {
			delay += time.Duration(p.rng.IntN(30)) * time.Millisecond
		}
		p.flying = append(p.flying, flying{p.now + delay, p.order, to, h, slices.Concat(s.Body[0], s.Body[1]), s.TOS})
	}
}

// step goes to when something happens next, and has it happen.
func (p *pair) step() bool {
	next, ok := time.Duration(1<<62), false
	for _, f := range p.flying {
		next, ok = min(next, f.at), true
	}
	for _, r := range []*Recorder{p.a, p.b} {
		if r == nil {
			continue
		}
		if at, set := r.Deadline(); set {
			next, ok = min(next, at), true
		}
	}
	if !ok {
		return false
	}
	p.now = max(p.now, next)
	var due []flying
	p.flying = slices.DeleteFunc(p.flying, func(f flying) bool {
		if f.at <= p.now {
			due = append(due, f)
		}
		return f.at <= p.now
	})
	slices.SortFunc(due, func(f, g flying) int { return f.order - g.order })
	for _, f := range due { // several at once, and one answer
		if f.to == 'a' {
			p.a.Arrive(p.now, &f.header, f.payload, nil, f.tos)
		} else if p.b != nil {
			p.b.Arrive(p.now, &f.header, f.payload, nil, f.tos)
		} else {
			p.b, _ = Accept(&p.listener, &p.config, memory(there, here, 20000), p.now, &f.header)
		}
	}
	for _, end := range []struct {
		r  *Recorder
		to byte
	}{{p.a, 'b'}, {p.b, 'a'}} {
		if end.r == nil {
			continue
		}
		end.r.Timeout(p.now)
		p.flush(end.r, end.to)
	}
	return true
}

// TestRecord: what happens to both ends of a connection over a bad network, written down, runs to the same end, segment for
// segment. A record that is changed does not.
func TestRecord(t *testing.T) {
	for seed := range uint64(40) {
		p := &pair{rng: rand.New(rand.NewPCG(seed, 7)), now: 3 * time.Second, listener: tcp.Listener{Backlog: 1}}
		p.a = Open(&p.config, memory(here, there, 9000+int(seed)), p.now)
		p.a.SetKeepAlive(p.now, 20*time.Second)
		p.a.SetUserTimeout(p.now, 2*time.Minute)
		p.flush(p.a, 'b')
		pending, closed, got := 60_000, false, 0
		buf := make([]byte, 8192)
		for range 3000 {
			if !p.step() {
				break
			}
			if p.a.State() == tcp.Established && pending > 0 {
				write := p.a.Write
				if seed%8 == 7 {
					write = p.a.WriteUrgent
				}
				n, _ := write(p.now, make([]byte, min(pending, 1+p.rng.IntN(20000))))
				pending -= n
				p.flush(p.a, 'b')
			} else if pending == 0 && !closed {
				closed = true
				p.a.Close(p.now)
				p.flush(p.a, 'b')
			}
			if p.b == nil {
				continue
			}
			n, err := p.b.Read(p.now, buf[:1+p.rng.IntN(len(buf))])
			got += n
			p.flush(p.b, 'a')
			switch {
			case err == io.EOF:
				p.b.Close(p.now)
				p.flush(p.b, 'a')
			case seed%8 == 5 && got > 30_000:
				p.b.Abort(p.now)
				p.flush(p.b, 'a')
			case seed%8 == 4 && got > 20_000 && p.rng.IntN(20) == 0:
				toldMore(p)
			case seed%8 == 6 && got > 20_000 && p.rng.IntN(20) == 0:
				p.a.Report(p.now, 101, syscall.EHOSTUNREACH, false)
			}
		}
		if p.b == nil || got == 0 {
			t.Fatalf("seed %d: nothing came through", seed)
		}
		for _, r := range []*Recorder{p.a, p.b} {
			text := r.Text("a recorded end")
			scripts, err := Parse("record", text)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			if err := scripts[0].Run(nil); err != nil {
				t.Fatalf("seed %d: %v\n", seed, err)
			}
			changed := strings.Replace(text, "> PSH,ACK", "> FIN,PSH,ACK", 1)
			if changed == text {
				changed = strings.Replace(text, "> ACK", "> PSH,ACK", 1)
			}
			scripts, err = Parse("record", changed)
			if err != nil {
				t.Fatal(err)
			}
			if scripts[0].Run(nil) == nil {
				t.Fatalf("seed %d: changed, and it still runs to its end", seed)
			}
		}
	}
}
