//go:build !before10

package tcp

import (
	"syscall"
	"testing"
	"time"
)

// TestBlind: what a blind attacker makes up, and what it is answered by (RFC 5961 3 to 5).
func TestBlind(t *testing.T) {
	here := seg{Flags: fACK, Seq: iss + 1, Ack: irs + 1}
	for name, c := range map[string]struct {
		in      seg
		counter Counter
	}{
		"RST in the window":          {seg{Flags: fRST, Seq: irs + 100}, ResetsDoubted},
		"RST with data":              {seg{Flags: fRST, Seq: irs + 100, Data: "x"}, ResetsDoubted},
		"SYN in the window":          {seg{Flags: fSYN, Seq: irs + 100}, SYNsDoubted},
		"SYN outside":                {seg{Flags: fSYN, Seq: irs + 1<<20}, OutOfWindow},
		"SYN,ACK":                    {seg{Flags: fSYNACK, Seq: irs + 100, Ack: iss + 1}, SYNsDoubted},
		"data with an ACK of nought": {seg{Flags: fACK, Seq: irs + 1, Ack: iss + 2, Data: "evil"}, ACKsDoubted},
		"data with an ACK too old":   {seg{Flags: fACK, Seq: irs + 1, Ack: (iss + 1).Add(-wnd - 1), Data: "evil"}, ACKsDoubted},
		"FIN with an ACK too old":    {seg{Flags: fFINACK, Seq: irs + 1, Ack: iss.Add(-1 << 30)}, ACKsDoubted},
	} {
		t.Run(name, func(t *testing.T) {
			e := established(t)
			e.now = time.Minute
			before := e.c.counts[c.counter]
			e.arrive(c.in).want(here).in(Established)
			if e.c.counts[c.counter] != before+1 || e.c.counts[ChallengeACKs] != 1 || e.c.receive.Len() > 0 {
				t.Errorf("%v counted %d times, %d challenges", c.counter, e.c.counts[c.counter]-before, e.c.counts[ChallengeACKs])
			}
		})
	}
}

// TestOldestACK: the ACK number may lie as far back as the largest window there has been, and no further (RFC 5961 5.2).
func TestOldestACK(t *testing.T) {
	e := established(t)
	e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: iss + 1, Wnd: 100}).want() // smaller now
	e.arrive(seg{Flags: fACK, Seq: irs + 1, Ack: (iss + 1).Add(-wnd), Wnd: 100, Data: "a"}).pass(delayACK).read("a").take()
	e.arrive(seg{Flags: fACK, Seq: irs + 2, Ack: iss.Add(-wnd), Wnd: 100, Data: "b"}).want(seg{Flags: fACK, Seq: iss + 1, Ack: irs + 2})
	if e.c.receive.Len() > 0 {
		t.Error("data was accepted")
	}
}

// TestResetWithData: a RST may carry data, a text that says why; it counts as any (RFC 9293 3.5.3, SHLD-2).
func TestResetWithData(t *testing.T) {
	established(t).arrive(seg{Flags: fRST, Seq: irs + 1, Data: "out of memory"}).want().ended(syscall.ECONNRESET)
	newEnd(t).open().want(seg{Flags: fSYN, Seq: iss, MSS: mss}).
		arrive(seg{Flags: fRSTACK, Ack: iss + 1, Data: "nobody here"}).want().ended(syscall.ECONNREFUSED)
}

// TestChallengeLimit: so many challenge ACKs a second, and the rest is counted (RFC 5961 7).
func TestChallengeLimit(t *testing.T) {
	for _, limit := range []int{0, 3} {
		e := established(t)
		e.g.ChallengeACKs = limit
		if limit == 0 {
			limit = challengeLimit
		}
		for second := range 3 {
			e.now = time.Duration(second+1) * time.Minute
			answers := 0
			for range 100 {
				answers += len(e.arrive(seg{Flags: fRST, Seq: irs + 2}).take())
			}
			if answers != limit {
				t.Errorf("%d answers, not %d", answers, limit)
			}
		}
		if n := e.c.counts[ChallengesSpared]; n != uint64(3*(100-limit)) {
			t.Errorf("%d spared", n)
		}
	}
}
