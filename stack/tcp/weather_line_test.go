//go:build !before7

package tcp_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// line is one direction of one piece of the way: packets wait for it, go out one after the other at its rate, and are on
// their way for a while. What waits is known without a queue of packets: by when the last of them will have gone out.
type line struct {
	rate   int           // bytes a second; 0: as fast as they come
	delay  time.Duration // from the last bit in to the last bit out
	jitter time.Duration // up to so much more; none overtakes another by it
	queue  int           // how many bytes may wait; what comes when there is no room is lost. 0: any number
	places int           // … and how many packets
	mtu    int           // the largest packet it takes, in bytes; 0: any
	silent bool          // it says nothing of those that are larger
	mtus   []mtuChange   // still to come
	mark   int           // when more bytes wait than this, packets that bear it are marked (RFC 3168). 0: none is

	foul foul
	fair time.Duration // when the foul weather ends

	free    time.Duration   // when all that waits will have gone out
	last    time.Duration   // when the last of those that do not overtake arrives
	leaving []time.Duration // when each of those that wait goes out
	bad     bool            // in a burst of losses …
	until   time.Duration   // … or not, until then
}

// foul is what else happens to packets: the chance of each thing, 0 to 1.
type foul struct {
	lost           float64
	burst, between time.Duration // Gilbert and Elliott: all is lost for about burst, about every between
	late           float64       // overtaken by others, that is: late by up to lateBy
	lateBy         time.Duration
	again          float64 // doubled
	garbled        float64 // some bits are turned
	silent         []span  // nothing at all comes through
}

type span struct{ from, to time.Duration }

// fate is what becomes of a packet on a line.
type fate struct {
	at      [2]time.Duration // when it arrives; 0: not (again)
	lost    string           // why not
	garbled bool
	marked  bool
	mtu     int // it was too large, and its sender is told so
}

// mtuChange is a way that begins to lead elsewhere.
type mtuChange struct {
	at     time.Duration
	mtu    int
	silent bool
}

// carry decides what becomes of a packet of size bytes.
func (l *line) carry(r *rand.Rand, now time.Duration, size int) (f fate) {
	for len(l.mtus) > 0 && l.mtus[0].at <= now {
		l.mtu, l.silent = l.mtus[0].mtu, l.mtus[0].silent
		l.mtus = l.mtus[1:]
	}
	if l.mtu > 0 && size > l.mtu {
		if l.silent {
			return fate{lost: "too large"}
		}
		return fate{lost: "too large, and told", mtu: l.mtu}
	}
	waiting := l.waiting(now)
	if l.queue > 0 && waiting+size > l.queue && waiting > 0 || l.places > 0 && len(l.leaving) >= l.places {
		return fate{lost: "queue full"}
	}
	f.marked = l.mark > 0 && waiting > l.mark
	l.free = max(l.free, now)
	if l.rate > 0 {
		l.free += time.Duration(float64(size) / float64(l.rate) * float64(time.Second))
	}
	if l.places > 0 {
		l.leaving = append(l.leaving, l.free)
	}
	if f.lost = l.loses(r, now); f.lost != "" {
		return f
	}
	at := l.free + l.delay
	if l.jitter > 0 {
		at += rand64(r, l.jitter)
	}
	at = max(at, l.last)
	calm := now >= l.fair
	if !calm && r.Float64() < l.foul.late {
		at += rand64(r, l.foul.lateBy)
	} else {
		l.last = at
	}
	f.at[0] = max(at, 1)
	if !calm && r.Float64() < l.foul.again {
		f.at[1] = f.at[0] + rand64(r, l.foul.lateBy+time.Millisecond)
	}
	f.garbled = !calm && r.Float64() < l.foul.garbled
	return f
}

// waiting is how many bytes wait for the line.
func (l *line) waiting(now time.Duration) int {
	n := 0
	for n < len(l.leaving) && l.leaving[n] <= now {
		n++
	}
	l.leaving = l.leaving[n:]
	if l.free <= now {
		return 0
	}
	return int(float64(l.free-now) / float64(time.Second) * float64(l.rate))
}

// loses says why a packet is lost, if it is.
func (l *line) loses(r *rand.Rand, now time.Duration) string {
	for _, s := range l.foul.silent {
		if now >= s.from && now < s.to {
			return "silence"
		}
	}
	if now >= l.fair {
		return ""
	}
	if l.foul.burst > 0 {
		for l.until <= now {
			if l.bad = !l.bad && l.until > 0; l.bad {
				l.until += about(r, l.foul.burst)
			} else {
				l.until += about(r, l.foul.between)
			}
		}
		if l.bad {
			return "burst"
		}
	}
	if r.Float64() < l.foul.lost {
		return "lost"
	}
	return ""
}

// rand64 is anything up to d.
func rand64(r *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(d) + 1))
}

// about is d on average: how long something lasts that may end at any moment.
func about(r *rand.Rand, d time.Duration) time.Duration {
	return 1 + time.Duration(-math.Log(1-r.Float64())*float64(d))
}

// spread is a number from least to most, as likely small as large: each power of two has the same chance.
func spread(r *rand.Rand, least, most float64) float64 {
	return least * math.Exp(r.Float64()*math.Log(most/least))
}

// passable says whether what is sent again and again comes through within a minute.
func (l *line) passable() bool {
	return len(l.foul.silent) == 0 && l.foul.lost < 0.1 && !slices.ContainsFunc(l.mtus, func(m mtuChange) bool { return m.silent })
}
