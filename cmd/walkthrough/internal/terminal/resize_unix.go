//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"syscall"
)

// watchSize calls f whenever the terminal's size changes, until stop is called.
func watchSize(f func()) (stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-c:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(c)
		close(done)
	}
}

// ends are the signals that end the program.
var ends = []os.Signal{syscall.SIGTERM, syscall.SIGHUP}

// prepareConsole makes the console understand escape sequences; here it does.
func prepareConsole(*os.File) {}
