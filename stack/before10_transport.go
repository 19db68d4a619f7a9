//go:build !before4 && before10

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Until chapter 10 TIME-WAIT lasts as long as it does, and a listener keeps something of every SYN that it answers.

type former struct{}

func (s *Stack) reopened(time.Duration, *socket, *tcp.Conn, *header.TCP, *receiving) bool {
	return false
}
func (s *Stack) supersedes(time.Duration, *tcp.Conn) bool         { return false }
func (s *Stack) succeeded(_ *socket, _ *tcp.Conn, _, _ tcp.State) {}
func (s *Stack) postponed(*socket, *header.TCP) bool              { return false }
func (s *Stack) stateless(time.Duration, *tcp.Listener) *tcp.Conn { return nil }
func (s *Stack) recycle(time.Duration, *tcp.Conn)                 {}
