//go:build !before4 && before5

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// Until chapter 5 a connection carries no data: the SYN is all there is to send, to acknowledge and to send again.

type (
	stream struct{}
	urgent struct{}
)

func (c *Conn) setUpStream(Endpoints)                                 {}
func (c *Conn) text(time.Duration, header.Seq, []byte, buffer.Holder) {}
func (c *Conn) heardUrgent(*header.TCP)                               {}
func (c *Conn) urge(*Segment)                                         {}
func (c *Conn) cutUrgent(int32)                                       {}
func (c *Conn) nextText(time.Duration, *Segment) bool                 { return false }
func (c *Conn) refill(*Segment, *sentSegment)                         {}
func (c *Conn) forget(header.Seq)                                     {}
func (c *Conn) ackSent()                                              {}
func (c *Conn) letGo()                                                {}
func (c *Conn) windowUpdate(_ time.Duration, wnd int)                 { c.snd.wnd = wnd }
func (c *Conn) persistTimeout(time.Duration)                          {}
func (c *Conn) measured(time.Duration)                                {}
func (c *Conn) estimate() time.Duration                               { return time.Second } // RFC 6298 2.1
