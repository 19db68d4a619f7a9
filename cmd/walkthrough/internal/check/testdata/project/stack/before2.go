//go:build !before1 && before2

package stack

// Later is not there yet.
func Later() {}
