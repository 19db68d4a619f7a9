//go:build !before11

package nic

import "net"

// RawOptions is what can be chosen when an adapter is opened with [OpenRaw]. The zero value is the plain way.
type RawOptions struct {
	// Address is the MAC address that the stack goes by. nil means the adapter's own. For another one the adapter is
	// put into promiscuous mode while the driver is open.
	Address net.HardwareAddr
	// Memory is how many bytes of frames the kernel may keep until they are read, and until they are sent; the system
	// may allow less. 0 means 4 MiB.
	Memory int
}
