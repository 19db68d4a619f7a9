//go:build !before4

package tcp

import "iter"

// Counter is something that happens to a connection, and is counted.
type Counter uint8

const (
	SegmentsIn  Counter = iota // that arrived
	SegmentsOut                // that were sent

	CEReceived    // packets that a router has marked instead of dropping them
	ECEReceived   // ACKs that say that such a mark has arrived
	ECNReductions // of the congestion window, for such ACKs

	ShiftsTooLarge // window scale options of more than 14 in a SYN, which are taken for 14

	counters
)

var counterNames = [counters]string{
	"SegmentsIn", "SegmentsOut",
	"CEReceived", "ECEReceived", "ECNReductions",
	"ShiftsTooLarge",
}

// String returns the counter's name.
func (k Counter) String() string {
	if int(k) < len(counterNames) {
		return counterNames[k]
	}
	return "?"
}

// Counts is how often each thing has happened.
type Counts [counters]uint64

// Counters yields every counter there is, in a fixed order.
func Counters() iter.Seq[Counter] {
	return func(yield func(Counter) bool) {
		for k := range counters {
			if !yield(k) {
				return
			}
		}
	}
}

// Counts returns what has happened to the connection, indexed by [Counter].
func (c *Conn) Counts() *Counts { return &c.counts }

func (c *Conn) count(k Counter) { c.counts[k]++ }
