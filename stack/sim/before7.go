//go:build !before3 && before7

package sim

// topology: until chapter 7 every cable has two hosts, and nothing stands between them.
type topology struct{}
