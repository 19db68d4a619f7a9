//go:build !before7 && before10

package tcp_test

import (
	"math/rand/v2"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

func drawDefence(*rand.Rand, *tcp.Config) {}
func mayBake(*tcp.Config) bool            { return false }
func (h *host) stateless(*tcp.Listener)   {}

func bakesNot(*tcp.Config) {}

func (h *host) reopened(*end, *packet) bool { return false }

func (e *end) succeed(bool) {}
