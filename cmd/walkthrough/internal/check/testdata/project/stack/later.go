//go:build !before2

package stack

// Later comes.
func Later() {}
