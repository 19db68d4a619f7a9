//go:build !before1 && before8

package stack

import (
	"net/netip"
	"syscall"
)

// Until chapter 8 a socket for datagrams can be asked for, and that is all.

type (
	datagram  struct{}
	datagrams struct{}
	resolver  struct{}
)

func (*datagram) describe(*SocketInfo) {}
func (*datagram) memory() int          { return 0 }

func (s *Stack) bindDatagram(*socket, netip.AddrPort) error         { return syscall.EOPNOTSUPP }
func (s *Stack) connectDatagram(*socket, netip.AddrPort) error      { return syscall.EOPNOTSUPP }
func (s *Stack) closeDatagram(*socket)                              {}
func (s *Stack) writeDatagram(_ *socket, _ []byte) (n int, _ error) { return 0, syscall.EOPNOTSUPP }
func (s *Stack) readDatagram(*socket, []byte) (n int, _ netip.AddrPort, _ error) {
	return 0, netip.AddrPort{}, syscall.EOPNOTSUPP
}
