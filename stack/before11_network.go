//go:build !before3 && before11

package stack

// Until chapter 11 nobody waits at an adapter: the world calls Poll.

func (s *Stack) attached() {}
