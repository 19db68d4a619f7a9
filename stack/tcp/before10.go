//go:build !before4 && before10

package tcp

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
)

type (
	defence struct{}
	secret  struct{}
	flood   struct{}
)

// challenge sends a challenge ACK (RFC 5961); chapter 10 limits how many.
func (c *Conn) challenge(time.Duration) { c.ackNow = true }

func (c *Conn) assassination() bool    { return false }
func (c *Conn) tooOld(header.Seq) bool { return false }

// A listener has room for so many, and an ACK answers nothing that it has sent.

func (l *Listener) admits(*Config, func() Endpoints, time.Duration, *header.TCP) bool {
	return l.Waiting < l.Backlog
}

func (l *Listener) recall(*Config, func() Endpoints, time.Duration, *header.TCP) (*Conn, bool) {
	return nil, true
}

func (l *Listener) enlist(*Conn) {}
func (l *Listener) unlist(*Conn) {}
