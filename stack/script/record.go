//go:build !before7

package script

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Recorder is a connection that writes down what happens to it: the calls, the segments that arrive and those it sends,
// and when its timers went off. [Recorder.Text] makes a script of that, which runs to the same end. It has the methods of
// a [tcp.Conn]; those that it does not have of its own tell of the connection, and change nothing.
//
//	rec := script.Open(g, endpoints, now)
//	…the simulation drives rec as it would drive a Conn, and something goes wrong…
//	fmt.Print(rec.Text("seed 4711"))
//
// What the bytes are is not written down: the script has its own. Nor are parts of the configuration that are code.
type Recorder struct {
	*tcp.Conn
	set    settings
	events []happened
	held   bool // it has not been asked for segments since the newest event
}

// happened is something that happened to the connection.
type happened struct {
	at      time.Duration
	text    string      // when it is not a segment
	arrow   byte        // <, >, or 0
	segment tcp.Segment // its header and type of service
	length  int
	seq     header.Seq // of an ICMP report
	more    bool
}

// Open is [tcp.Open] with a recorder.
func Open(g *tcp.Config, e tcp.Endpoints, now time.Duration) *Recorder {
	r := record(g, e)
	r.Conn = tcp.Open(g, e, now)
	r.called(now, "call open")
	return r
}

// Accept is the Arrive of a [tcp.Listener] with a recorder, which is nil when the segment begins no connection.
func Accept(l *tcp.Listener, g *tcp.Config, e tcp.Endpoints, now time.Duration, h *header.TCP) (r *Recorder, reset bool) {
	c, reset := l.Arrive(g, func() tcp.Endpoints { return e }, now, h)
	if c == nil {
		return nil, reset
	}
	r = record(g, e)
	r.Conn = c
	r.called(now, "call listen")
	r.held = false
	r.segment('<', now, h, 0, 0)
	return r, reset
}

func record(g *tcp.Config, e tcp.Endpoints) *Recorder {
	r := &Recorder{set: settings{iss: 1000, irs: 50000, mtu: e.MTU, segmentMax: e.SegmentMax}}
	if n := e.Send.Limit(); n != new(buffer.Queue).Limit() {
		r.set.sendBuffer = n
	}
	if n := e.Receive.Limit(); n != new(buffer.Chain).Limit() {
		r.set.buffer = n
	}
	r.set.options.agreed(g)
	return r
}

// segment notes a segment.
func (r *Recorder) segment(arrow byte, at time.Duration, h *header.TCP, length int, tos uint8) {
	e := happened{at: at, arrow: arrow, length: length, segment: tcp.Segment{Header: *h, TOS: tos}}
	e.segment.Header.Options = slices.Clone(h.Options) // not the caller's memory
	r.note(e)
}

func (r *Recorder) note(e happened) {
	if n := len(r.events); r.held && n > 0 {
		r.events[n-1].more = true
	}
	r.held = e.arrow != '>'
	r.events = append(r.events, e)
}

// called notes a call, as the script writes it.
func (r *Recorder) called(at time.Duration, format string, args ...any) {
	r.note(happened{at: at, text: fmt.Sprintf(format, args...)})
}

// Arrive is the Conn's.
func (r *Recorder) Arrive(now time.Duration, h *header.TCP, payload []byte, of buffer.Holder, tos uint8) {
	if r.State() != tcp.Closed { // what comes later is for nobody
		r.segment('<', now, h, len(payload), tos)
	}
	r.Conn.Arrive(now, h, payload, of, tos)
}

// Next is the Conn's.
func (r *Recorder) Next(now time.Duration, s *tcp.Segment) bool {
	ok := r.Conn.Next(now, s)
	if r.held = false; ok {
		r.segment('>', now, &s.Header, s.Len(), s.TOS)
	}
	return ok
}

// Timeout is the Conn's.
func (r *Recorder) Timeout(now time.Duration) {
	if at, ok := r.Deadline(); ok && at <= now {
		r.called(now, "wake")
	}
	r.Conn.Timeout(now)
}

// Write is the Conn's, at the time now.
func (r *Recorder) Write(now time.Duration, p []byte) (int, error) {
	n, err := r.Conn.Write(p)
	switch {
	case err != nil:
		r.called(now, "call write %d = %s", len(p), named(err))
	case n < len(p) && n > 0:
		r.called(now, "call write %d = %d", len(p), n)
	case n > 0:
		r.called(now, "call write %d", n)
	}
	return n, err
}

// WriteUrgent is the Conn's, at the time now.
func (r *Recorder) WriteUrgent(now time.Duration, p []byte) (int, error) {
	n, err := r.Conn.WriteUrgent(p)
	switch {
	case err != nil:
		r.called(now, "call urgent %d = %s", len(p), named(err))
	case n > 0:
		r.called(now, "call urgent %d = %d", len(p), n)
	}
	return n, err
}

// Read is the Conn's, at the time now.
func (r *Recorder) Read(now time.Duration, p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	if err != nil {
		r.called(now, "read %s", named(err))
	} else if n > 0 {
		r.called(now, "read %d", n)
	}
	return n, err
}

// Close is the Conn's, at the time now.
func (r *Recorder) Close(now time.Duration) { r.called(now, "call close"); r.Conn.Close() }

// Abort is the Conn's, at the time now.
func (r *Recorder) Abort(now time.Duration) { r.called(now, "call abort"); r.Conn.Abort() }

// Deafen is the Conn's, at the time now.
func (r *Recorder) Deafen(now time.Duration) { r.called(now, "call deafen"); r.Conn.Deafen() }

// SetNoDelay is the Conn's, at the time now.
func (r *Recorder) SetNoDelay(now time.Duration, off bool) {
	call := "call delay"
	if off {
		call = "call nodelay"
	}
	r.called(now, "%s", call)
	r.Conn.SetNoDelay(off)
}

// SetKeepAlive is the Conn's.
func (r *Recorder) SetKeepAlive(now, idle time.Duration) {
	r.called(now, "call keepalive %s", exact(idle))
	r.Conn.SetKeepAlive(now, idle)
}

// SetUserTimeout is the Conn's, at the time now.
func (r *Recorder) SetUserTimeout(now, d time.Duration) {
	r.called(now, "call usertimeout %s", exact(d))
	r.Conn.SetUserTimeout(d)
}

// Report is the Conn's.
func (r *Recorder) Report(now time.Duration, seq header.Seq, err error, final bool) {
	text := "icmp unreachable port"
	switch {
	case err == syscall.ENOPROTOOPT && final:
		text = "icmp unreachable protocol"
	case final:
	case err == syscall.ENETUNREACH:
		text = "icmp unreachable net"
	case err == syscall.EPROTO:
		text = "icmp parameter problem"
	default:
		text = "icmp unreachable host"
	}
	r.note(happened{at: now, text: text, seq: seq})
	r.Conn.Report(now, seq, err, final)
}

// exact is a time to the last digit, in seconds.
func exact(d time.Duration) string {
	text := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second) // a float64 would round
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Text returns the script of what has happened so far. At its end stand the state, and the error.
func (r *Recorder) Text(name string) string {
	var b strings.Builder
	_ = r.WriteScript(&b, name) // a Builder does not fail
	return b.String()
}

// WriteScript is [Recorder.Text] for a long record.
func (r *Recorder) WriteScript(w io.Writer, name string) error {
	out := func(format string, args ...any) (err error) {
		_, err = fmt.Fprintf(w, format, args...)
		return err
	}
	o := r.origin()
	err := out("== %s\n%s", name, r.head(&o))
	for i := range r.events {
		e := &r.events[i]
		line := e.text
		switch {
		case e.arrow == '>':
			s := heard(&e.segment, &o)
			s.put(fieldLen, uint32(e.length))
			line = "> " + s.String()
		case e.arrow == '<':
			line = "< " + arriving(e, &o)
		case strings.HasPrefix(e.text, "icmp"):
			line = fmt.Sprintf("%s seq=%d", e.text, int32(e.seq-o.iss))
		}
		if e.more {
			line += " &"
		}
		if err == nil {
			err = out("%s %s\n", exact(e.at), line)
		}
	}
	if err == nil {
		err = out("is %v\nerror %s\n", r.State(), named(r.Err()))
	}
	return err
}

// origin finds where the numbers begin.
func (r *Recorder) origin() origin {
	o := origin{iss: r.set.iss, irs: r.set.irs}
	ours, theirs := false, false
	for i := range r.events {
		switch e := &r.events[i]; {
		case e.arrow == '>' && !ours:
			o.iss, ours = e.segment.Header.Seq, true // our SYN comes first
		case e.arrow == '<' && !theirs && e.segment.Header.Flags.Has(header.SYN):
			o.irs, theirs = e.segment.Header.Seq, true
		}
	}
	return o
}

// head is what stands above the first line.
func (r *Recorder) head(o *origin) string {
	var b strings.Builder
	b.WriteString("strict\nset wake written\n")
	if list := r.set.options.String(); list != "" {
		fmt.Fprintf(&b, "set options %s\n", list)
	}
	for _, v := range []struct {
		name        string
		value, none int
	}{
		{"iss", int(uint32(o.iss)), -1}, {"irs", int(uint32(o.irs)), -1}, {"mtu", r.set.mtu, -1},
		{"segment", r.set.segmentMax, 0}, {"buffer", r.set.buffer, 0}, {"sendbuffer", r.set.sendBuffer, 0},
	} {
		if v.value != v.none {
			fmt.Fprintf(&b, "set %s %d\n", v.name, v.value)
		}
	}
	return b.String()
}

// arriving writes a segment that arrives so that the same comes out when it is read.
func arriving(e *happened, o *origin) string {
	h := &e.segment.Header
	s := readable(h, e.length, o.irs, o.iss)
	if e.segment.TOS != 0 {
		s.put(fieldTOS, uint32(e.segment.TOS))
	}
	if !s.flags.Has(header.URG) && h.Urgent != 0 {
		s.put(fieldUrg, uint32(h.Urgent))
	}
	ts, _ := header.ParseTimestamps(h.Options)
	if string(s.dressed(ts, o.iss)) != string(h.Options) {
		for f := fieldMSS; f < fieldOptions; f++ {
			s.written[f] = false
		}
		s.written[fieldOptions] = true
	}
	if s.written[fieldTS] && h.Flags.Has(header.ACK) && o.oursKnown {
		s.ts[1] = stamp{stampSince, ts.Echo - o.ours}
	}
	return s.String()
}
