//go:build !before3

package header

import "encoding/binary"

// AppendWindowScale appends a no-op and a window scale option: the sender of this shifts its window field left by shift
// bits (RFC 7323 2.2). 4 bytes.
func AppendWindowScale(options []byte, shift uint8) []byte {
	return append(options, OptionNoOp, OptionWindowScale, 3, shift)
}

// WindowScale returns the value of the window scale option as it stands there, or false when there is none.
func WindowScale(options []byte) (shift uint8, ok bool) {
	v := Option(options, OptionWindowScale)
	if len(v) != 1 {
		return 0, false
	}
	return v[0], true
}

// AppendSACKPermitted appends two no-ops and a SACK-permitted option (RFC 2018 2). 4 bytes.
func AppendSACKPermitted(options []byte) []byte {
	return append(options, OptionNoOp, OptionNoOp, OptionSACKPermitted, 2)
}

// SACKPermitted says whether there is a SACK-permitted option.
func SACKPermitted(options []byte) bool {
	v := Option(options, OptionSACKPermitted)
	return v != nil && len(v) == 0
}

// Timestamps is the value of a timestamps option (RFC 7323 3.2).
type Timestamps struct {
	Value uint32 // TSval: the sender's clock
	Echo  uint32 // TSecr: the value that the sender heard last, when ACK is set
}

// AppendTimestamps appends two no-ops and a timestamps option, 12 bytes. Behind a SACK-permitted option, which has two no-ops
// before it, it does without any: then it is 8 bytes that it adds, and the two options fill 12.
func AppendTimestamps(options []byte, t Timestamps) []byte {
	n := len(options)
	if n >= 4 && [4]byte(options[n-4:]) == [4]byte{OptionNoOp, OptionNoOp, OptionSACKPermitted, 2} {
		options = append(options[:n-4], OptionSACKPermitted, 2)
	} else {
		options = append(options, OptionNoOp, OptionNoOp)
	}
	options = append(options, OptionTimestamps, 10)
	options = binary.BigEndian.AppendUint32(options, t.Value)
	return binary.BigEndian.AppendUint32(options, t.Echo)
}

// ParseTimestamps returns the value of the timestamps option, or false when there is none.
func ParseTimestamps(options []byte) (t Timestamps, ok bool) {
	var v []byte
	if len(options) == 12 && [4]byte(options) == [4]byte{OptionNoOp, OptionNoOp, OptionTimestamps, 10} {
		v = options[4:] // as everybody writes it (RFC 7323 A)
	} else if v = Option(options, OptionTimestamps); len(v) != 8 {
		return Timestamps{}, false
	}
	return Timestamps{binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])}, true
}

// Block is one block of a SACK option: the places from Left to before Right have arrived (RFC 2018 3).
type Block struct{ Left, Right Seq }

// SACKBlocks is how many blocks a SACK option holds at most.
const SACKBlocks = 4

// AppendSACK appends two no-ops and a SACK option with the given blocks, one to four. 4 bytes, and 8 for each.
func AppendSACK(options []byte, blocks []Block) []byte {
	options = append(options, OptionNoOp, OptionNoOp, OptionSACK, byte(2+8*len(blocks)))
	for _, b := range blocks {
		options = binary.BigEndian.AppendUint32(options, uint32(b.Left))
		options = binary.BigEndian.AppendUint32(options, uint32(b.Right))
	}
	return options
}

// ParseSACK reads the SACK option into blocks and returns how many there are: 0 when there is no such option.
func ParseSACK(options []byte, blocks *[SACKBlocks]Block) int {
	v := Option(options, OptionSACK)
	if len(v)%8 != 0 {
		return 0
	}
	n := min(len(v)/8, SACKBlocks)
	for i := range n {
		blocks[i] = Block{Seq(binary.BigEndian.Uint32(v[8*i:])), Seq(binary.BigEndian.Uint32(v[8*i+4:]))}
	}
	return n
}
