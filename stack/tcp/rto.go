//go:build !before5

package tcp

import "time"

const (
	initialRTO = time.Second // before the first measurement (RFC 6298 2.1)
	// minRTO is how much longer than a round trip the timer waits at least. RFC 6298 2.4 would have a second for the whole
	// timeout. Linux, and so the Internet, takes 200 ms, and for the variation's part alone: else a path whose round trip is
	// steady and long would leave a peer that keeps its ACK back no time to do so.
	minRTO = 200 * time.Millisecond
)

// rtoEstimator is the estimator of RFC 6298 2. The zero value has measured nothing.
type rtoEstimator struct {
	srtt, rttvar time.Duration
	measured     bool
	perRound     int // how many measurements a round trip gives, if more than one: each counts as much less (RFC 7323 G)
}

// Sample takes one measurement R in.
func (e *rtoEstimator) Sample(r time.Duration) {
	if !e.measured { // 2.2
		e.srtt, e.rttvar, e.measured = r, r/2, true
		return
	}
	// 2.3, with alpha 1/8 and beta 1/4; the variation first, from the old SRTT
	variation, error := (e.srtt-r).Abs()-e.rttvar, r-e.srtt
	if e.perRound <= 1 {
		e.rttvar += variation / 4
		e.srtt += error / 8
		return
	}
	n := time.Duration(e.perRound)
	e.rttvar += variation / (4 * n)
	e.srtt += error / (8 * n)
}

// RTO returns SRTT + max(minRTO, 4*RTTVAR), with an upper bound. The RFC's G, our clock's granularity, is less than minRTO.
func (e *rtoEstimator) RTO() time.Duration {
	if !e.measured {
		return initialRTO
	}
	return min(e.srtt+max(minRTO, 4*e.rttvar), maxRTO)
}

func (c *Conn) measured(rtt time.Duration) {
	c.weigh()
	c.stream.estimator.Sample(rtt)
	if least := &c.stream.minRTT; *least == 0 || rtt < *least {
		*least = rtt
	}
}

func (c *Conn) estimate() time.Duration { return c.stream.estimator.RTO() }
