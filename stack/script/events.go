//go:build !before4

package script

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// errno is the errors that a script can name.
var errno = map[string]syscall.Errno{
	"ECONNREFUSED": syscall.ECONNREFUSED, "ECONNRESET": syscall.ECONNRESET, "ETIMEDOUT": syscall.ETIMEDOUT,
	"EPIPE": syscall.EPIPE, "EHOSTUNREACH": syscall.EHOSTUNREACH, "ENETUNREACH": syscall.ENETUNREACH,
	"ECONNABORTED": syscall.ECONNABORTED, "ENOPROTOOPT": syscall.ENOPROTOOPT, "EPROTO": syscall.EPROTO,
	"EMSGSIZE": syscall.EMSGSIZE,
}

// named is the name under which a script knows an error.
func named(err error) string {
	if err == nil {
		return "none"
	} else if err == io.EOF {
		return "EOF"
	}
	for name, e := range errno {
		if errors.Is(err, e) {
			return name
		}
	}
	return err.Error()
}

// endpoints has new memory for a new connection.
func (r *run) endpoints() tcp.Endpoints {
	r.send, r.receive = new(buffer.Queue), new(buffer.Chain)
	if n := r.script.set.sendBuffer; n > 0 {
		r.send.SetLimit(n)
	}
	if n := r.script.set.buffer; n > 0 {
		r.receive.SetLimit(n)
	}
	r.written, r.read, r.top = 0, 0, 0
	return tcp.Endpoints{Local: here, Remote: there, Send: r.send, Receive: r.receive, MTU: r.script.set.mtu, SegmentMax: r.script.set.segmentMax}
}

// arrives hands a segment to the connection, to the listener, or to nobody.
func (r *run) arrives(l *line) error {
	s := l.segment
	if !s.written[fieldSeq] {
		s.put(fieldSeq, r.peer)
	}
	if !s.written[fieldAck] && s.flags.Has(header.ACK) {
		s.put(fieldAck, r.top)
	}
	if !s.written[fieldWin] {
		s.put(fieldWin, r.win)
	}
	set := &r.origin
	h := &header.TCP{
		SrcPort: there.Port(), DstPort: here.Port(), Flags: s.flags, Options: s.options,
		Seq: header.Seq(s.value[fieldSeq]), Ack: header.Seq(s.value[fieldAck]),
		Window: uint16(s.value[fieldWin]), Urgent: uint16(s.value[fieldUrg]),
	}
	if !s.absolute[fieldSeq] {
		h.Seq += set.irs
	}
	if !s.absolute[fieldAck] && s.written[fieldAck] {
		h.Ack += set.iss
	}
	if s.written[fieldTS] && !r.origin.theirsKnown {
		r.origin.theirs, r.origin.theirsKnown = s.ts[0].at(0), true
	}
	if !s.written[fieldOptions] {
		ts := header.Timestamps{Value: s.ts[0].at(r.origin.theirs), Echo: s.ts[1].at(r.origin.ours)}
		if s.ts[1].kind == stampAny {
			ts.Echo = r.stamp
		}
		h.Options = s.dressed(ts, set.iss)
	}
	first := uint32(h.Seq - set.irs - 1)
	if s.flags.Has(header.SYN) {
		first++
	}
	length := int(s.value[fieldLen])
	end := uint32(h.Seq-set.irs) + space(s.flags, length)
	if int32(end-r.peer) > 0 {
		r.peer = end
	}
	r.win = s.value[fieldWin]
	r.note("< %v", &s)

	alive := r.c != nil && (r.c.State() != tcp.Closed || r.batch)
	reset := !alive
	if r.l != nil {
		r.l.Waiting, r.l.Opening = 0, 0 // the connection before is over, or accepted
	}
	switch {
	case alive:
		if !r.reopens(h) {
			r.c.Arrive(r.now, h, fill(first, length), nil, uint8(s.value[fieldTOS]))
		}
	case r.l != nil:
		c, answer := r.l.Arrive(r.g, r.endpoints, r.now, h)
		if reset = answer; c != nil {
			r.begin(c)
			if h.Flags.Has(header.ACK) { // from a cookie
				r.c.Arrive(r.now, h, fill(first, length), nil, uint8(l.segment.value[fieldTOS]))
			}
		}
		r.stateless()
	}
	if reset {
		if answer, ok := tcp.Reset(here, there, h, length); ok {
			r.sent(&answer)
		}
	}
	return r.drain()
}

// reopens has a SYN for a connection in TIME-WAIT begin a new one, from chapter 10 on.
func (r *run) reopens(h *header.TCP) bool {
	c, ok := any(r.c).(interface{ Reopens(*header.TCP) bool })
	if !ok || r.l == nil || !c.Reopens(h) {
		return false
	}
	l := any(r.l).(interface {
		Reopen(*tcp.Config, tcp.Endpoints, time.Duration, *header.TCP, *tcp.Conn) *tcp.Conn
	})
	if c := l.Reopen(r.g, r.endpoints(), r.now, h, r.c); c != nil {
		r.begin(c)
	}
	return true
}

// stateless takes what the listener answers by itself. A cookie is where our numbering begins.
func (r *run) stateless() {
	var s tcp.Segment
	if l, ok := any(r.l).(interface{ Next(*tcp.Segment) bool }); ok && l.Next(&s) {
		r.origin.iss = s.Header.Seq
		r.sent(&s)
	}
}

// begin turns to a new connection.
func (r *run) begin(c *tcp.Conn) {
	if r.c != nil {
		r.before.Add(r.c.Counts())
	}
	r.c = c
}

// calls does what the application asks for. A call that the snapshot's connection does not have yet is a failure.
func (r *run) calls(l *line) error {
	r.note("%s", l.text[strings.Index(l.text, "call"):])
	if r.c == nil && l.call != "open" && l.call != "listen" && l.call != "cookies" {
		return r.noConnection()
	}
	known := true
	switch l.call {
	case "open":
		r.begin(tcp.Open(r.g, r.endpoints(), r.now))
	case "listen":
		r.l = &tcp.Listener{Backlog: r.script.set.backlog}
	case "cookies":
		r.l = &tcp.Listener{Backlog: 1}
		_, known = any(r.l).(interface{ Next(*tcp.Segment) bool })
		r.g.Cookies = tcp.CookiesAlways
	case "abort":
		r.c.Abort()
	case "write":
		w, ok := any(r.c).(io.Writer)
		if known = ok; ok {
			if err := r.writes(l, w.Write); err != nil {
				return err
			}
		}
	case "urgent":
		w, ok := any(r.c).(interface{ WriteUrgent([]byte) (int, error) })
		if known = ok; ok {
			if err := r.writes(l, w.WriteUrgent); err != nil {
				return err
			}
		}
	case "keepalive":
		c, ok := any(r.c).(interface {
			SetKeepAlive(now, idle time.Duration)
		})
		if known = ok; ok {
			c.SetKeepAlive(r.now, l.span)
		}
	case "usertimeout":
		c, ok := any(r.c).(interface{ SetUserTimeout(time.Duration) })
		if known = ok; ok {
			c.SetUserTimeout(l.span)
		}
	case "tos":
		c, ok := any(r.c).(interface{ SetTOS(uint8) })
		if known = ok; ok {
			c.SetTOS(uint8(l.n))
		}
	case "nodelay", "delay":
		c, ok := any(r.c).(interface{ SetNoDelay(bool) })
		if known = ok; ok {
			c.SetNoDelay(l.call == "nodelay")
		}
	case "close":
		c, ok := any(r.c).(interface{ Close() })
		if known = ok; ok {
			c.Close()
		}
	case "deafen":
		c, ok := any(r.c).(interface{ Deafen() })
		if known = ok; ok {
			c.Deafen()
		}
	}
	if !known {
		return r.tooEarly(l.call, calls[l.call])
	}
	return r.drain()
}

func (r *run) tooEarly(call string, chapter int) error {
	return r.fail("a stack that has "+call,
		fmt.Sprintf("one that has not: it comes with chapter %d, so the script says chapters %d-", chapter, chapter))
}

func (r *run) writes(l *line, write func([]byte) (int, error)) error {
	n, err := write(fill(r.written, l.n))
	r.written += uint32(n)
	want, got := fmt.Sprintf("%d bytes written", l.result), fmt.Sprintf("%d bytes written", n)
	if l.err != "" {
		want = l.err
	}
	if err != nil {
		got = named(err)
	}
	if want != got {
		return r.fail(want, got, "result")
	}
	return nil
}

// reads has the application read, byte for byte what the peer has sent.
func (r *run) reads(l *line) error {
	r.note("%s", l.text[strings.Index(l.text, "read"):])
	c, ok := any(r.c).(io.Reader)
	switch {
	case r.c == nil:
		return r.noConnection()
	case !ok:
		return r.tooEarly("read", 5)
	}
	b := make([]byte, max(l.n, 1))
	n, err := c.Read(b)
	want := l.err
	if want == "" {
		want = fmt.Sprintf("%d bytes read", l.n)
	}
	got := fmt.Sprintf("%d bytes read", n)
	if err != nil {
		got = named(err)
	} else if n == 0 {
		got = "nothing"
	}
	if want != got {
		return r.fail(want, got, "result")
	}
	if i := wrong(r.read, b[:n]); i >= 0 {
		return r.fail("the bytes that the peer sent", fmt.Sprintf("another byte at place %d of the stream", r.read+uint32(i)), "bytes")
	}
	r.read += uint32(n)
	return r.drain()
}

// state compares the state. LISTEN is a listener without a connection that lives.
func (r *run) state(l *line) error {
	got := tcp.Closed
	if r.c != nil {
		got = r.c.State()
	}
	if r.l != nil && got == tcp.Closed && (r.c == nil || l.state == tcp.Listen) {
		got = tcp.Listen
	}
	if got != l.state {
		return r.fail(l.state.String(), got.String(), "state")
	}
	return nil
}

// ended compares why the connection ended.
func (r *run) ended(l *line) error {
	got := "none"
	if r.c != nil {
		got = named(r.c.Err())
	}
	if got != l.err {
		return r.fail(l.err, got, "error")
	}
	return nil
}

// deadline compares when the connection wants to be woken.
func (r *run) deadline(l *line) error {
	var at time.Duration
	running := false
	if r.c != nil {
		at, running = r.c.Deadline()
	}
	due, wanted := l.due.after(r.now), l.err != "none"
	if running == wanted && (!wanted || at == due) {
		return nil
	}
	want, got := "to be woken never", "to be woken never"
	if wanted {
		want = "to be woken at " + seconds(due)
	}
	if running {
		got = "to be woken at " + seconds(at)
	}
	return r.fail(want, got, "deadline")
}
