//go:build !before4 && before7

package tcp

import "syscall"

type news struct{}

// inVain: until chapter 7 the network tells nothing.
func (c *Conn) inVain() error { return syscall.ETIMEDOUT }
