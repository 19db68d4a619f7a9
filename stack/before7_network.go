//go:build !before3 && before7

package stack

import "time"

// undelivered: until chapter 7 every neighbour is known.
func (s *Stack) undelivered(time.Duration) {}

// looped and loopDeadline: nobody speaks to himself.
func (s *Stack) looped()                                 {}
func (s *Stack) loopDeadline() (_ time.Duration, _ bool) { return 0, false }
