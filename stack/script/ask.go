//go:build !before4

package script

import (
	"fmt"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// wake has the timers go off that are due: only where a script says so, when it says so anywhere.
func (r *run) wake() error {
	r.note("wake")
	if r.c == nil {
		return r.noConnection()
	}
	r.c.Timeout(r.now)
	return r.drain()
}

func (r *run) noConnection() error {
	return r.fail("a connection", "none: call open, or let a SYN arrive after call listen")
}

// told hands the connection what the network says of one of its segments.
func (r *run) told(l *line) error {
	r.note("%s", l.text)
	seq := header.Seq(l.segment.place(fieldSeq, &r.origin))
	if r.c == nil {
		return r.noConnection()
	}
	if l.call == "toobig" {
		c, ok := any(r.c).(interface {
			TooBig(now time.Duration, seq header.Seq, mtu int)
		})
		if !ok {
			return r.tooEarly("icmp toobig", 9)
		}
		c.TooBig(r.now, seq, l.n)
		return r.drain()
	}
	c, ok := any(r.c).(interface {
		Report(now time.Duration, seq header.Seq, err error, final bool)
	})
	if !ok {
		return r.tooEarly("icmp", 7)
	}
	kind := icmpKinds[l.call]
	c.Report(r.now, seq, kind.reason, kind.final)
	return r.drain()
}

// counter finds a counter by its name.
func counter(name string) (tcp.Counter, bool) {
	for k := range tcp.Counters() {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// counted compares how often something has happened to the connection.
func (r *run) counted(l *line) error {
	if r.c == nil {
		return r.noConnection()
	}
	k, _ := counter(l.call)
	if got := r.c.Counts()[k]; got != uint64(l.n) {
		return r.fail(fmt.Sprintf("%s %d", k, l.n), fmt.Sprintf("%s %d", k, got), "count")
	}
	return nil
}

// urgent compares how many bytes the application still has to read to the end of urgent data.
func (r *run) urgent(l *line) error {
	c, ok := any(r.c).(interface{ Urgent() int })
	switch {
	case r.c == nil:
		return r.noConnection()
	case !ok:
		return r.tooEarly("urgent", 5)
	}
	if got := c.Urgent(); got != l.n {
		return r.fail(fmt.Sprintf("%d bytes to the end of urgent data", l.n), fmt.Sprintf("%d", got), "urgent")
	}
	return nil
}

// infoNames is what a script can ask of [tcp.Info].
var infoNames = []string{
	"backoff", "cwnd", "inflight", "lost", "minrtt", "mss", "rcvwnd", "rto", "sacked", "sndwnd", "srtt", "ssthresh",
}
