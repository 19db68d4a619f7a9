//go:build !before1

package stack

import (
	"net/netip"
	"unsafe"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// SocketInfo is a copy of one socket's control information, as the stack sees it at one moment. Programs like ss and
// netstat print the same of the operating system's sockets.
type SocketInfo struct {
	FD     FD
	Type   Type
	State  tcp.State
	Local  netip.AddrPort // not valid until it is known
	Remote netip.AddrPort // not valid until it is known

	SendBuffer    int // bytes that may wait to be sent or acknowledged
	SendQueue     int // bytes that do
	ReceiveBuffer int // bytes that may wait for the application; of a listening socket, connections
	ReceiveQueue  int // bytes that do; of a listening socket, connections

	Memory int // bytes of memory the socket occupies, its buffers included
}

// Sockets returns the control information of every socket, in the order of the descriptors. A connection that is
// still being closed after its application has given its descriptor back stands at the end, with FD 0.
func (s *Stack) Sockets() []SocketInfo {
	var list []SocketInfo
	for _, sk := range s.table.all() {
		list = append(list, sk.info())
	}
	for _, sk := range s.orphans() {
		list = append(list, sk.info())
	}
	return list
}

func (sk *socket) info() SocketInfo {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	i := SocketInfo{FD: sk.fd, Type: sk.typ, State: sk.state, Memory: sk.memory()}
	sk.peer.describe(&i)
	sk.stream.describe(&i)
	sk.datagram.describe(&i)
	return i
}

// memory is how many bytes are reserved for this socket.
func (sk *socket) memory() int {
	return int(unsafe.Sizeof(*sk)) + sk.peer.memory() + sk.stream.memory() + sk.datagram.memory()
}
