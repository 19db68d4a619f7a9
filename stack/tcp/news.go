//go:build !before7

package tcp

import (
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// news is what the network has told about a segment of ours that did not arrive.
type news struct {
	err error
	at  time.Duration
}

// Report tells the connection that its segment with the sequence number seq could not be delivered, and why. When final
// is set the reason will not go away by itself, and a connection that does not stand yet is given up (RFC 9293 3.9.2.2,
// SHLD-26). All else may pass (MUST-56): the connection goes on, and the reason is told if it is given up in the end. One
// that stands is never ended by such news, which anybody can send: what is true of it will show in time (RFC 5461 3,
// RFC 5927 5.2).
func (c *Conn) Report(now time.Duration, seq header.Seq, err error, final bool) {
	now = c.notBefore(now)
	if seq.Before(c.snd.una) || !seq.Before(c.snd.nxt) {
		c.count(ReportsIgnored)
		return // about nothing that is under way: old, or a guess (RFC 5927 4.1)
	}
	if final && c.opening() {
		c.count(ReportsFinal)
		c.fail(err)
		return
	}
	c.count(ReportsSoft)
	c.news = news{err, now}
}

// inVain is why a connection is given up that has waited too long for an answer.
func (c *Conn) inVain() error {
	if c.news.err != nil && c.news.at >= c.retry.since {
		return c.news.err
	}
	return syscall.ETIMEDOUT
}
