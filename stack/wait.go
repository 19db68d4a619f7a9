//go:build !before4

package stack

// wait is how a request waits: until ready returns true. It is called with the socket's lock held, which ready can
// count on too, and lets go of it meanwhile. An error says that nothing can ever make it ready.
func (s *Stack) wait(sk *socket, ready func() bool) error {
	if block := s.config.Block; block != nil {
		sk.mu.Unlock()
		defer sk.mu.Lock()
		return block(func() bool {
			sk.mu.Lock()
			defer sk.mu.Unlock()
			return ready()
		})
	}
	for !ready() {
		sk.stream.changed.Wait()
	}
	return nil
}

// wake lets everybody look again who waits at the socket, or for several of which it is one. The socket is locked.
func (sk *socket) wake() {
	sk.stream.changed.Broadcast()
	sk.stream.watched.wake()
}

// parked lets a request wait until anything at all about the socket has changed, if the stack lives in real time: whoever
// calls it then looks again for himself. It is wait without a function to be made for it, for the calls that are made often.
func (s *Stack) parked(sk *socket) bool {
	if s.config.Block != nil {
		return false
	}
	sk.stream.changed.Wait()
	return true
}
