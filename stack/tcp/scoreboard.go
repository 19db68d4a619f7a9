//go:build !before9

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

// heardBlocks takes the SACK blocks of an ACK: what the peer has received of what lies ahead (RFC 2018).
func (c *Conn) heardBlocks(now time.Duration, h *header.TCP) {}
