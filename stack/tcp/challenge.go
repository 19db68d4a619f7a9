//go:build !before10

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// A blind attacker sees nothing of a connection: he makes up segments and hopes that one lies in the window. RFC 5961 has
// three of his aims fail: to end the connection by a RST (3), by a SYN (4), and to slip data into it (5). What he guesses is
// answered by a challenge ACK: it tells the true peer where we are, who then repeats what was meant, at the right place;
// and it goes to the true peer, so that the attacker learns nothing by it.

// A connection sends at most challengeLimit challenge ACKs in challengeInterval (RFC 5961 7), unless the configuration
// says another number: an attacker who can make us send them must not be able to make us send many. The count is the
// connection's own; one kept for all connections together could be read from outside (CVE-2016-5696).
const (
	challengeLimit    = 10
	challengeInterval = time.Second
)

// defence is what a connection knows of those who are no part of it.
type defence struct {
	challenges int
	since      time.Duration

	// Of a connection that is opening: its neighbours in the listener's list. The listener's owner has the lock.
	older, newer *Conn
}

// challenge sends a challenge ACK (RFC 5961 3.2, 4.2, 5.2), or nothing when there have been too many.
func (c *Conn) challenge(now time.Duration) {
	d := &c.defence
	if now-d.since >= challengeInterval {
		d.since, d.challenges = now, 0
	}
	limit := challengeLimit
	if c.config.ChallengeACKs > 0 {
		limit = c.config.ChallengeACKs
	}
	if d.challenges >= limit {
		c.count(ChallengesSpared)
		return
	}
	d.challenges++
	c.count(ChallengeACKs)
	c.ackNow = true
}

// tooOld says that an ACK number lies further back than anything the peer can have in mind: it has never had more under
// way to acknowledge than the largest window it has offered (RFC 5961 5.2; RFC 9293 3.10.7.4, MAY-12). Who makes up a
// segment has one chance in two to make up an ACK number below snd.nxt; with this test it is one in thousands.
func (c *Conn) tooOld(ack header.Seq) bool {
	return ack.Before(c.snd.una.Add(-c.stream.largestWnd))
}

// assassination says that a RST is to be ignored since it arrives in TIME-WAIT: an old duplicate could have brought it
// about, and would end the wait that is there against old duplicates (RFC 1337 3, fix F1). RFC 9293 3.10.7.4 by itself
// would close.
func (c *Conn) assassination() bool {
	if c.state != TimeWait {
		return false
	}
	c.count(ResetsOutlived)
	return true
}
