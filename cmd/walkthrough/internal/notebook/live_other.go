//go:build !linux

package notebook

import (
	"context"
	"runtime"
)

// whyNotLive says why live cells can't run.
func whyNotLive(context.Context) string {
	return "it needs Linux, and this is " + runtime.GOOS
}
