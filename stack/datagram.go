//go:build !before8

package stack

import (
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"github.com/tsunagu/tsunagu/stack/trace"
	"github.com/tsunagu/tsunagu/stack/udp"
)

// datagrams is the part that uses UDP.
type datagrams struct{ table udp.Table }

// datagram is what a socket has instead of a connection: its port. nil: it has none yet.
type datagram struct {
	port  *udp.Port
	whole bool // what it sends is not to be cut: fragment.go
	loud  bool // it may send to everybody: broadcast.go
}

// SendTo sends p as one datagram to the socket at to, and returns when it is on its way: whether it arrives, nobody
// says. A socket that has no port yet is given one. It fails with EMSGSIZE when p is longer than 65,507 bytes, with
// EISCONN when the socket is connected to another peer, with ENETUNREACH when no adapter leads there, with EACCES when to
// is everybody's address and SetBroadcast has not allowed that. On a connected
// socket it may return what became of an earlier datagram: ECONNREFUSED when nobody receives at that port.
func (s *Stack) SendTo(fd FD, p []byte, to netip.AddrPort) (int, error) {
	if s.config.Trace != nil {
		s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "sendto", Note: bytesOf(len(p)) + " to " + to.String(), Remote: to})
	}
	sk, err := s.lookup("sendto", fd)
	if err != nil {
		return 0, err
	}
	n, err := s.sendTo(sk, p, to)
	err = callError("sendto", err)
	if s.config.Trace != nil {
		s.returned("sendto", fd, err, bytesOf(n))
	}
	return n, err
}

func (s *Stack) sendTo(sk *socket, p []byte, to netip.AddrPort) (int, error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return s.sendDatagram(sk, p, to)
}

// writeDatagram is Write at a socket for datagrams. It holds the socket's lock.
func (s *Stack) writeDatagram(sk *socket, p []byte) (int, error) {
	if !sk.stream.gone && !sk.peer.remote.IsValid() {
		return 0, syscall.EDESTADDRREQ
	}
	return s.sendDatagram(sk, p, sk.peer.remote)
}

func (s *Stack) sendDatagram(sk *socket, p []byte, to netip.AddrPort) (int, error) {
	if err := s.maySend(sk, to); err != nil {
		return 0, err
	}
	local, to, err := s.datagramEnds(sk, netip.Addr{}, to)
	if err != nil {
		return 0, err
	}
	out := s.sending()
	defer s.sent(out)
	if err := s.sendUDP(out, sk, local, to, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// maySend says why a socket may not send a datagram to somebody, if so. It holds the socket's lock.
func (s *Stack) maySend(sk *socket, to netip.AddrPort) error {
	switch {
	case sk.stream.gone:
		return s.table.missing()
	case sk.typ != Datagram:
		return syscall.EOPNOTSUPP
	case s.writeExpired(sk):
		return os.ErrDeadlineExceeded
	case sk.peer.remote.IsValid() && sk.peer.remote != netip.AddrPortFrom(to.Addr().Unmap(), to.Port()):
		return syscall.EISCONN
	case to == (netip.AddrPort{}):
		return syscall.EDESTADDRREQ
	}
	return nil
}

// datagramEnds returns between which ends a datagram to somebody is sent, and gives the socket a port if it has none. src
// is the address that the application wants it to come from, and not valid when it leaves that to the stack. It holds the
// socket's lock.
func (s *Stack) datagramEnds(sk *socket, src netip.Addr, to netip.AddrPort) (local, remote netip.AddrPort, err error) {
	addr, remote, err := s.destination(sk, to)
	if err != nil {
		return local, remote, err
	}
	if sk.datagram.port == nil {
		if err := s.bindDatagram(sk, netip.AddrPortFrom(netip.IPv4Unspecified(), 0)); err != nil {
			return local, remote, err
		}
	}
	if err := sk.datagram.port.Err(); err != nil {
		return local, remote, err
	}
	if a := sk.peer.local.Addr(); !a.IsUnspecified() {
		addr = a // chosen by the application
	}
	if src.IsValid() {
		addr = src
	}
	return netip.AddrPortFrom(addr, sk.peer.local.Port()), remote, nil
}

// ReceiveFrom takes the oldest datagram that has come to a socket, and waits if there is none. It returns how long it is
// and who sent it. One that is longer than p is cut, and the rest of it lost. It fails with EINVAL when the socket has
// no port, to which nothing can come. On a connected socket it may return what became of a datagram sent: ECONNREFUSED
// when nobody receives at that port.
func (s *Stack) ReceiveFrom(fd FD, p []byte) (n int, from netip.AddrPort, err error) {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "recvfrom"})
	sk, err := s.lookup("recvfrom", fd)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	n, from, err = s.receiveFrom(sk, p)
	err = callError("recvfrom", err)
	if s.config.Trace != nil {
		s.returned("recvfrom", fd, err, bytesOf(n)+" from "+from.String())
	}
	return n, from, err
}

func (s *Stack) receiveFrom(sk *socket, p []byte) (int, netip.AddrPort, error) {
	if err := s.allowed(); err != nil {
		return 0, netip.AddrPort{}, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return s.readDatagram(sk, p)
}

// readDatagram waits for a datagram. It holds the socket's lock.
func (s *Stack) readDatagram(sk *socket, p []byte) (n int, from netip.AddrPort, err error) {
	m := Message{Data: p}
	err = s.readMessage(sk, &m)
	return m.N, m.Peer, err
}

// readMessage waits for a datagram, and writes it down with what goes with it. It holds the socket's lock.
func (s *Stack) readMessage(sk *socket, m *Message) error {
	for {
		port := sk.datagram.port
		switch {
		case sk.stream.gone:
			return s.table.missing()
		case sk.typ != Datagram:
			return syscall.EOPNOTSUPP
		case port == nil:
			return syscall.EINVAL
		case s.expired(sk):
			return os.ErrDeadlineExceeded
		}
		if d, ok, err := port.Next(); err != nil {
			return err
		} else if ok {
			m.N, m.Cut, m.Peer, m.Local = copy(m.Data, d.Payload), len(d.Payload) > len(m.Data), d.From, d.To
			d.Release()
			return nil
		}
		if s.parked(sk) {
			continue
		}
		if err := s.wait(sk, func() bool { return sk.stream.gone || port.Ready() || s.expired(sk) }); err != nil {
			return err
		}
	}
}

// bindDatagram gives a socket a port of its own, as asked for or, when that is 0, one that nobody can guess: who does not
// know it cannot answer in the peer's place (RFC 5452 9.2). It holds the socket's lock.
func (s *Stack) bindDatagram(sk *socket, local netip.AddrPort) error {
	if sk.stream.gone {
		return s.table.missing()
	}
	port := s.datagrams.bind(local, sk, s.config.Rand)
	if port == nil {
		return syscall.EADDRINUSE
	}
	sk.datagram.port = port
	sk.stream.changed.L = &sk.mu
	sk.peer.local, sk.peer.bound = port.Local(), port.Local()
	s.emit(trace.Event{Kind: trace.Record, FD: int(sk.fd), Name: "local", Note: sk.peer.local.String(), Local: sk.peer.local})
	return nil
}

func (d *datagrams) bind(local netip.AddrPort, owner *socket, rand func() uint64) *udp.Port {
	if local.Port() != 0 {
		return d.table.Bind(local, owner)
	}
	const ports = lastPort - firstPort + 1
	first := int(rand() % ports)
	for i := range ports {
		local = netip.AddrPortFrom(local.Addr(), uint16(firstPort+(first+i)%ports))
		if p := d.table.Bind(local, owner); p != nil {
			return p
		}
	}
	return nil
}

// connectDatagram records who a socket's peer is, and nothing is sent. From then on the socket hears nobody else, and what
// others have sent before is lost. It may be connected again, to another peer, or with the zero AddrPort to none. It holds
// the socket's lock.
func (s *Stack) connectDatagram(sk *socket, remote netip.AddrPort) error {
	if remote == (netip.AddrPort{}) {
		return s.disconnectDatagram(sk)
	}
	addr, remote, err := s.destination(sk, remote)
	if err != nil {
		return err
	}
	if sk.datagram.port == nil {
		if err := s.bindDatagram(sk, netip.AddrPortFrom(netip.IPv4Unspecified(), 0)); err != nil {
			return err
		}
	}
	if a := sk.peer.bound.Addr(); !a.IsUnspecified() {
		addr = a // chosen by the application
	}
	s.datagrams.table.Connect(sk.datagram.port, addr, remote)
	for range sk.datagram.port.Keep(remote) {
		s.dropped(dropUDPNoSocket)
	}
	sk.peer.local, sk.peer.remote = sk.datagram.port.Local(), remote
	s.emit(trace.Event{Kind: trace.Record, FD: int(sk.fd), Name: "peer", Note: remote.String(), Local: sk.peer.local, Remote: remote})
	return nil
}

// disconnectDatagram has a socket hear everybody again. It keeps its port, and its address if the application has chosen it.
func (s *Stack) disconnectDatagram(sk *socket) error {
	if p := sk.datagram.port; p != nil && sk.peer.remote.IsValid() {
		s.datagrams.table.Disconnect(p, sk.peer.bound.Addr())
		sk.peer.local, sk.peer.remote = p.Local(), netip.AddrPort{}
	}
	return nil
}

// closeDatagram gives the socket's port back. It holds the socket's lock.
func (s *Stack) closeDatagram(sk *socket) {
	if p := sk.datagram.port; p != nil {
		s.datagrams.table.Unbind(p)
		p.Discard()
		sk.datagram.port = nil
	}
}

func (d *datagram) describe(i *SocketInfo) {
	if d.port != nil {
		i.ReceiveQueue, i.ReceiveBuffer = d.port.Held(), d.port.Limit()
	}
}

func (d *datagram) memory() int {
	if d.port == nil {
		return 0
	}
	return int(unsafe.Sizeof(*d.port)) + d.port.Held()
}

// dataNote is how a trace writes what a packet carries.
func dataNote(n int) string { return fmt.Sprintf("%d bytes of data", n) }
