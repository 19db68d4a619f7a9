//go:build !before4 && before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Until chapter 9 nothing is known of the network between the two ends: only the peer's window says how much may be under
// way, and what is lost goes out again when the timer says so.

type (
	options struct{}
	path    struct{}
)

func (c *Conn) setUpOptions()                                   {}
func (c *Conn) heardOptions(time.Duration, *header.TCP)         {}
func (c *Conn) timestamp(time.Duration, *header.TCP, int) bool  { return true }
func (c *Conn) tells(*header.TCP) bool                          { return false }
func (c *Conn) heardBlocks(time.Duration, *header.TCP)          {}
func (c *Conn) heardTOS(time.Duration, *header.TCP, int, uint8) {}
func (c *Conn) setUpPath(Endpoints)                             {}
func (c *Conn) agreeMSS()                                       {}
func (c *Conn) larger(time.Duration, int, int) int              { return 0 }
func (c *Conn) agreeECN(*header.TCP)                            {}
func (c *Conn) carry(time.Duration, *Segment, bool)             {}
func (c *Conn) dress(time.Duration, *Segment)                   {}
func (c *Conn) windowOf(h *header.TCP) int                      { return int(h.Window) }
func (c *Conn) windowField(header.Flags) uint16                 { return uint16(min(c.rcv.wnd, maxWindow)) }
func (c *Conn) windowLimit() int                                { return maxWindow }
func (c *Conn) payload() int                                    { return c.mss }
func (c *Conn) measureSegment(header.Flags, int)                {}
func (c *Conn) heardText(time.Duration, int)                    {}
func (c *Conn) growSend()                                       {}
func (c *Conn) heardTwice(header.Seq, int)                      {}
func (c *Conn) heardEarly(header.Seq)                           {}
func (c *Conn) noteTimestamp(time.Duration, *header.TCP)        {}
func (c *Conn) echoed(time.Duration) (time.Duration, bool)      { return 0, false }
func (c *Conn) weigh()                                          {}
func (c *Conn) fullSegment() int                                { return c.rcvMSS }
func (c *Conn) windowTold() int                                 { return c.rcv.wnd }
