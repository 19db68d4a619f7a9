//go:build !before4

package tcp

// Counter is something that happens to a connection, and is counted.
type Counter uint8

const (
	SegmentsIn  Counter = iota // that arrived
	SegmentsOut                // that were sent
	counters
)

var counterNames = [counters]string{"SegmentsIn", "SegmentsOut"}

// String returns the counter's name.
func (k Counter) String() string {
	if int(k) < len(counterNames) {
		return counterNames[k]
	}
	return "?"
}

// Counts is how often each thing has happened.
type Counts [counters]uint64

func (c *Conn) count(k Counter) { c.counts[k]++ }
