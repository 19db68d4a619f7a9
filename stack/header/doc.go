//go:build !before3

// Package header has the layouts of the headers that go in front of every packet, and the checksum: TCP (RFC 9293 3.1),
// IPv4 (RFC 791 3.1), ARP (RFC 826), and Ethernet, whose frames are github.com/mdlayher/ethernet's.
//
// All numbers on the cable are big-endian. Every Parse function takes bytes that may be anything, copies what it needs
// except where it says otherwise, allocates nothing, and returns an error for which errors.Is(err, [ErrShort]) or
// errors.Is(err, [ErrInvalid]) holds. Every Put method writes exactly Len bytes.
package header

import "errors"

var (
	// ErrShort: the bytes end before the header does.
	ErrShort = errors.New("header: too short")
	// ErrInvalid: a field has a value that no such header can have.
	ErrInvalid = errors.New("header: invalid")
)
