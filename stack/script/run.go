//go:build !before4

package script

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

var (
	here  = netip.MustParseAddrPort("10.0.0.1:1000")
	there = netip.MustParseAddrPort("10.0.0.2:80")
)

// Run holds a connection to the script. g may have parts replaced and may be nil; the initial sequence number is the
// script's. What is not as the script has it is a [*Failure].
func (s *Script) Run(g *tcp.Config) error {
	_, err := s.run(g)
	return err
}

func (s *Script) run(g *tcp.Config) (*run, error) {
	if g == nil {
		g = new(tcp.Config)
	}
	r := &run{script: s, g: g, win: 65535, origin: origin{iss: s.set.iss, irs: s.set.irs}}
	s.set.options.agree(g)
	g.InitialSequence = func(_, _ netip.AddrPort, _ time.Duration) header.Seq { return s.set.iss }
	g.Transition = func(_ *tcp.Conn, from, to tcp.State) { r.note("  (%v, then %v)", from, to) }
	for i := range s.lines {
		r.line = &s.lines[i]
		if f := r.step(r.line); f != nil {
			return r, f
		}
	}
	r.line = nil
	return r, r.unexpected()
}

// run is a script under way.
type run struct {
	script  *Script
	line    *line
	g       *tcp.Config
	history []string
	batch   bool // the line before happened at the same moment
	hold    bool // the next line happens before anything is sent

	now     time.Duration
	c       *tcp.Conn
	before  tcp.Counts // what has happened to the connections before c
	l       *tcp.Listener
	send    *buffer.Queue
	receive *buffer.Chain

	out     []sent // what we have sent and no line has told of yet
	written uint32 // bytes the application has written
	read    uint32 // … and read
	top     uint32 // the place behind all that we have sent
	peer    uint32 // the place behind all that the peer has sent
	win     uint32 // the window the peer said last
	origin  origin
	stamp   uint32 // the newest timestamp that we have sent
}

// sent is a segment we have sent.
type sent struct {
	at time.Duration
	segment
	wrong int // the first byte that is not the stream's, or -1
}

func (r *run) note(format string, args ...any) {
	r.history = append(r.history, fmt.Sprintf("%12.6f  %s", r.now.Seconds(), fmt.Sprintf(format, args...)))
}

// error makes a failure of what was expected and what came, typed so that none is a nil error.
func (r *run) fail(want, got string, fields ...string) error {
	return &Failure{Script: r.script, line: r.line, History: r.history, Want: want, Got: got, Fields: fields}
}

// step does one line.
func (r *run) step(l *line) error {
	last := r.now
	r.batch, r.hold = r.hold, false
	if l.verb == verbSend {
		return r.sends(l, l.from.after(last), l.to.after(last))
	}
	if err := r.unexpected(); err != nil {
		return err
	}
	at := l.from.after(last)
	if at < last {
		return r.fail("a time that is not before "+seconds(last), seconds(at), "time")
	}
	if err := r.advance(at, false); err != nil {
		return err
	}
	r.hold = l.more
	switch l.verb {
	case verbArrive:
		return r.arrives(l)
	case verbCall:
		return r.calls(l)
	case verbRead:
		return r.reads(l)
	case verbIs:
		return r.state(l)
	case verbError:
		return r.ended(l)
	case verbDeadline:
		return r.deadline(l)
	case verbWake:
		return r.wake()
	case verbICMP:
		return r.told(l)
	case verbCount:
		return r.counted(l)
	case verbInfo:
		return r.informed(l)
	case verbUrgent:
		return r.urgent(l)
	}
	return nil
}

// unexpected fails when something has been sent that no line tells of.
func (r *run) unexpected() error {
	if len(r.out) == 0 {
		return nil
	}
	return r.fail("nothing to be sent", fmt.Sprintf("%s > %v", seconds(r.out[0].at), &r.out[0].segment))
}

// advance lets time pass until at, and all that is due happen at its time. What is sent on the way ends it: as a failure,
// or, when the script waits for it, with the clock where it is.
func (r *run) advance(at time.Duration, wait bool) error {
	for range 100_000 {
		if r.c == nil || r.script.set.wake {
			r.now = at
			return nil
		}
		due, ok := r.c.Deadline()
		if !ok || due > at {
			r.now = at
			return nil
		}
		r.now = max(r.now, due)
		r.c.Timeout(r.now)
		if err := r.drain(); err != nil {
			return err
		}
		if len(r.out) > 0 {
			if wait {
				return nil
			}
			return r.unexpected()
		}
	}
	return r.fail("a connection that sleeps", "it wants to be woken again and again at "+seconds(r.now))
}

// drain takes all that the connection wants to send now.
func (r *run) drain() error {
	for range 10_000 {
		if r.hold {
			return nil
		}
		var s tcp.Segment
		if r.c == nil || !r.c.Next(r.now, &s) {
			return nil
		}
		r.sent(&s)
	}
	return r.fail("a connection that comes to rest", "it does not stop sending")
}

func (r *run) sent(s *tcp.Segment) {
	out := sent{at: r.now, segment: heard(s, &r.origin), wrong: -1}
	if out.written[fieldTS] {
		r.stamp = out.ts[0].at(r.origin.ours)
	}
	first := out.value[fieldSeq] - 1
	if s.Header.Flags.Has(header.SYN) {
		first++
	}
	if out.wrong = wrong(first, s.Body[0]); out.wrong < 0 {
		if out.wrong = wrong(first+uint32(len(s.Body[0])), s.Body[1]); out.wrong >= 0 {
			out.wrong += len(s.Body[0])
		}
	}
	if r.c != nil && !s.Header.Flags.Has(header.RST) {
		if end := out.value[fieldSeq] + space(s.Header.Flags, s.Len()); int32(end-r.top) > 0 {
			r.top = end
		}
	}
	r.out = append(r.out, out)
	r.note("> %v", &out.segment)
}

// sends compares the next segment with what the line wants between two times.
func (r *run) sends(l *line, from, to time.Duration) error {
	want := "> " + l.segment.String()
	if from != to {
		want = seconds(from) + "~" + seconds(to) + " " + want
	} else {
		want = seconds(from) + " " + want
	}
	if from < r.now {
		return r.fail("a time that is not before "+seconds(r.now), seconds(from), "time")
	}
	if len(r.out) == 0 {
		if err := r.advance(to, true); err != nil {
			return err
		}
	}
	if len(r.out) == 0 {
		return r.fail(want, "nothing is sent")
	}
	got := r.out[0]
	r.out = r.out[1:]
	var fields []string
	if got.at < from || got.at > to {
		fields = append(fields, fmt.Sprintf("time: %s expected, %s came", seconds(from), seconds(got.at)))
	}
	fields = append(fields, l.segment.differs(&got.segment, r.script.strict, &r.origin)...)
	if got.wrong >= 0 {
		fields = append(fields, fmt.Sprintf("bytes: the one at offset %d is not what was written there", got.wrong))
	}
	if len(fields) > 0 {
		return r.fail(want, fmt.Sprintf("%s > %v", seconds(got.at), &got.segment), fields...)
	}
	return nil
}

// space is how many sequence numbers a segment takes up.
func space(f header.Flags, length int) uint32 {
	n := uint32(length)
	if f.Has(header.SYN) {
		n++
	}
	if f.Has(header.FIN) {
		n++
	}
	return n
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
