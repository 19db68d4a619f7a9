//go:build !before1

package sim

// World is furniture.
type World struct{}
