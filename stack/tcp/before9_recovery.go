//go:build !before4 && before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

type (
	congestion struct{}
	recovery   struct{}
)

func (c *Conn) beginCongestion()                                 {}
func (c *Conn) duplicate(time.Duration, *header.TCP, int)        {}
func (c *Conn) advanced(time.Duration, int, time.Duration, bool) {}
func (c *Conn) collapse(time.Duration)                           {}
func (c *Conn) restartIdle(time.Duration)                        {}
func (c *Conn) throttle(n int) int                               { return n }
func (c *Conn) mayResend(int32) bool                             { return true }
func (c *Conn) left(time.Duration, *sentSegment)                 {}
func (c *Conn) judge(time.Duration)                              {}
func (c *Conn) probe(time.Duration, *Segment) bool               { return false }
func (c *Conn) reorderTimeout(time.Duration)                     {}
func (c *Conn) probeTimeout(time.Duration)                       {}
func (c *Conn) horizon(now time.Duration) time.Duration          { return now }
func (c *Conn) countsACKs() bool                                 { return true }
func (c *Conn) impatient() bool                                  { return false }
func (c *Conn) recoveringOldest(int32) bool                      { return false }
func (c *Conn) arrived(time.Duration, *sentSegment)              {}
