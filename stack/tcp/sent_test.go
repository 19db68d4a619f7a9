//go:build !before4

package tcp

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tsunagu/tsunagu/stack/header"
)

// check walks the whole queue and compares its rings, marks and sums with each other.
func (q *sentQueue) check(tb interface{ Fatalf(string, ...any) }) {
	if q.used == 0 {
		if q.lostSpace|q.sackedSpace|q.repeatedSpace|q.sackedPackets != 0 || len(q.slab) > heads {
			tb.Fatalf("an empty queue of %d places: %+v", len(q.slab), *q)
		}
		return
	}
	var lost, sacked, repeated, packets, used int
	in := map[int32]string{}
	for i := q.slab[flying].ring.next; i != flying; i = q.slab[i].ring.next {
		in[i] = "flying"
		if p := q.slab[i].ring.prev; p != flying && q.slab[p].at > q.slab[i].at {
			tb.Fatalf("the segments under way are not in the order in which they were sent")
		}
	}
	for i := q.slab[losing].ring.next; i != losing; i = q.slab[i].ring.next {
		in[i] += "lost"
	}
	end := q.at(q.oldest()).seq
	for i := q.oldest(); i != none; i = q.slab[i].order.next {
		e := q.at(i)
		if used++; e.seq != end || !e.seq.Before(e.end) {
			tb.Fatalf("a segment from %d to %d behind %d", e.seq, e.end, end)
		}
		end = e.end
		want := "flying"
		switch {
		case e.is(markSacked):
			want = ""
			sacked += e.len()
			packets += int(e.packets)
		case e.is(markLost):
			want = "lost"
			lost += e.len()
		case e.is(markRetransmitted):
			repeated += e.len()
		}
		if e.is(markSacked) && e.is(markLost) || in[i] != want {
			tb.Fatalf("the segment from %d, marks %b, stands in the ring %q", e.seq, e.mark, in[i])
		}
	}
	if used != q.used || lost != q.lostSpace || sacked != q.sackedSpace || repeated != q.repeatedSpace || packets != q.sackedPackets {
		tb.Fatalf("%d used, lost %d, sacked %d (%d), repeated %d; counted %d, %d, %d (%d), %d",
			q.used, q.lostSpace, q.sackedSpace, q.sackedPackets, q.repeatedSpace, used, lost, sacked, packets, repeated)
	}
}

// TestSentQueue: whatever is done to the queue, it is what a plain list would be.
func TestSentQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := header.Seq(rapid.Uint32().Draw(t, "start"))
		c := &Conn{}
		q := &c.sent
		c.snd.una, c.snd.nxt = start, start
		state := map[header.Seq]byte{} // of each sequence number: ' ' under way, 'L' lost, 'r' sent again
		now := time.Duration(0)
		pick := func(what byte) int32 {
			var list []int32
			if !q.empty() {
				for i := q.oldest(); i != none; i = q.at(i).order.next {
					if s := state[q.at(i).seq]; what == '*' || s == what || what == '-' && s != 'L' {
						list = append(list, i)
					}
				}
			}
			if len(list) == 0 {
				t.Skip("nothing of the kind")
			}
			return rapid.SampledFrom(list).Draw(t, "which")
		}
		mark := func(i int32, as byte) {
			for s := q.at(i).seq; s != q.at(i).end; s++ {
				state[s] = as
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				now++
				n := rapid.IntRange(1, 20).Draw(t, "length")
				q.push(c.snd.nxt, c.snd.nxt.Add(n), 0, now)
				mark(q.newest(), ' ')
				c.snd.nxt = c.snd.nxt.Add(n)
			},
			"lose": func(*rapid.T) { i := pick('-'); mark(i, 'L'); q.lose(i) },
			"again": func(*rapid.T) {
				now++
				if i := q.firstLost(); i != none {
					mark(i, 'r')
					q.again(i, now)
				}
			},
			"loseAll": func(*rapid.T) {
				for s := range state {
					state[s] = 'L'
				}
				q.loseAll(now)
			},
			"gather": func(t *rapid.T) {
				i := pick('L')
				from, n, most := q.at(i).seq, q.at(i).len(), rapid.IntRange(1, 60).Draw(t, "most")
				q.gather(i, most)
				if e := q.at(i); e.seq != from || e.len() > max(n, most) {
					t.Fatalf("of %d places from %d there are %d from %d, not more than %d", n, from, e.len(), e.seq, most)
				}
				if j := q.at(i).order.next; j != none && q.at(j).is(markLost) && q.at(i).len()+q.at(j).len() <= most {
					t.Fatalf("there is room for one more")
				}
			},
			"split": func(t *rapid.T) {
				if i := pick('*'); q.at(i).len() > 1 {
					q.split(i, rapid.IntRange(1, q.at(i).len()-1).Draw(t, "at"))
				}
			},
			"acknowledge": func(t *rapid.T) {
				n := rapid.IntRange(0, c.snd.nxt.Sub(c.snd.una)).Draw(t, "n")
				c.acknowledge(now, c.snd.una.Add(n))
				for range n {
					delete(state, c.snd.una)
					c.snd.una++
				}
			},
			"": func(t *rapid.T) {
				q.check(t)
				if q.empty() != (len(state) == 0) {
					t.Fatalf("%d sequence numbers, %d entries", len(state), q.len())
				}
				if q.empty() {
					return
				}
				var got, want []string
				for i := q.oldest(); i != none; i = q.at(i).order.next {
					for s := q.at(i).seq; s != q.at(i).end; s++ {
						m := byte(' ')
						if q.at(i).is(markLost) {
							m = 'L'
						} else if q.at(i).is(markRetransmitted) {
							m = 'r'
						}
						got = append(got, fmt.Sprintf("%d%c", s, m))
					}
				}
				for s := c.snd.una; s != c.snd.nxt; s++ {
					want = append(want, fmt.Sprintf("%d%c", s, state[s]))
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%v, not %v", got, want)
				}
			},
		})
	})
}

// TestSentQueueKeepsLittle: what a burst took is given back when all has been acknowledged.
func TestSentQueueKeepsLittle(t *testing.T) {
	c := &Conn{}
	for i := range 1000 {
		c.sent.push(header.Seq(i), header.Seq(i+1), 0, 0)
	}
	c.acknowledge(0, 1000)
	if n := cap(c.sent.slab); n > heads+sentKeep {
		t.Errorf("an empty queue keeps %d places", n)
	}
}
