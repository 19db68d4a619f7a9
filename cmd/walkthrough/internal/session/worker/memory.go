package worker

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// watchMemory looks at the memory in use now and then, and ends the process when it is more than bytes. It is for
// systems that can't be told to refuse.
func watchMemory(bytes int64) {
	debug.SetMemoryLimit(bytes / 4 * 3)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for {
			time.Sleep(20 * time.Millisecond)
			metrics.Read(sample)
			if used := sample[0].Value.Uint64() - sample[1].Value.Uint64(); used > uint64(bytes) {
				os.Stderr.WriteString("fatal error: session: out of memory\n")
				os.Exit(2)
			}
		}
	}()
}
