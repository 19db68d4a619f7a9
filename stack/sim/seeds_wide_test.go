//go:build !before6 && before9

package sim

import (
	"math/rand/v2"

	"github.com/tsunagu/tsunagu/stack/nic"
)

func narrowing(_ *rand.Rand, _ *World, _ int, rest func(nic.Passing) nic.Fate) func(nic.Passing) nic.Fate {
	return rest
}
