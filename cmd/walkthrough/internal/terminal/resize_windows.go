package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// watchSize does nothing: a console tells of a new size only among its input. The size is asked for before each prompt.
func watchSize(func()) (stop func()) { return func() {} }

// ends are the signals that end the program: closing the console's window arrives as one of these.
var ends = []os.Signal{windows.SIGTERM}

// prepareConsole makes the console understand escape sequences.
func prepareConsole(out *os.File) {
	h := windows.Handle(out.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) == nil {
		windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
}
