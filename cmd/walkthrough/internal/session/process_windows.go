package session

import "syscall"

// processAttributes keeps the console's Ctrl-C from the session, since whoever shows it decides what that means.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
