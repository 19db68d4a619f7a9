//go:build !before4

package stack

import (
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// bound is which local ends have been given to sockets by Bind, until their descriptors are closed. Connections keep
// nobody from their port, be they in TIME-WAIT or alive: they are told apart by both ends.
type bound struct {
	mu sync.RWMutex
	at map[uint16][]binding
}

// binding is one socket's.
type binding struct {
	sk        *socket
	addr      netip.Addr
	shared    bool // the application has said that it does not mind others
	listening bool
	connected bool // or about to be: it can be told from all others by its peer (RFC 9293 3.9.1.1, MUST-42)
}

// overlaps says whether two addresses can mean the same.
func overlaps(a, b netip.Addr) bool { return a == b || a.IsUnspecified() || b.IsUnspecified() }

// bindStream gives a socket an end of its own, as asked for or, when its port is 0, one that is free. It holds the socket's lock.
func (s *Stack) bindStream(sk *socket, local netip.AddrPort) (netip.AddrPort, bool) {
	b := &s.transport.bound
	mine := binding{sk: sk, addr: local.Addr(), shared: sk.stream.shares}
	if local.Port() != 0 {
		return local, b.add(mine, local.Port())
	}
	for {
		port := s.ports.choose(s.portOffset(mine.addr, netip.AddrPort{}), func(port uint16) bool {
			return b.taken(netip.AddrPortFrom(mine.addr, port))
		})
		if port == 0 {
			return local, false
		}
		if b.add(mine, port) { // if not, somebody else was quicker
			return netip.AddrPortFrom(mine.addr, port), true
		}
	}
}

// add writes down who has a port, unless somebody has it already.
func (b *bound) add(mine binding, port uint16) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conflicts(mine, port) {
		return false
	}
	if b.at == nil {
		b.at = make(map[uint16][]binding)
	}
	b.at[port] = append(b.at[port], mine)
	return true
}

// conflicts says whether somebody has the port already: at an address that can mean the same, and not both with others'
// leave; where one listens there is never leave.
func (b *bound) conflicts(mine binding, port uint16) bool {
	return slices.ContainsFunc(b.at[port], func(o binding) bool {
		return o.sk != mine.sk && !o.connected && overlaps(o.addr, mine.addr) && (!o.shared || !mine.shared || o.listening)
	})
}

// taken says whether an end has been given to anybody.
func (b *bound) taken(local netip.AddrPort) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.conflicts(binding{addr: local.Addr()}, local.Port())
}

// listen notes that a socket is about to listen at its end. It returns false when another does.
func (b *bound) listen(sk *socket, local netip.AddrPort) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.at[local.Port()]
	mine := slices.IndexFunc(list, func(o binding) bool { return o.sk == sk })
	if mine < 0 || slices.ContainsFunc(list, func(o binding) bool { return o.sk != sk && o.listening && overlaps(o.addr, list[mine].addr) }) {
		return false
	}
	list[mine].listening = true
	return true
}

// connect notes that a socket, if it is bound, has a peer, or no longer.
func (b *bound) connect(sk *socket, port uint16, has bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.IndexFunc(b.at[port], func(o binding) bool { return o.sk == sk }); i >= 0 {
		b.at[port][i].connected = has
	}
}

// release gives a socket's end back, if it has one.
func (b *bound) release(sk *socket, port uint16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rest := slices.DeleteFunc(b.at[port], func(o binding) bool { return o.sk == sk })
	if len(rest) == 0 {
		delete(b.at, port)
		return
	}
	b.at[port] = rest
}

// SetReuseAddr says, before Bind, that a socket shares its port with others that say so too. One of them can listen, as long
// as it is the only one; with the others one can connect, to different peers. A port at which there are only connections,
// in TIME-WAIT for one, can always be bound: that part of Linux's SO_REUSEADDR needs no asking here.
func (s *Stack) SetReuseAddr(fd FD, on bool) error {
	sk, err := s.lookup("setsockopt", fd)
	if err != nil {
		return err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.stream.gone {
		return os.NewSyscallError("setsockopt", s.table.missing())
	}
	sk.stream.shares = on
	return nil
}

// Sockname returns a socket's own end: what it was bound to, or what connecting has chosen. It is not valid before
// (getsockname).
func (s *Stack) Sockname(fd FD) (netip.AddrPort, error) {
	sk, err := s.lookup("getsockname", fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	return sk.peer.local, nil
}

// Peername returns who a socket is connected to (getpeername). It fails with ENOTCONN when it is not.
func (s *Stack) Peername(fd FD) (netip.AddrPort, error) {
	sk, err := s.lookup("getpeername", fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if !sk.connected() {
		return netip.AddrPort{}, os.NewSyscallError("getpeername", syscall.ENOTCONN)
	}
	return sk.peer.remote, nil
}

// connected says whether a socket has a peer: a stream's connection stands, or did.
func (sk *socket) connected() bool {
	switch sk.state {
	case tcp.SynSent, tcp.SynReceived, tcp.Listen:
		return false
	case tcp.Closed:
		return sk.typ == Datagram && sk.peer.remote.IsValid()
	}
	return true
}
