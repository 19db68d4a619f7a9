//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// path is what a connection knows of the way to the peer: how large a packet it takes, and its congestion marks.
type path struct{}

// heardTOS takes the type-of-service byte of a packet that arrives.
func (c *Conn) heardTOS(now time.Duration, h *header.TCP, length int, tos uint8) {}
