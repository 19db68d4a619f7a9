//go:build !before3 && before11

package stack

import "github.com/tsunagu/tsunagu/stack/ip"

// Until chapter 11 nobody waits at an adapter: the world calls Poll.

func (s *Stack) attached(*ip.Interface) {}
