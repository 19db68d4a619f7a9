//go:build !before4

package script

// content is the byte that stands at a place of either stream: place 0 is the first byte's.
func content(place uint32) byte { return byte(place % 251) }

// fill returns n bytes of a stream, from a place on.
func fill(place uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = content(place + uint32(i))
	}
	return b
}

// wrong returns the first place at which b is not the stream's content, or -1.
func wrong(place uint32, b []byte) int {
	for i, c := range b {
		if c != content(place+uint32(i)) {
			return i
		}
	}
	return -1
}
