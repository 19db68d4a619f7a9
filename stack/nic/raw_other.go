//go:build !before11 && !linux

package nic

import (
	"errors"
	"fmt"
	"runtime"
)

// Raw is the driver of a real adapter. Only Linux has one.
type Raw struct{ Driver }

// OpenRaw fails on this system with an error for which errors.Is(err, errors.ErrUnsupported) holds: the raw-socket
// driver needs Linux packet sockets.
func OpenRaw(name string, _ RawOptions) (*Raw, error) {
	return nil, fmt.Errorf("nic: open %s: the raw-socket driver needs Linux, and this is %s: %w", name, runtime.GOOS, errors.ErrUnsupported)
}
