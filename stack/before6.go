//go:build !before5 && before6

package stack

import (
	"net"
	"os"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Until chapter 6 there is no gentle way to end: the connection is reset, and the descriptor is free.

type patience struct{}

func (*patience) grant(time.Duration, *tcp.Conn) {}

func (s *Stack) keepAlive(*socket, net.KeepAliveConfig) {}

// Close gives a descriptor back.
func (s *Stack) Close(fd FD) error { return s.close(fd, nil) }

func (s *Stack) close(fd FD, only *socket) error {
	if err := s.allowed(); err != nil {
		return err
	}
	sk, err := s.table.remove(fd, only)
	if err != nil {
		return os.NewSyscallError("close", err)
	}
	s.abandon(s.giveUp(sk))
	return nil
}

func (s *Stack) giveUp(sk *socket) *listening {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	sk.fd, sk.stream.gone = 0, true
	if sk.stream.conn != nil {
		sk.stream.conn.Abort()
		s.flush(s.config.Now(), sk)
	}
	sk.wake()
	return s.stopListening(sk)
}
