//go:build !before4 && before9

package script

// informed: until chapter 9 a connection tells nothing of itself.
func (r *run) informed(*line) error { return r.tooEarly("info", 9) }
