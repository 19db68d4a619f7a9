//go:build !before4

package stack

import (
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"
	"unsafe"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// listening is what a socket that waits for others to connect has instead of a connection.
type listening struct {
	sk    *socket // guards all below
	tcp   tcp.Listener
	ready []*socket // connections that stand and nobody has accepted
}

// connSize is the memory of a connection's record.
const connSize = int(unsafe.Sizeof(tcp.Conn{}))

// Bind gives a socket its own address and port. The address may be unspecified (0.0.0.0): any of the stack's. Port 0
// lets the stack choose. It fails with EADDRNOTAVAIL for an address that is not the stack's, and with EADDRINUSE when
// another socket has been bound to that port, at the same address or at any, see [Stack.SetReuseAddr].
func (s *Stack) Bind(fd FD, local netip.AddrPort) error {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "bind", Note: local.String(), Local: local})
	err := s.bind(fd, local)
	s.returned("bind", fd, err, "bound")
	return err
}

func (s *Stack) bind(fd FD, local netip.AddrPort) error {
	sk, err := s.lookup("bind", fd)
	if err != nil {
		return err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	a := local.Addr().Unmap()
	switch {
	case sk.stream.gone:
		return os.NewSyscallError("bind", s.table.missing())
	case sk.state != tcp.Closed || sk.peer.local.IsValid():
		return os.NewSyscallError("bind", syscall.EINVAL)
	case !a.Is4():
		return os.NewSyscallError("bind", syscall.EAFNOSUPPORT)
	case !a.IsUnspecified() && !s.own(a):
		return os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
	}
	if sk.typ == Datagram {
		return os.NewSyscallError("bind", s.bindDatagram(sk, netip.AddrPortFrom(a, local.Port())))
	}
	local, ok := s.bindStream(sk, netip.AddrPortFrom(a, local.Port()))
	if !ok {
		return os.NewSyscallError("bind", syscall.EADDRINUSE)
	}
	sk.peer.local = local
	return nil
}

// own says whether a is one of the stack's addresses.
func (s *Stack) own(a netip.Addr) bool {
	return s.network.ip.Own(a)
}

// Listen makes a socket that is bound to a port wait for others to connect to it: the passive open. At most backlog
// connections may stand before Accept takes them, and before chapter 10 that counts those which are opening too; less than 1
// counts as 1. It fails with EADDRINUSE when another socket listens there.
func (s *Stack) Listen(fd FD, backlog int) error {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "listen"})
	err := s.listen(fd, backlog)
	s.returned("listen", fd, err, "listening")
	return err
}

func (s *Stack) listen(fd FD, backlog int) error {
	sk, err := s.lookup("listen", fd)
	if err != nil {
		return err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	switch {
	case sk.stream.gone:
		return os.NewSyscallError("listen", s.table.missing())
	case sk.typ != Stream:
		return os.NewSyscallError("listen", syscall.EOPNOTSUPP)
	case sk.state != tcp.Closed:
		return os.NewSyscallError("listen", syscall.EINVAL)
	case !sk.peer.local.IsValid():
		return os.NewSyscallError("listen", syscall.EDESTADDRREQ)
	}
	l := &listening{sk: sk, tcp: tcp.Listener{Backlog: max(1, backlog), Owner: sk}}
	if !s.transport.bound.listen(sk, sk.peer.local) || !s.transport.table.Listen(sk.peer.local, &l.tcp) {
		return os.NewSyscallError("listen", syscall.EADDRINUSE)
	}
	sk.stream.listener = l
	sk.stream.changed.L = &sk.mu
	s.emit(trace.Event{Kind: trace.Record, FD: int(fd), Name: "state", Note: sk.state.String() + " → " + tcp.Listen.String(), Local: sk.peer.local})
	sk.state = tcp.Listen
	return nil
}

// Accept takes the oldest connection that somebody has made to a listening socket, and waits for one if there is none.
// It returns the descriptor of the connection's own socket, and who the peer is. ECONNABORTED says that the connection ended in
// the moment in which it was taken, EMFILE that there are as many sockets as there may be: it then waits for another Accept.
func (s *Stack) Accept(fd FD) (FD, netip.AddrPort, error) {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "accept"})
	sk, err := s.lookup("accept", fd)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	_, child, remote, err := s.accept(sk)
	if err != nil {
		err = os.NewSyscallError("accept", err)
		s.returned("accept", 0, err, "")
		return 0, netip.AddrPort{}, err
	}
	s.returned("accept", child, nil, child.String())
	return child, remote, nil
}

func (s *Stack) accept(sk *socket) (*socket, FD, netip.AddrPort, error) {
	if err := s.allowed(); err != nil {
		return nil, 0, netip.AddrPort{}, err
	}
	child, err := s.takeReady(sk)
	if err != nil {
		return nil, 0, netip.AddrPort{}, err
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	if child.state == tcp.Closed {
		return nil, 0, netip.AddrPort{}, syscall.ECONNABORTED // in the very moment
	}
	fd, err := s.table.insert(child)
	if err != nil {
		s.putBack(child)
		return nil, 0, netip.AddrPort{}, err
	}
	child.stream.parent = nil
	return child, fd, child.peer.remote, nil
}

// putBack puts a connection for which there was no descriptor at the head of its listener's list again. It can be accepted
// when there is one. The socket is locked; its listener's is locked here.
func (s *Stack) putBack(child *socket) {
	l := child.stream.parent
	l.sk.mu.Lock()
	defer l.sk.mu.Unlock()
	l.ready = slices.Insert(l.ready, 0, child)
	l.tcp.Waiting++
	l.sk.wake()
}

// takeReady waits for a connection and takes it off the listener's list.
func (s *Stack) takeReady(sk *socket) (*socket, error) {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	l := sk.stream.listener
	switch {
	case sk.stream.gone:
		return nil, s.table.missing()
	case l == nil:
		return nil, syscall.EINVAL
	}
	err := s.wait(sk, func() bool { return sk.stream.gone || len(l.ready) > 0 || s.expired(sk) })
	switch {
	case sk.stream.gone:
		return nil, s.table.missing()
	case err != nil:
		return nil, err
	case len(l.ready) == 0 || s.expired(sk):
		return nil, os.ErrDeadlineExceeded
	}
	child := l.ready[0]
	l.ready = slices.Delete(l.ready, 0, 1)
	l.tcp.Waiting--
	return child, nil
}

func (l *listening) queued() int { return len(l.ready) }

// arriveListening hands a segment that belongs to no connection to the listener of its port.
func (s *Stack) arriveListening(now time.Duration, l *tcp.Listener, local, remote netip.AddrPort, h *header.TCP, length int, r *receiving) *tcp.Conn {
	sk := l.Owner.(*socket)
	child := &socket{typ: Stream, state: tcp.Listen, peer: peer{local: local, remote: remote}}
	sk.mu.Lock()
	s.lookedUp(local, remote, int(sk.fd), "listener")
	child.stream.parent, child.stream.wishes = sk.stream.listener, sk.stream.wishes
	if sk.stream.gone {
		sk.mu.Unlock()
		s.refuse(now, local, remote, h, length)
		return nil
	}
	conn, reset := l.Arrive(&s.transport.config, func() tcp.Endpoints { return s.endpoints(now, child) }, now, h)
	if conn != nil {
		// From Insert on others may find the child, and its lock cannot be taken here: a child's comes before its listener's.
		child.peer.reserve()
		child.stream.conn, child.stream.touched = conn, true
		child.stream.wishes.grant(now, conn)
		if s.transport.table.Insert(conn) {
			r.touched = append(r.touched, child)
		} else {
			l.Left(conn) // the same SYN came by another adapter at the same time
			l.Waiting--
			conn = nil
		}
	}
	recycled := s.stateless(now, l)
	sk.mu.Unlock()
	if reset {
		s.refuse(now, local, remote, h, length)
	}
	s.recycle(now, recycled)
	return conn
}

// stopListening ends the listening of a socket, whose lock it holds, and gives its port back. The connections that nobody has accepted are left to
// abandon.
func (s *Stack) stopListening(sk *socket) *listening {
	s.transport.bound.release(sk, sk.peer.local.Port())
	l := sk.stream.listener
	if l != nil {
		s.transport.table.Unlisten(sk.peer.local)
		l.ready = nil
	}
	return l
}

// abandon resets the connections, standing or opening, that came from a listener which is no more.
func (s *Stack) abandon(l *listening) {
	if l == nil {
		return
	}
	for _, child := range s.owners(func(sk *socket) bool { return sk.stream.parent == l }) {
		child.mu.Lock()
		if child.stream.parent == l { // not accepted in the very moment
			child.stream.conn.Abort()
			s.flush(s.config.Now(), child)
		}
		child.mu.Unlock()
	}
}

// adopt follows a connection that came from a listener: it may be accepted once it stands, and makes room when it is
// over before that. The socket is locked; its listener's is locked here.
func (s *Stack) adopt(sk *socket, c *tcp.Conn, from, to tcp.State) {
	l := sk.stream.parent
	stands := from == tcp.SynReceived && to == tcp.Established
	over := to == tcp.Closed && sk.fd == 0
	if l == nil || !stands && !over {
		return
	}
	l.sk.mu.Lock()
	defer l.sk.mu.Unlock()
	switch {
	case stands && l.sk.stream.gone:
		l.tcp.Left(c)
		sk.stream.unwanted = true // it came while the listener was closed
	case stands:
		l.tcp.Left(c)
		l.ready = append(l.ready, sk)
		l.sk.wake()
	case over:
		sk.stream.parent = nil
		if i := slices.Index(l.ready, sk); i >= 0 {
			l.ready = slices.Delete(l.ready, i, i+1)
			l.tcp.Waiting--
		} else if from == tcp.SynReceived {
			l.tcp.Left(c)
			l.tcp.Waiting--
		}
	}
}
