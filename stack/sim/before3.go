//go:build before3

package sim

import "time"

// Until chapter 3 the hosts of a world cannot reach each other.

type network struct{}

func (network) next(*World) (time.Duration, bool) { return 0, false }
func (network) happen(*World)                     {}
