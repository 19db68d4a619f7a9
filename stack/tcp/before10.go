//go:build !before4 && before10

package tcp

import "time"

type (
	defence struct{}
	secret  struct{}
)

// challenge sends a challenge ACK (RFC 5961); chapter 10 limits how many.
func (c *Conn) challenge(time.Duration) { c.ackNow = true }
