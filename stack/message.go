//go:build !before8

package stack

import (
	"net"
	"net/netip"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/trace"
)

// Message is a datagram with what goes with it, for the requests that take several at a time.
type Message struct {
	Data []byte         // what to send; or room for what is received, as long as that may be
	N    int            // how many bytes of Data have been sent or received
	Cut  bool           // it was longer than Data, and the rest of it is lost
	Peer netip.AddrPort // whom it is for, which at a connected socket may be left out; or who has sent it
	// Local is the address of this host's that the datagram is to come from, or has come to: everybody's, if it was for
	// everybody (RFC 1122 4.1.3.5). Not valid, it leaves the choice to the stack. Whoever answers from the address that he
	// was asked at is understood by a connected peer, also on a host of several addresses.
	Local netip.Addr
}

// SendMessages sends datagrams, in one batch as far as the adapter takes it, and returns how many are on their way. When it
// is not all of them, the error is that of the first that is not; else it fails as SendTo does, and with EADDRNOTAVAIL when
// Local is not this host's.
func (s *Stack) SendMessages(fd FD, list []Message) (int, error) {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "sendmmsg"})
	sk, err := s.lookup("sendmmsg", fd)
	if err != nil {
		return 0, err
	}
	n, err := s.sendMessages(sk, list)
	return n, callError("sendmmsg", err)
}

func (s *Stack) sendMessages(sk *socket, list []Message) (int, error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	out := s.sending()
	defer s.sent(out)
	for i := range list {
		m := &list[i]
		m.N = 0
		to := m.Peer
		if to == (netip.AddrPort{}) {
			to = sk.peer.remote
		}
		if err := s.sendMessage(out, sk, m, to); err != nil {
			return i, err
		}
		m.N = len(m.Data)
	}
	return len(list), nil
}

func (s *Stack) sendMessage(out *sending, sk *socket, m *Message, to netip.AddrPort) error {
	if err := s.maySend(sk, to); err != nil {
		return err
	}
	src := m.Local.Unmap()
	if src.IsValid() && !s.own(src) {
		return syscall.EADDRNOTAVAIL
	}
	local, remote, err := s.datagramEnds(sk, src, to)
	if err != nil {
		return err
	}
	return s.sendUDP(out, sk, local, remote, m.Data)
}

// ReceiveMessages takes datagrams that have come to a socket, as many as there are room and datagrams, and returns how
// many. It waits as long as there is none, and fails as ReceiveFrom does.
func (s *Stack) ReceiveMessages(fd FD, list []Message) (int, error) {
	s.emit(trace.Event{Kind: trace.Call, FD: int(fd), Name: "recvmmsg"})
	sk, err := s.lookup("recvmmsg", fd)
	if err != nil {
		return 0, err
	}
	n, err := s.receiveMessages(sk, list)
	return n, callError("recvmmsg", err)
}

func (s *Stack) receiveMessages(sk *socket, list []Message) (n int, err error) {
	if err := s.allowed(); err != nil {
		return 0, err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	for n < len(list) {
		if n > 0 && (sk.stream.gone || sk.datagram.port == nil || !sk.datagram.port.Waiting()) {
			break // an error that the network has told is the next request's
		}
		if err := s.readMessage(sk, &list[n]); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// ReadMessages receives datagrams, see [Stack.ReceiveMessages].
func (c *PacketConn) ReadMessages(list []Message) (int, error) {
	n, err := c.s.receiveMessages(c.sk, list)
	return n, c.opError("read", c.RemoteAddr(), err)
}

// WriteMessages sends datagrams, see [Stack.SendMessages].
func (c *PacketConn) WriteMessages(list []Message) (int, error) {
	n, err := c.s.sendMessages(c.sk, list)
	to := c.RemoteAddr()
	if to == nil && n < len(list) && list[n].Peer.IsValid() {
		to = net.UDPAddrFromAddrPort(list[n].Peer)
	}
	return n, c.opError("write", to, err)
}
