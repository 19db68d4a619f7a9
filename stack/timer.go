//go:build !before4

package stack

import (
	"container/heap"
	"sync"
	"time"
)

// timerQueue is the sockets that want to be woken, soonest first.
type timerQueue struct {
	mu   sync.Mutex // guards the heap and every timerEntry in it
	heap timerHeap
	set  uint64
}

// timerEntry is a socket's place in the queue.
type timerEntry struct {
	at    time.Duration // when; 0: not in the queue
	order uint64        // of two at the same time, the one set first
	index int
}

// schedule notes when the socket wants to be woken next: by its connection, or by a request's deadline. It holds the
// socket's lock.
func (s *Stack) schedule(sk *socket) {
	at, ok := time.Duration(0), false
	if c := sk.stream.conn; c != nil {
		at, ok = c.Deadline()
	}
	if d, set := sk.stream.deadlines.next(s.config.Now); set && (!ok || d < at) {
		at, ok = d, true
	}
	if !ok {
		at = 0
	}
	q := &s.transport.timers
	q.mu.Lock()
	sooner := q.put(sk, at)
	q.mu.Unlock()
	if sooner {
		s.rewind()
	}
}

// put sets or changes the time of a socket, 0 takes it out. It says whether the queue's first time is sooner than it was.
func (q *timerQueue) put(sk *socket, at time.Duration) (sooner bool) {
	e := &sk.stream.timer
	if e.at == at {
		return false
	}
	before := q.first()
	was := e.at
	e.at = at
	q.set++
	e.order = q.set
	switch {
	case was == 0:
		heap.Push(&q.heap, sk)
	case at == 0:
		heap.Remove(&q.heap, e.index)
	default:
		heap.Fix(&q.heap, e.index)
	}
	after := q.first()
	return after != 0 && (before == 0 || after < before)
}

// first is the soonest time, or 0.
func (q *timerQueue) first() time.Duration {
	if len(q.heap) == 0 {
		return 0
	}
	return q.heap[0].stream.timer.at
}

// nextTimer returns when the first socket wants to be woken.
func (s *Stack) nextTimer() (time.Duration, bool) {
	q := &s.transport.timers
	q.mu.Lock()
	defer q.mu.Unlock()
	at := q.first()
	return at, at != 0
}

// timersDue wakes the sockets whose time has come.
func (s *Stack) timersDue(now time.Duration) {
	q := &s.transport.timers
	for {
		q.mu.Lock()
		at := q.first()
		if at == 0 || at > now {
			q.mu.Unlock()
			return
		}
		sk := q.heap[0]
		q.put(sk, 0)
		q.mu.Unlock()

		sk.mu.Lock()
		if c := sk.stream.conn; c != nil {
			c.Timeout(now)
			s.flush(now, sk)
		} else {
			s.schedule(sk)
		}
		sk.wake()
		sk.mu.Unlock()
	}
}

// timerHeap orders sockets for container/heap.
type timerHeap []*socket

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	a, b := &h[i].stream.timer, &h[j].stream.timer
	return a.at < b.at || a.at == b.at && a.order < b.order
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].stream.timer.index, h[j].stream.timer.index = i, j
}
func (h *timerHeap) Push(x any) {
	sk := x.(*socket)
	sk.stream.timer.index = len(*h)
	*h = append(*h, sk)
}
func (h *timerHeap) Pop() any {
	old := *h
	sk := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return sk
}
