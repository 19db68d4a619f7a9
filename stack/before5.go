//go:build !before4 && before5

package stack

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Until chapter 5 a request waits as long as it takes.

type (
	deadlines struct{}
	wishes    struct{}
)

func (*wishes) grant(time.Duration, *tcp.Conn) {}

func (s *Stack) urgentNews(*tcp.Conn) {}

func (*deadlines) next(func() time.Duration) (time.Duration, bool) { return 0, false }
func (s *Stack) expired(*socket) bool                              { return false }
