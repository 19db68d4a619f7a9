//go:build !before2

package stack

import (
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// peer is what connecting records in a socket: who speaks to whom, and the buffer memory for what they say.
type peer struct {
	local, remote netip.AddrPort
	bound         netip.AddrPort // what local was before connecting: what the application had bound, if anything
	send          buffer.Queue   // waits to be sent, and to be acknowledged
	receive       buffer.Chain   // waits to be read
}

// Connect connects a socket to the peer at remote: it records in the socket who that is, chooses the address and port
// of this side, reserves the buffer memory, and exchanges control information with the peer. It returns when the
// connection stands or cannot be made: EBADF, EISCONN, EALREADY, EINVAL for an address that is no single host's;
// ENETUNREACH when no adapter leads there; EADDRNOTAVAIL when no port is left for it, EADDRINUSE when the chosen one is
// taken; ECONNREFUSED, ETIMEDOUT. After the last two it may be tried again.
func (s *Stack) Connect(fd FD, remote netip.AddrPort) error {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "connect", Note: remote.String(), Remote: remote})
	err := s.connect(fd, remote)
	s.returned("connect", fd, err, "connected")
	return err
}

func (s *Stack) connect(fd FD, remote netip.AddrPort) error {
	sk, err := s.lookup("connect", fd)
	if err != nil {
		return err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.typ == Datagram {
		return os.NewSyscallError("connect", s.connectDatagram(sk, remote))
	}
	if err := s.record(sk, remote); err != nil {
		return os.NewSyscallError("connect", err)
	}
	if err := s.reach(sk); err != nil {
		return os.NewSyscallError("connect", err)
	}
	return nil
}

// record writes into the socket what connecting needs.
func (s *Stack) record(sk *socket, remote netip.AddrPort) error {
	switch {
	case sk.state == tcp.SynSent || sk.state == tcp.SynReceived:
		return syscall.EALREADY
	case sk.state != tcp.Closed || sk.peer.remote.IsValid():
		return syscall.EISCONN
	}
	remote, err := single(remote)
	if err != nil {
		return err
	}
	local, err := s.localFor(sk, remote)
	if err != nil {
		return err
	}
	sk.peer.bound = sk.peer.local
	sk.peer.remote, sk.peer.local = remote, local
	s.emit(trace.Event{Kind: trace.Record, FD: int(sk.fd), Name: "peer", Note: remote.String(), Local: local, Remote: remote})
	sk.peer.reserve()
	s.emit(trace.Event{Kind: trace.Reserve, FD: int(sk.fd), Name: "buffer", Local: local, Remote: remote,
		Note: fmt.Sprintf("%d bytes, %d when full", sk.peer.memory(), sk.peer.send.Limit()+sk.peer.receive.Limit())})
	return nil
}

// single returns remote when it can be a single host's: another is an error (RFC 9293 3.9.1.1, MUST-46).
func single(remote netip.AddrPort) (netip.AddrPort, error) {
	a := remote.Addr().Unmap()
	if !a.Is4() || a.IsUnspecified() || a.IsMulticast() || a == broadcastAddr || remote.Port() == 0 {
		return netip.AddrPort{}, syscall.EINVAL
	}
	return netip.AddrPortFrom(a, remote.Port()), nil
}

// broadcastAddr is everybody on the cable.
var broadcastAddr = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// localFor chooses this side's address and port for a connection to remote.
func (s *Stack) localFor(sk *socket, remote netip.AddrPort) (netip.AddrPort, error) {
	addr, err := s.addressFor(remote.Addr()) // MUST-44
	if err != nil {
		return netip.AddrPort{}, err
	}
	if a := sk.peer.local.Addr(); a.IsValid() && !a.IsUnspecified() {
		addr = a // chosen by the application (MUST-43)
	}
	port := sk.peer.local.Port() // chosen by the application, or 0
	if port == 0 {
		taken := func(port uint16) bool { return s.taken(netip.AddrPortFrom(addr, port), remote) }
		if port = s.ports.choose(s.portOffset(addr, remote), taken); port == 0 {
			port = s.waitingPort(addr, remote)
		}
		if port == 0 {
			return netip.AddrPort{}, syscall.EADDRNOTAVAIL
		}
	}
	return netip.AddrPortFrom(addr, port), nil
}

func (p *peer) reserve() {
	p.send.Reserve()
	p.receive.Reserve()
}

// forget takes it all back when the peer was not reached: the socket may connect again.
func (p *peer) forget() {
	p.local, p.remote = p.bound, netip.AddrPort{}
	p.release()
}

func (p *peer) release() {
	p.send.Release()
	p.receive.Release()
}

func (p *peer) memory() int { return p.send.Reserved() + p.receive.Reserved() }

func (p *peer) describe(i *SocketInfo) {
	i.Local, i.Remote = p.local, p.remote
	i.SendQueue, i.ReceiveQueue = p.send.Len(), p.receive.Len()
	if p.memory() > 0 {
		i.SendBuffer, i.ReceiveBuffer = p.send.Limit(), p.receive.Limit()
	}
}
