//go:build !before3

package header

// Seq is a sequence number, or an ACK number: a place in the stream of one direction. There are 2³² of them, and after
// the last comes 0 again, so they are compared by their difference (RFC 9293 3.4): a is before b when the way forward
// from a to b is shorter than the way back.
type Seq uint32

// Add returns the number n places further on.
func (a Seq) Add(n int) Seq { return a + Seq(n) }

// Sub returns how far a lies behind b; negative when it lies before.
func (a Seq) Sub(b Seq) int { return int(int32(a - b)) }

// Before says whether a comes before b.
func (a Seq) Before(b Seq) bool { return int32(a-b) < 0 }

// AtMost says whether a comes before b, or is b.
func (a Seq) AtMost(b Seq) bool { return int32(a-b) <= 0 }

// In says whether a lies in the n places that begin at start.
func (a Seq) In(start Seq, n int) bool { return uint32(a-start) < uint32(n) }
