package session

import "syscall"

// processAttributes keeps the terminal's Ctrl-C from the session, since whoever shows it decides what that means, and
// lets it die with this process.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
