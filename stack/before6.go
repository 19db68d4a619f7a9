//go:build !before5 && before6

package stack

// Until chapter 6 there is no gentle way to end: the connection is reset, and the descriptor is free.

// Close gives a descriptor back.
func (s *Stack) Close(fd FD) error {
	sk, err := s.table.remove(fd)
	if err != nil {
		return err
	}
	sk.mu.Lock()
	defer sk.mu.Unlock()
	sk.fd, sk.stream.gone = 0, true
	if sk.stream.listener != nil {
		s.transport.table.Unlisten(sk.peer.local)
	}
	if sk.stream.conn != nil {
		sk.stream.conn.Abort()
		s.flush(s.config.Now(), sk)
	}
	return nil
}
