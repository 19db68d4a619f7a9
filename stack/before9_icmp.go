//go:build !before7 && before9

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// tooBig: until chapter 9 nobody can do anything about packets that are too long for some cable on the way.
func (s *Stack) tooBig(time.Duration, *header.ICMP, *header.IPv4, []byte) bool { return false }
