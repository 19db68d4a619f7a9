//go:build !before3

package header

import "encoding/binary"

// Kinds of TCP options (RFC 9293 3.2; 7323; 2018).
const (
	OptionEnd           = 0
	OptionNoOp          = 1
	OptionMSS           = 2 // 2 bytes: the largest segment the sender of this can receive
	OptionWindowScale   = 3
	OptionSACKPermitted = 4
	OptionSACK          = 5
	OptionTimestamps    = 8
)

// NextOption returns the first option in the raw options, skipping no-ops, and what follows it. There is none when ok is
// false: the list is at its end, or the rest of it is malformed, which bad then says (RFC 9293 3.1, MUST-7). value
// excludes the kind and length bytes and is part of options.
//
//	for kind, value, rest, ok, _ := NextOption(raw); ok; kind, value, rest, ok, _ = NextOption(rest) {
func NextOption(options []byte) (kind byte, value, rest []byte, ok, bad bool) {
	for len(options) > 0 && options[0] == OptionNoOp {
		options = options[1:]
	}
	if len(options) == 0 || options[0] == OptionEnd {
		return 0, nil, nil, false, false
	}
	// Every other option, also one nobody knows yet, has a length, which counts these two bytes too (MUST-68).
	if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
		return 0, nil, nil, false, true
	}
	n := int(options[1])
	return options[0], options[2:n:n], options[n:], true, false
}

// Option returns the value of the first option of the given kind, or nil.
func Option(options []byte, kind byte) []byte {
	k, value, rest, ok, _ := NextOption(options)
	for ; ok; k, value, rest, ok, _ = NextOption(rest) {
		if k == kind {
			return value
		}
	}
	return nil
}

// OptionsValid says whether the list of options can be read to its end.
func OptionsValid(options []byte) bool {
	_, _, rest, ok, bad := NextOption(options)
	for ; ok; _, _, rest, ok, bad = NextOption(rest) {
	}
	return !bad
}

// AppendMSS appends an MSS option.
func AppendMSS(options []byte, mss uint16) []byte {
	return binary.BigEndian.AppendUint16(append(options, OptionMSS, 4), mss)
}

// MSS returns the value of the MSS option, or false when there is none that has two bytes.
func MSS(options []byte) (uint16, bool) {
	v := Option(options, OptionMSS)
	if len(v) != 2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(v), true
}

// PadOptions appends zero bytes up to a multiple of four (RFC 9293 3.1, MUST-69).
func PadOptions(options []byte) []byte {
	for len(options)%4 != 0 {
		options = append(options, OptionEnd)
	}
	return options
}
