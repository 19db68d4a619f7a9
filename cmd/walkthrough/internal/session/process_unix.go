//go:build unix && !linux

package session

import "syscall"

// processAttributes keeps the terminal's Ctrl-C from the session, since whoever shows it decides what that means.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
