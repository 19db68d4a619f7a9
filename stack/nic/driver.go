//go:build !before3

// Package nic is the lowest room of the house: what the stack asks of a LAN adapter's driver, and the drivers. Below it
// is the cable.
package nic

import (
	"net"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// Driver is what the stack asks of an adapter. Frames begin with the Ethernet header and end before the FCS.
//
// A simulated driver never waits: Receive answers 0, nil when nothing is there. A live driver's Receive waits until
// there is at least one frame, or until Close, after which every call returns an error for which
// errors.Is(err, net.ErrClosed) holds. Send may be called from several goroutines at once, Receive from one.
type Driver interface {
	// Info says what the adapter is and can do. It does not change while the driver is open.
	Info() Info

	// Send puts frames on the cable, in order, and returns how many it took. It keeps none of them, nor their Body,
	// after it returns. A frame the cable has no room for is dropped there, as cables do; that is no error.
	Send(frames []*buffer.Packet) (int, error)

	// Receive fills frames with arrived frames and returns how many. Each belongs to the caller, who releases it.
	Receive(frames []*buffer.Packet) (int, error)

	// Close lets go of the adapter. It may be called more than once.
	Close() error
}

// Info describes an adapter.
type Info struct {
	Name    string           // eth0
	Address net.HardwareAddr // the MAC address, 6 bytes
	MTU     int              // the largest IP packet a frame carries, in bytes: 1500 on Ethernet
	// Checksum: the adapter fills in a checksum asked for by Offload.NeedsChecksum.
	Checksum bool
	// SegmentMax is the largest TCP payload of a super-frame that the adapter cuts, in bytes; 0 means it cuts none.
	SegmentMax int
}
