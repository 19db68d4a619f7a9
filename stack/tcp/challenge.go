//go:build !before10

package tcp

import "time"

// A connection sends at most challengeLimit challenge ACKs in challengeInterval (RFC 5961 7): a blind attacker who can
// make us send them must not be able to make us send many. The count is the connection's own; one kept for all
// connections together could be read from outside (CVE-2016-5696).
const (
	challengeLimit    = 10
	challengeInterval = time.Second
)

type defence struct {
	challenges int
	since      time.Duration
}

// challenge sends a challenge ACK (RFC 5961 3.2, 4.2), or nothing when there have been too many.
func (c *Conn) challenge(now time.Duration) {
	d := &c.defence
	if now-d.since >= challengeInterval {
		d.since, d.challenges = now, 0
	}
	if d.challenges++; d.challenges <= challengeLimit {
		c.ackNow = true
	}
}
