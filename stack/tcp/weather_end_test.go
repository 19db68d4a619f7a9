//go:build !before7

package tcp_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// host is where connections end: their table, and where segments without a connection go.
type host struct {
	w        *world
	name     string
	addr     netip.Addr
	ways     map[netip.Addr][]*line // to other hosts
	config   tcp.Config
	table    tcp.Table
	expected map[netip.AddrPort]*end // who is going to be connected to
	segment  tcp.Segment             // what goes out
	scratch  [1 << 14]byte           // what is read

	mtu    int
	super  int  // how large a segment may be that is cut on its way down; 0: none is
	wire   bool // segments travel as bytes
	shares bool // the connection may keep the memory in which a segment came
}

func (w *world) host(name string, addr netip.Addr) *host {
	h := &host{w: w, name: name, addr: addr, mtu: 1500, ways: make(map[netip.Addr][]*line), expected: make(map[netip.AddrPort]*end)}
	h.config.Transition = func(c *tcp.Conn, from, to tcp.State) { c.Owner().(*end).transition(from, to) }
	w.hosts[addr] = h
	return h
}

// arrive finds out whom a segment is for (RFC 9293 3.10.7).
func (h *host) arrive(p *packet) {
	var of buffer.Holder
	if h.shares {
		of = p
	}
	if c := h.table.Find(p.to, p.from); c != nil {
		e := c.Owner().(*end)
		if !h.reopened(e, p) {
			e.watch(func() { e.talk.Arrive(h.w.now, &p.h, p.payload, of, p.tos) })
			e.touch()
		}
		return
	}
	reset := true
	if l := h.table.Listening(p.to); l != nil {
		e := h.expects(p)
		var c *tcp.Conn
		var talk conversation
		if c, talk, reset = h.w.record.accept(e, l, &p.h); c != nil {
			e.l = l
			e.begin(c, talk)
			if p.h.Flags.Has(header.ACK) { // from a cookie
				e.watch(func() { e.talk.Arrive(h.w.now, &p.h, p.payload, of, p.tos) })
			}
		}
		h.stateless(l)
	}
	if reset {
		if s, ok := tcp.Reset(p.to, p.from, &p.h, len(p.payload)); ok {
			h.send(&s)
		}
	}
}

// expects returns the end that a segment begins to connect to: the next one that a plan has, or a stray one.
func (h *host) expects(p *packet) *end {
	e := h.expected[p.from]
	for e != nil && e.stood {
		e = e.next
	}
	if e == nil {
		e = h.w.end(h, p.to, p.from, plan{})
		e.stray = true
	}
	return e
}

// send cuts a segment into packets, as an adapter would, and sends them.
func (h *host) send(s *tcp.Segment) {
	n := s.Len()
	for at := 0; ; {
		size := n - at
		p := h.w.packet()
		p.from, p.to, p.tos, p.way = s.Local, s.Remote, s.TOS, h.ways[s.Remote.Addr()]
		p.h = s.Header
		p.h.Options = append(p.options[:0], s.Header.Options...)
		p.h.Seq = s.Header.Seq.Add(at)
		if size > s.MSS {
			size = s.MSS
			p.h.Flags &^= header.FIN | header.PSH
		}
		if at > 0 {
			p.h.Flags &^= header.CWR
		}
		for i, skip := 0, at; i < len(s.Body); i++ {
			b := s.Body[i]
			over := min(skip, len(b))
			skip -= over
			p.payload = append(p.payload, b[over:][:min(size-len(p.payload), len(b)-over)]...)
		}
		if h.wire {
			p.wire = append(p.wire, make([]byte, p.h.Len())...)
			p.h.Put(p.wire)
			p.wire = append(p.wire, p.payload...)
			header.SetTCPChecksum(p.wire, p.from.Addr(), p.to.Addr())
		}
		if p.size() > h.mtu {
			h.w.fail("%s sends a packet of %d bytes, its MTU is %d", h.name, p.size(), h.mtu)
		}
		h.w.record.sent(h.w.now, h, p)
		h.w.forward(p)
		if at += size; at >= n {
			return
		}
	}
}

// end is one end of a connection, and the application that uses it.
type end struct {
	h             *host
	c             *tcp.Conn
	talk          conversation // by which it is used
	local, remote netip.AddrPort
	other         *end
	next          *end // of the connection between the same ends that follows this one
	follows       bool // … there is one before
	former        *end // whose place in TIME-WAIT this one has taken, and does not stand yet
	l             *tcp.Listener
	sending       *buffer.Queue
	receiving     *buffer.Chain
	checks        tcp.Watch

	unwatched bool // nothing is looked at: it has gone through that elsewhere
	stray     bool // no application: it must not come to stand
	stood     bool // it has been ESTABLISHED
	touched   bool // something has happened to it at this moment
	wake      time.Duration
	sentOut   int // segments
	calls     int // of Write and Read that came to something

	plan    plan
	r       *rand.Rand
	wrote   int
	got     int
	stalled bool
	eof     bool
	shut    bool          // it has closed
	closed  bool          // the application has nothing to do with it any more
	err     error         // what the application was told
	write   time.Duration // when it writes next
	take    time.Duration // … and reads
}

func (w *world) end(h *host, local, remote netip.AddrPort, p plan) *end {
	e := &end{h: h, local: local, remote: remote, plan: p, r: w.r}
	w.ends = append(w.ends, e)
	return e
}

// active says whether it is this end that a plan has open the connection, or the first of two that do.
func (e *end) active() bool { return !e.stray && !e.plan.passive && e.local.Port() > e.remote.Port() }

func (e *end) String() string {
	return fmt.Sprintf("%s %v→%v %v, wrote %d of %d, got %d of %d, eof %v, %v", e.h.name, e.local, e.remote, e.c.State(),
		e.wrote, e.plan.total, e.got, e.otherTotal(), e.eof, e.checks.String(e.c))
}

func (e *end) otherTotal() int {
	if e.other == nil {
		return 0
	}
	return e.other.plan.total
}

func (e *end) endpoints() tcp.Endpoints {
	e.sending, e.receiving = new(buffer.Queue), new(buffer.Chain)
	e.sending.SetLimit(e.plan.sendBuffer)
	e.receiving.SetLimit(e.plan.receiveBuffer)
	return tcp.Endpoints{Local: e.local, Remote: e.remote, Send: e.sending, Receive: e.receiving, MTU: e.h.mtu, SegmentMax: e.h.super, Owner: e}
}

// open is the active open.
func (e *end) open() {
	e.begin(e.h.w.record.open(e))
}

func (e *end) begin(c *tcp.Conn, talk conversation) {
	if !e.h.table.Insert(c) {
		e.h.w.fail("there is a connection between %v and %v", e.local, e.remote)
	}
	e.use(c, talk)
}

// use begins with a connection that is in the table.
func (e *end) use(c *tcp.Conn, talk conversation) {
	e.c, e.talk = c, talk
	c.SetOwner(e)
	e.checks = tcp.Watch{}
	if e.plan.noDelay {
		talk.SetNoDelay(e.h.w.now, true)
	}
	if e.plan.keepAlive > 0 {
		talk.SetKeepAlive(e.h.w.now, e.plan.keepAlive)
	}
	e.touch()
}

func (e *end) transition(from, to tcp.State) {
	w := e.h.w
	w.moved = w.now
	if e.l != nil && from == tcp.SynReceived {
		e.l.Left(e.c)
	}
	if to == tcp.Established {
		e.stood = true
		e.succeed(true)
		// An ACK that brings a cookie back for the second time begins a second connection: nobody remembers the first.
		if e.stray && !w.betrayed && e.l.Counts()[tcp.CookiesTaken] == 0 {
			w.fail("a connection out of nothing: %v", e)
		}
	}
	w.record.state(w.now, e, from, to)
}

// touch has the end answer when all is worked off that happens at this moment.
func (e *end) touch() {
	if !e.touched {
		e.touched = true
		e.h.w.touched = append(e.h.w.touched, e)
	}
}

// watch lets something happen to the connection, and sees that nothing is wrong with it afterwards.
func (e *end) watch(happen func()) {
	happen()
	e.check(false)
}

func (e *end) check(rested bool) {
	if e.unwatched {
		return
	}
	moved, err := e.checks.Check(e.c, e.h.w.now, rested)
	if err != nil {
		e.h.w.fail("%w\n\t%v", err, e)
	}
	if moved {
		e.h.w.moved = e.h.w.now
	}
}

// settle lets due timers go off, the application do what it wants, and the connection send; and notes when the next of this
// is due.
func (e *end) settle() {
	w := e.h.w
	if e.c == nil {
		e.open()
	}
	e.watch(func() { e.talk.Timeout(w.now) })
	e.act()
	s := &e.h.segment
	for n := 0; e.talk.Next(w.now, s); n++ {
		e.sentOut++
		e.h.send(s)
		if n > 10_000 {
			w.fail("it does not stop sending: %v", e)
			return
		}
	}
	e.check(true)
	if e.c.State() == tcp.Closed {
		e.over()
		return
	}
	at, ok := e.c.Deadline()
	if ok && at <= w.now {
		w.fail("wants to be woken at %v: %v", at, e)
	}
	e.sleep(at, ok)
}

// sleep notes when the end wants to be woken: at a time, if ok, or when the application has rested.
func (e *end) sleep(at time.Duration, ok bool) {
	for _, t := range []time.Duration{e.write, e.take, e.plan.until} {
		if t > e.h.w.now && !e.closed && (!ok || t < at) {
			at, ok = t, true
		}
	}
	if ok && (e.wake == 0 || at < e.wake) {
		e.wake = at
		e.h.w.events.push(at, nil, e)
	}
}

// over takes the connection out of the table. What it has left the application may still read.
func (e *end) over() {
	e.succeed(false)
	e.h.table.Remove(e.c)
	if e.l != nil {
		e.l.Waiting--
		e.l = nil
	}
	e.act()
	if e.closed || !e.stood {
		e.receiving.Release()
		e.wake = 0
		if n := e.next; n != nil && e.closed && !e.plan.passive && n.c == nil {
			n.sleep(e.h.w.now+n.plan.pause+1, true)
		}
		return
	}
	e.sleep(0, false)
}

// act is what the application does now.
func (e *end) act() {
	now := e.h.w.now
	if e.stray && e.stood && !e.closed {
		e.watch(e.c.Abort)
		e.closed = true
	}
	if e.stray || e.closed {
		return
	}
	if !e.stood && e.c.State() == tcp.Closed {
		if e.plan.passive {
			return // back to LISTEN
		}
		e.err, e.closed = e.c.Err(), true
		return
	}
	if !e.stood && e.plan.passive {
		return // not accepted yet
	}
	if e.plan.until > 0 && now >= e.plan.until || e.plan.ending == aborts && e.wrote+e.got >= e.plan.after {
		e.watch(func() { e.talk.Abort(now) })
		e.closed = true
		return
	}
	if !e.stood {
		return // it waits
	}
	e.writes(now)
	e.reads(now)
	switch {
	case e.closed || e.err != nil:
		e.closed = true
	case e.wrote < e.plan.total:
	case e.plan.ending == vanishes:
		e.watch(func() { e.talk.Close(now); e.talk.Deafen(now) })
		e.closed = true
	case e.plan.ending == answers && e.eof || e.plan.ending == closes && !e.shut:
		e.watch(func() { e.talk.Close(now) })
		e.shut = true
	}
	if e.eof && e.shut {
		e.closed = true
	}
}

// writes writes what it can.
func (e *end) writes(now time.Duration) {
	for e.wrote < e.plan.total && e.err == nil && e.write <= now {
		n := min(1+e.r.IntN(e.plan.piece), e.plan.total-e.wrote)
		n, err := e.talk.Write(now, e.letters()[e.wrote%period:][:n])
		if err != nil {
			e.err = err
			return
		}
		if n == 0 {
			return
		}
		e.wrote += n
		e.calls++
		e.h.w.moved = now
		if e.plan.pause > 0 && e.r.IntN(4) == 0 {
			e.write = now + rand64(e.r, e.plan.pause)
		}
	}
}

// reads reads what there is, byte for byte what the other has written.
func (e *end) reads(now time.Duration) {
	for !e.eof && e.err == nil && e.take <= now {
		b := e.h.scratch[:1+e.r.IntN(e.plan.bite)]
		n, err := e.talk.Read(now, b)
		switch {
		case err == io.EOF:
			e.eof = true
			return
		case err != nil:
			e.err = err
			return
		case n == 0:
			return
		}
		e.calls++
		if e.h.w.betrayed {
			e.got += n
			e.h.w.moved = now
			continue
		}
		if e.other == nil || !bytes.Equal(b[:n], e.other.letters()[e.got%period:][:n]) {
			e.h.w.fail("other bytes than were written, from the %dth on: %v", e.got, e)
			return
		}
		e.got += n
		e.h.w.moved = now
		if e.got > e.other.wrote {
			e.h.w.fail("more bytes than were written: %v", e)
		}
		if e.plan.rest > 0 && e.r.IntN(4) == 0 {
			e.take = now + rand64(e.r, e.plan.rest)
		}
		if e.plan.stall > 0 && !e.stalled && e.got >= e.plan.stallAt {
			e.take, e.stalled = now+e.plan.stall, true
		}
	}
}

// letters is what this end writes, over and over.
func (e *end) letters() []byte {
	if e.local.Port() < e.remote.Port() {
		return book[0]
	}
	return book[1]
}

// book is two streams of bytes in which no place is like another, each written twice one after the other: a piece of up to
// period bytes can begin anywhere in the first.
var book = func() (b [2][]byte) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = make([]byte, 2*period)
		for j := range period {
			b[i][j] = byte(r.Uint32())
		}
		copy(b[i][period:], b[i])
	}
	return b
}()

const period = 65521 // a prime: no buffer is a multiple of it

// ended sees that nothing is left of a connection, and that it ended as its plan allows.
func (e *end) ended() error {
	if e.c == nil {
		if e.plan.fair {
			return fmt.Errorf("never began: %v→%v", e.local, e.remote)
		}
		return nil
	}
	if e.c.State() != tcp.Closed {
		return fmt.Errorf("not over: %v", e)
	}
	if at, ok := e.c.Deadline(); ok {
		return fmt.Errorf("over, and wants to be woken at %v: %v", at, e)
	}
	if e.stray {
		return nil
	}
	if !e.plan.fair {
		for _, err := range []error{e.err, e.c.Err()} {
			switch {
			case err == nil, errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, syscall.ECONNREFUSED):
			default:
				return fmt.Errorf("told %w: %v", err, e)
			}
		}
		return nil
	}
	switch {
	case e.err != nil || e.c.Err() != nil:
		return fmt.Errorf("told %v, ended with %v: %v", e.err, e.c.Err(), e)
	case !e.eof || e.got != e.other.plan.total || e.wrote != e.plan.total:
		return fmt.Errorf("not all arrived: %v", e)
	}
	// A segment for each packet of data in either direction, each call and some more: it does not talk without need.
	most, sent := talkative, e.sentOut
	if e.h.w.attacked {
		// … save that it answers what somebody makes up. Of challenge ACKs there are as many as the limit allows (RFC 5961 7): when
		// a made-up SYN has put another end in the place of the peer, which has closed, each answers the other's for a while.
		most, sent = max(most, 8), sent-int(e.c.Counts()[tcp.ChallengeACKs])
	}
	packet := min(e.h.mtu, e.other.h.mtu, 552) - 60 // the least of what any way takes, and the headers with all options
	if e.plan.passive && mayBake(&e.h.config) && packet+60-40 < 216 {
		packet = min(packet, 36) // a cookie knows no MSS between 28 and 216, and what is below 48 is not believed: 48, with 12 of options
	}
	if need := (e.wrote+e.got)/packet + e.calls + e.other.calls + 50; sent > most*need {
		return fmt.Errorf("%d segments sent, where %d should do: %v", e.sentOut, need, e)
	}
	// Where nothing is lost nothing is taken for lost, save what a peer that does not read has no room for, and a SYN when both
	// sides open at once. A tail loss probe may repeat what has arrived: the ACK of small segments may take its time.
	if p := &e.other.plan; e.h.w.calm && p.rest+p.stall == 0 && e.plan.passive != p.passive && e.next == nil && !e.follows {
		n := e.c.Counts()
		if n[tcp.Timeouts]+n[tcp.SegmentsLost] > 0 || n[tcp.Retransmits] > n[tcp.TLPProbes] {
			return fmt.Errorf("in fair weather, %d timeouts, %d segments lost, %d sent again, %d probes of the tail: %v",
				n[tcp.Timeouts], n[tcp.SegmentsLost], n[tcp.Retransmits], n[tcp.TLPProbes], e)
		}
	}
	return nil
}
