//go:build !before4

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// sentQueue is the queue of segments that take up sequence numbers, have been sent, and are not yet acknowledged, oldest
// first. Only where each begins and ends is kept: the bytes lie in the send buffer.
type sentQueue struct {
	entries []sentSegment
	first   int
	lost    int // how many are marked as lost

	lostSpace int // how many sequence numbers those take up
}

type sentSegment struct {
	seq, end header.Seq // the places it takes up: from seq to before end
	flags    header.Flags
	at       time.Duration // when it was last sent
	mark     mark
}

// mark is what is known of a sent segment.
type mark uint8

const (
	markRetransmitted mark = 1 << iota // sent more than once: its ACK says nothing of the round-trip time (Karn)
	markLost                           // to be sent again
)

func (q *sentQueue) empty() bool { return q.first == len(q.entries) }

func (q *sentQueue) len() int { return len(q.entries) - q.first }

// lose marks the i-th oldest segment as lost.
func (q *sentQueue) lose(i int) {
	if e := q.at(i); e.mark&markLost == 0 {
		e.mark |= markLost
		q.lost++
		q.lostSpace += e.end.Sub(e.seq)
	}
}

// again notes that e, which was marked as lost, is being sent again.
func (q *sentQueue) again(e *sentSegment, now time.Duration) {
	e.mark = e.mark&^markLost | markRetransmitted
	e.at = now
	q.lost--
	q.lostSpace -= e.end.Sub(e.seq)
}

func (q *sentQueue) push(s sentSegment) {
	if len(q.entries) == cap(q.entries) && q.first > len(q.entries)/2 { // else growing is cheaper in the long run
		q.entries = q.entries[:copy(q.entries, q.entries[q.first:])]
		q.first = 0
	}
	q.entries = append(q.entries, s)
}

// at returns the i-th oldest segment.
func (q *sentQueue) at(i int) *sentSegment { return &q.entries[q.first+i] }

// acknowledge takes off what una covers whole and cuts off what it covers in part. It returns when the newest segment
// that was covered whole had been sent: the round-trip time's sample. There is none when any of them was sent more than
// once: its ACK may answer either (Karn), and those behind it have waited for it.
func (q *sentQueue) acknowledge(una header.Seq) (at time.Duration, sample bool) {
	repeated := false
	for !q.empty() {
		s := q.at(0)
		if !s.end.AtMost(una) {
			if s.seq.Before(una) {
				if s.mark&markLost != 0 {
					q.lostSpace -= una.Sub(s.seq)
				}
				s.seq = una
				s.flags &^= header.SYN
			}
			break
		}
		at, sample = s.at, true
		if s.mark&markRetransmitted != 0 {
			repeated = true
		}
		if s.mark&markLost != 0 {
			q.lost--
			q.lostSpace -= s.end.Sub(s.seq)
		}
		q.first++
	}
	if q.empty() {
		q.entries, q.first = q.entries[:0], 0
	}
	return at, sample && !repeated
}
