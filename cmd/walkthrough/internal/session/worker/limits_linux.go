package worker

import (
	"io"
	"os"
	"runtime/debug"
	"syscall"
)

// limitMemory makes the process end when it would use more than so many bytes. The kernel does it: RLIMIT_DATA counts
// the memory that can be written to, and the Go runtime ends the process when it is given no more.
func limitMemory(bytes int64) {
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		watchMemory(bytes)
		return
	}
	debug.SetMemoryLimit(bytes / 4 * 3)
}

// requests returns what requests are read from. The process dies with its parent by the kernel's hand (Pdeathsig), so
// nobody has to listen while a cell runs.
func requests(f *os.File) io.Reader { return f }
