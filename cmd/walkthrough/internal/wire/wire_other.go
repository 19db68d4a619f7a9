//go:build !linux

package wire

import (
	"context"
	"runtime"
)

func inside() bool { return false }

func workAndExit(context.Context) {}

// enter explains that other systems have neither packet sockets nor network namespaces.
func enter(_ context.Context, o Options) error {
	return forbidden(textsFor(o.Lang).of(notLinux, runtime.GOOS))
}
