//go:build !unix && !windows

package terminal

import "os"

func watchSize(func()) (stop func()) { return func() {} }

var ends []os.Signal

func prepareConsole(*os.File) {}
