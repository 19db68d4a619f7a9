//go:build !before10

package tcp

import "github.com/tsunagu/tsunagu/stack/header"

// Numbers is what somebody on the way knows of a connection.
type Numbers struct {
	State                         State
	Unacknowledged, Next, Receive header.Seq
	Window                        int
}

// Numbers returns them.
func (c *Conn) Numbers() Numbers {
	return Numbers{c.state, c.snd.una, c.snd.nxt, c.rcv.nxt, c.rcv.wnd}
}
