//go:build !before11

package nic

import (
	"encoding/binary"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// vnetLen is the length of struct virtio_net_hdr, which stands before every frame that a packet socket with
// PACKET_VNET_HDR carries (Virtual I/O Device 1.2, 5.1.6; linux/virtio_net.h):
//
//	byte 0       flags
//	     1       gso_type      what kind of super-frame this is
//	     2, 3    hdr_len       how many bytes are headers
//	     4, 5    gso_size      payload bytes of each piece
//	     6, 7    csum_start    where summing begins …
//	     8, 9    csum_offset   … and how far behind that the checksum stands
//
// A packet socket takes the numbers in the byte order of the machine: it is the header's legacy form.
const vnetLen = 10

const (
	vnetNeedsChecksum = 1 << 0 // VIRTIO_NET_HDR_F_NEEDS_CSUM
	vnetDataValid     = 1 << 1 // VIRTIO_NET_HDR_F_DATA_VALID

	vnetWhole = 0 // VIRTIO_NET_HDR_GSO_NONE
	vnetTCPv4 = 1 // VIRTIO_NET_HDR_GSO_TCPV4
)

// putVnet writes what o asks of the adapter into b[:vnetLen]. That a checksum has been verified is nothing to ask.
func putVnet(b []byte, o buffer.Offload) {
	clear(b[:vnetLen])
	if o.NeedsChecksum {
		b[0] = vnetNeedsChecksum
		binary.NativeEndian.PutUint16(b[6:], o.ChecksumStart)
		binary.NativeEndian.PutUint16(b[8:], o.ChecksumOffset)
	}
	if o.SegmentSize != 0 {
		b[1] = vnetTCPv4
		binary.NativeEndian.PutUint16(b[2:], o.HeaderLen)
		binary.NativeEndian.PutUint16(b[4:], o.SegmentSize)
	}
}

// parseVnet reads from b[:vnetLen] what the adapter, or the kernel in its place, says about a frame. HeaderLen stays 0:
// what arrives in hdr_len is only where the kernel's first piece of memory ends, and the headers say it themselves.
func parseVnet(b []byte) (o buffer.Offload) {
	switch flags := b[0]; {
	case flags&vnetNeedsChecksum != 0:
		o.NeedsChecksum = true
		o.ChecksumStart = binary.NativeEndian.Uint16(b[6:])
		o.ChecksumOffset = binary.NativeEndian.Uint16(b[8:])
	case flags&vnetDataValid != 0:
		o.ChecksumValid = true
	}
	if b[1] != vnetWhole {
		o.SegmentSize = binary.NativeEndian.Uint16(b[4:])
	}
	return o
}
