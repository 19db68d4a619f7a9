//go:build !before9

package tcp

import "time"

// hystart is HyStart++ (RFC 9406): a slow start that ends when round trips begin to take longer, before the queue on the
// way overflows. It is for the first slow start of a connection alone.
type hystart struct {
	over     bool          // a loss has ended it, or a conservative slow start that lasted
	samples  int           // in this round
	least    time.Duration // the shortest round trip of this round; 0: none
	before   time.Duration // … and of the one before
	baseline time.Duration // conservative slow start: the round trip that was too long; 0: slow start
	rounds   int           // how many rounds that has lasted
}

// The constants of RFC 9406 4.3.
const (
	hystartLeast   = 4 * time.Millisecond
	hystartMost    = 16 * time.Millisecond
	hystartSamples = 8
	hystartRounds  = 5
	hystartDivisor = 4
	hystartLimit   = 8 // L of RFC 3465, without pacing
)

// growth is how much the window grows by p, in bytes.
func (s *hystart) growth(w *Window, p Progress) int {
	n := min(p.Bytes, hystartLimit*w.MSS)
	if s.over {
		return n
	}
	if p.Round {
		s.before, s.least, s.samples = s.least, 0, 0
		if s.baseline > 0 {
			if s.rounds++; s.rounds >= hystartRounds {
				s.over = true
			}
		}
	}
	if p.Sample > 0 {
		s.samples++
		if s.least == 0 || p.Sample < s.least {
			s.least = p.Sample
		}
	}
	enough := s.samples >= hystartSamples
	if s.baseline > 0 {
		if enough && s.least < s.baseline {
			s.baseline = 0 // it was a moment's delay only
			return n
		}
		return n / hystartDivisor
	}
	if enough && s.before > 0 && s.least >= s.before+min(max(s.before/8, hystartLeast), hystartMost) {
		s.baseline, s.rounds = s.least, 0
	}
	return n
}
