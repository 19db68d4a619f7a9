//go:build !before4 && before6

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Until chapter 6 there is no FIN: a connection ends by Abort alone.

type (
	closing struct{}
	vigil   struct{}
)

func (c *Conn) fin(time.Duration, *header.TCP, header.Seq, int) {}
func (c *Conn) finAgain(time.Duration)                          {}
func (c *Conn) finAcknowledged(time.Duration) bool              { return true }
func (c *Conn) finDue(bool) bool                                { return false }
func (c *Conn) finWaits() bool                                  { return false }
func (c *Conn) finSent() int                                    { return 0 }
func (c *Conn) answered() time.Duration                         { return c.heard }
func (c *Conn) deaf() bool                                      { return false }
func (c *Conn) readEnds() bool                                  { return false }
func (c *Conn) closeQueued()                                    {}
func (c *Conn) linger(time.Duration)                            {}
func (c *Conn) keepAlive(*Segment) bool                         { return false }
func (c *Conn) keepAliveTimeout(time.Duration)                  {}
func (c *Conn) doubt()                                          {}
func (c *Conn) patience(limit time.Duration) time.Duration      { return limit }
func (c *Conn) soonEnough(at time.Duration) time.Duration       { return at }
