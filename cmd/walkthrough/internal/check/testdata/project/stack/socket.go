//go:build !before1

package stack

// Type is a kind.
type Type int

// The kinds.
const (
	Stream Type = iota
	Datagram
)

// Socket makes one.
func Socket(t Type) int { return number(t) }

func number(t Type) int {
	n := 3
	if t == Datagram {
		n++
	}
	return n
}

// String names it.
func (t Type) String() string { return "type" }
