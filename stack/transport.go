//go:build !before4

package stack

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/ip"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// transport is the upper part: for now the part that uses TCP.
type transport struct {
	config tcp.Config
	table  tcp.Table
	timers timerQueue
	bound  bound // which ends have been given away by Bind

	selecting selecting // requests that wait for one of several sockets: chapter 8

	segments sync.Pool // *tcp.Segment, to be filled in again and again
}

// stream is a socket's connection, or its listening.
type stream struct {
	conn     *tcp.Conn
	listener *listening
	parent   *listening // the listener this connection came from, until it is accepted
	changed  sync.Cond  // its L is the socket's mu; requests wait here
	timer    timerEntry
	touched  bool // in the list of a receiving batch
	gone     bool // the descriptor has been given back
	unwanted bool // the listener this came from is no more
	urgent   bool // the peer has told of urgent data, and WaitUrgent has not passed it on: chapter 5
	writing  bool // a write is under way, and the next waits for it: chapter 5
	shares   bool // its port, with others that say so too

	deadlines deadlines // chapter 5
	wishes    wishes    // chapter 5
	watched   watched   // by requests that wait for one of several sockets: chapter 8
	carriage  carriage  // how its packets want to be carried: chapter 9
	former    former    // whose place it takes: chapter 10
}

func (s *Stack) setUpTransport() {
	g := &s.transport.config
	g.Rand = s.config.Rand
	g.Transition = s.transition
	g.Urgent = s.urgentNews
	g.PathMTU = s.learned
	g.Doubt = func(c *tcp.Conn) { s.doubt(c.Remote().Addr()) }
	s.network.ip.Rand = s.config.Rand
}

// TCP returns the configuration of the TCP part, to be changed before the first connection is made.
func (s *Stack) TCP() *tcp.Config { return &s.transport.config }

// reach makes the connection that Connect asks for, and waits until it stands. It holds the socket's lock.
func (s *Stack) reach(sk *socket) error {
	if sk.stream.gone {
		return s.table.missing()
	}
	now := s.config.Now()
	conn := tcp.Open(&s.transport.config, s.endpoints(now, sk), now)
	sk.stream.conn = conn
	sk.stream.wishes.grant(now, conn)
	port := sk.peer.local.Port()
	if !s.transport.table.Insert(conn) && !s.supersedes(now, conn) {
		conn.Abort()
		sk.stream.conn = nil
		sk.peer.forget()
		return syscall.EADDRINUSE
	}
	s.transport.bound.connect(sk, port, true)
	s.flush(now, sk)
	err := s.wait(sk, func() bool {
		return sk.stream.gone || sk.state != tcp.SynSent && sk.state != tcp.SynReceived || s.expired(sk)
	})
	switch {
	case sk.stream.gone:
		return s.table.missing() // and what becomes of the connection, Close has decided
	case sk.state == tcp.Closed:
		if err = conn.Err(); err == nil {
			err = syscall.ECONNABORTED // shut down before it stood
		}
	case err == nil && (sk.state == tcp.SynSent || sk.state == tcp.SynReceived):
		err = syscall.ETIMEDOUT // the application's own deadline
	}
	if err != nil {
		conn.Abort()
		s.flush(s.config.Now(), sk)
		sk.stream.conn = nil
		sk.peer.forget()
		s.transport.bound.connect(sk, port, false)
	}
	return err
}

// endpoints is what the TCP part is told of a socket's connection.
func (s *Stack) endpoints(now time.Duration, sk *socket) tcp.Endpoints {
	e := tcp.Endpoints{
		Local: sk.peer.local, Remote: sk.peer.remote,
		Send: &sk.peer.send, Receive: &sk.peer.receive,
		MTU:   defaultMTU,
		Owner: sk,
	}
	if i, _, err := s.network.ip.LookupFrom(e.Local.Addr(), e.Remote.Addr()); err == nil {
		e.MTU, e.SegmentMax = i.Info.MTU, i.Info.SegmentMax
	}
	s.way(now, sk, &e)
	sk.stream.changed.L = &sk.mu
	return e
}

// defaultMTU is what every IPv4 host can receive (RFC 791 3.1).
const defaultMTU = 576

// taken says whether a connection between two ends would be in somebody's way: there is one, or the port has been given
// away by Bind.
func (s *Stack) taken(local, remote netip.AddrPort) bool {
	return s.transport.table.Find(local, remote) != nil || s.transport.bound.taken(local)
}

// transition is told by the TCP part of every change of a connection's state. The socket is locked.
func (s *Stack) transition(c *tcp.Conn, from, to tcp.State) {
	sk := c.Owner().(*socket)
	sk.state = to
	if s.config.Trace != nil {
		s.emit(trace.Event{Kind: trace.Record, FD: int(sk.fd), Name: "state", Note: fmt.Sprintf("%v → %v", from, to),
			Local: sk.peer.local, Remote: sk.peer.remote})
	}
	s.adopt(sk, c, from, to)
	s.succeeded(sk, c, from, to)
}

// receiving is the sockets that a batch of arriving frames has touched: they are answered when all are worked off.
type receiving struct{ touched []*socket }

// deliver hands what the IP part has unpacked to the part it is for.
func (s *Stack) deliver(now time.Duration, d ip.Datagram, pkt *buffer.Packet, r *receiving) {
	if !d.Src.IsValid() {
		return // it was for the IP part itself
	}
	switch d.Protocol {
	case header.ProtocolTCP:
		s.arriveTCP(now, d, pkt, r)
	case header.ProtocolICMP:
		s.arriveICMP(now, d, pkt)
	case header.ProtocolUDP:
		s.arriveUDP(now, d, pkt)
	default:
		s.arriveUnknown(now, d, pkt)
	}
}

// arriveTCP looks for the connection that a segment belongs to.
func (s *Stack) arriveTCP(now time.Duration, d ip.Datagram, pkt *buffer.Packet, r *receiving) {
	segment := pkt.Bytes()
	// A segment that never left this machine may have no finished checksum; and an adapter may have verified it.
	if o := &pkt.Offload; !o.NeedsChecksum && !o.ChecksumValid && !header.TCPChecksumValid(segment, d.Src, d.Dst) {
		s.emit(trace.Event{Kind: trace.Drop, Name: "checksum"})
		s.dropped(dropTCPChecksum)
		return
	}
	h, payload, err := header.ParseTCP(segment)
	if err != nil || !header.OptionsValid(h.Options) {
		s.emit(trace.Event{Kind: trace.Drop, Name: "header"})
		s.dropped(dropTCPHeader)
		return
	}
	local, remote := netip.AddrPortFrom(d.Dst, h.DstPort), netip.AddrPortFrom(d.Src, h.SrcPort)
	if c := s.transport.table.Find(local, remote); c != nil {
		sk := c.Owner().(*socket)
		sk.mu.Lock()
		s.lookedUp(local, remote, int(sk.fd), "connection")
		if !s.reopened(now, sk, c, &h, r) && !s.postponed(sk, &h) {
			c.Arrive(now, &h, payload, pkt, d.TOS)
			r.touch(sk)
		}
		sk.mu.Unlock()
		return
	}
	if l := s.transport.table.Listening(local); l != nil {
		if c := s.arriveListening(now, l, local, remote, &h, len(payload), r); c != nil && h.Flags.Has(header.ACK) {
			// A connection that was kept nowhere: this is the third segment of its opening (chapter 10).
			sk := c.Owner().(*socket)
			sk.mu.Lock()
			c.Arrive(now, &h, payload, pkt, d.TOS)
			sk.mu.Unlock()
		}
		return
	}
	s.lookedUp(local, remote, 0, "nothing")
	s.dropped(dropTCPNoSocket)
	s.refuse(now, local, remote, &h, len(payload))
}

func (s *Stack) lookedUp(local, remote netip.AddrPort, fd int, found string) {
	s.emit(trace.Event{Kind: trace.LookUp, FD: fd, Note: found, Local: local, Remote: remote})
}

// touch adds a socket to the batch.
func (r *receiving) touch(sk *socket) {
	if !sk.stream.touched {
		sk.stream.touched = true
		r.touched = append(r.touched, sk)
	}
}

// answer lets every touched socket send, and wakes who waits for it.
func (s *Stack) answer(now time.Duration, r *receiving) {
	for _, sk := range r.touched {
		sk.mu.Lock()
		sk.stream.touched = false
		s.flush(now, sk)
		sk.mu.Unlock()
	}
	clear(r.touched)
	r.touched = r.touched[:0]
}

// flush sends what the socket's connection wants to be sent, notes when it wants to be woken, and wakes the requests
// that wait for it. It holds the socket's lock.
func (s *Stack) flush(now time.Duration, sk *socket) {
	c := sk.stream.conn
	if c == nil {
		return
	}
	if sk.stream.unwanted {
		c.Abort()
	}
	out := s.sending()
	seg, _ := s.transport.segments.Get().(*tcp.Segment)
	if seg == nil {
		seg = new(tcp.Segment)
	}
	for c.Next(now, seg) {
		s.send(now, out, seg)
	}
	s.sent(out)
	seg.Body = [2][]byte{}
	s.transport.segments.Put(seg)
	if c.State() == tcp.Closed {
		s.transport.table.Remove(c)
	}
	if sk.nobodyReads(c.State()) {
		sk.peer.release()
	}
	s.schedule(sk)
	sk.wake()
}

// nobodyReads says whether the buffers of a socket are of no use any more: nobody holds its descriptor, all that was
// written has arrived, and what might still come would be answered by a RST.
func (sk *socket) nobodyReads(st tcp.State) bool {
	return st == tcp.Closed && sk.fd == 0 || sk.stream.gone && (st == tcp.TimeWait || st == tcp.FinWait2)
}

// refuse answers a segment for which there is no socket.
func (s *Stack) refuse(now time.Duration, local, remote netip.AddrPort, h *header.TCP, length int) {
	if seg, ok := tcp.Reset(local, remote, h, length); ok {
		out := s.sending()
		s.send(now, out, &seg)
		s.sent(out)
	}
}

// send puts a segment into a packet and hands it down: TCP header, checksum, then the IP part.
func (s *Stack) send(now time.Duration, out *sending, seg *tcp.Segment) {
	src, dst := seg.Local.Addr(), seg.Remote.Addr()
	i, hop, err := s.network.ip.LookupFrom(src, dst)
	if err != nil {
		s.dropped(dropNoRoute)
		return
	}
	if s.config.Trace != nil {
		s.emit(trace.Event{Kind: trace.Build, Name: seg.Header.Flags.String(), Note: fmt.Sprintf("%d bytes of data", seg.Len()),
			Local: seg.Local, Remote: seg.Remote})
	}
	pkt := s.network.pool.Get()
	n := seg.Header.Len()
	b := pkt.Push(n)
	seg.Header.Put(b)
	pkt.Body = seg.Body
	if i.Info.Checksum {
		sum := header.PseudoSum(src, dst, header.ProtocolTCP, pkt.Len())
		binary.BigEndian.PutUint16(b[header.TCPChecksumOffset:], sum)
		pkt.Offload.NeedsChecksum = true
		pkt.Offload.ChecksumOffset = header.TCPChecksumOffset
	} else {
		header.SetTCPChecksum(b, src, dst, seg.Body[0], seg.Body[1])
	}
	if seg.Len() > seg.MSS {
		pkt.Offload.SegmentSize, pkt.Offload.HeaderLen = uint16(seg.MSS), uint16(n)
	}
	s.handDown(now, out, i, hop, pkt, ip.Datagram{Src: src, Dst: dst, Protocol: header.ProtocolTCP, TOS: seg.TOS, TTL: seg.TTL})
}

// handDown gives a packet to the IP part, to go out by interface i to hop.
func (s *Stack) handDown(now time.Duration, out *sending, i *ip.Interface, hop netip.Addr, pkt *buffer.Packet, d ip.Datagram) {
	if !s.network.ip.Wrap(now, i, hop, pkt, d) {
		pkt.Release()
		s.sendOwn() // the question who has the address
		s.rewind()  // … which may have to be asked again
		return
	}
	s.post(out, i, pkt)
	if s.network.ip.Pending() {
		s.sendOwn() // what was known of the neighbour is old: it is asked again, and used meanwhile
	}
}

func (st *stream) describe(i *SocketInfo) {
	if l := st.listener; l != nil {
		i.ReceiveQueue, i.ReceiveBuffer = l.queued(), l.tcp.Backlog
	}
}

func (st *stream) memory() int {
	if st.conn == nil {
		return 0
	}
	return connSize
}

// orphans returns the sockets that have no descriptor, not yet or no longer, in the order of their ends.
func (s *Stack) orphans() []*socket {
	return s.owners(func(sk *socket) bool { return sk.fd == 0 })
}

// owners returns the sockets of the connections there are for which keep says so, in the order of their ends. keep is
// called with the socket's lock held.
func (s *Stack) owners(keep func(*socket) bool) []*socket {
	conns := s.transport.table.All()
	slices.SortFunc(conns, func(a, b *tcp.Conn) int {
		return cmp.Or(a.Remote().Compare(b.Remote()), a.Local().Compare(b.Local()))
	})
	var list []*socket
	for _, c := range conns {
		sk := c.Owner().(*socket)
		sk.mu.Lock()
		if keep(sk) {
			list = append(list, sk)
		}
		sk.mu.Unlock()
	}
	return list
}
