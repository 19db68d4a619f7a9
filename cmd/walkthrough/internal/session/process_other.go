//go:build !unix && !windows

package session

import "syscall"

func processAttributes() *syscall.SysProcAttr { return nil }
