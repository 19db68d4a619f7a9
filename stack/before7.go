//go:build !before1 && before7

package stack

// Until chapter 7 nobody is asked whether he is there.

type (
	pings    struct{}
	claiming struct{}
)

// And nobody speaks to himself.

type loopback struct{}

func (s *Stack) setUpLoopback() {}
