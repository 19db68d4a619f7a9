//go:build !before5

package tcp

import "github.com/tsunagu/tsunagu/stack/header"

// urgent is what a connection knows of urgent data, in both directions (RFC 9293 3.8.5).
type urgent struct{}

// heardUrgent is the sixth check of RFC 9293 3.10.7.4.
func (c *Conn) heardUrgent(h *header.TCP) {}
