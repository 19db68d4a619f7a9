//go:build !before11

package dhcp

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/header"
)

var sameAddr = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func sample() Message {
	zero := netip.IPv4Unspecified()
	return Message{
		XID: 0x12345678, Secs: 3, Broadcast: true, Client: zero, Your: zero, Server: zero, Relay: zero, MAC: header.MAC{2, 0, 0, 0, 0, 1},
		Options: map[byte][]byte{OptionType: {byte(Discover)}, OptionHostName: []byte("here"), 43: bytes.Repeat([]byte{7}, 600)},
	}
}

// TestMessage: what is written is read, an option of 600 bytes in three pieces too (RFC 3396).
func TestMessage(t *testing.T) {
	m := sample()
	b := m.Append(nil)
	got, err := Parse(b)
	if diff := cmp.Diff(m, got, sameAddr); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if b[optionsAt] != OptionType {
		t.Error("the type does not come first")
	}
	short := Message{MAC: m.MAC, Options: map[byte][]byte{OptionType: {1}}}
	if n := len(short.Append(nil)); n != minLen {
		t.Errorf("a short message has %d bytes", n)
	}
}

// TestOverload: file and sname carry options when option 52 says so, and an option may go on from one to the other.
func TestOverload(t *testing.T) {
	for over, want := range map[byte]string{0: "a", 1: "ab", 2: "ac", 3: "abc"} {
		m := sample()
		m.Options = map[byte][]byte{OptionType: {byte(Offer)}}
		b := m.Append(nil)[:optionsAt+3]
		b = append(b, OptionDomain, 1, 'a')
		if over > 0 {
			b = append(b, OptionOverload, 1, over)
		}
		b = append(b, optionEnd)
		copy(b[fileAt:], []byte{OptionDomain, 1, 'b', optionEnd})
		copy(b[snameAt:], []byte{optionPad, OptionDomain, 1, 'c', optionEnd})
		got, err := Parse(b)
		if err != nil || string(got.Options[OptionDomain]) != want {
			t.Errorf("overload %d: %q, %v", over, got.Options[OptionDomain], err)
		}
	}
}

// TestParseRefuses: what is no message is refused.
func TestParseRefuses(t *testing.T) {
	m := sample()
	for name, change := range map[string]func([]byte) []byte{
		"short":             func(b []byte) []byte { return b[:optionsAt-1] },
		"operation":         func(b []byte) []byte { b[0] = 3; return b },
		"hardware":          func(b []byte) []byte { b[1] = 6; return b },
		"length of address": func(b []byte) []byte { b[2] = 16; return b },
		"cookie":            func(b []byte) []byte { b[cookieAt]++; return b },
		"option cut":        func(b []byte) []byte { return b[:optionsAt+10] },
		"overload": func(b []byte) []byte {
			return append(b[:optionsAt], OptionOverload, 1, 4, optionEnd)
		},
		"overload too long": func(b []byte) []byte {
			return append(b[:optionsAt], OptionOverload, 2, 1, 1, optionEnd)
		},
		"file cut": func(b []byte) []byte {
			b = append(b[:optionsAt], OptionOverload, 1, 1, optionEnd)
			b[cookieAt-1] = 9
			return b
		},
	} {
		if _, err := Parse(change(m.Append(nil))); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse: nothing makes it fail otherwise than with an error, and what it has read is written and read the same.
func FuzzParse(f *testing.F) {
	m := sample()
	f.Add(m.Append(nil))
	f.Add(append(m.Append(nil)[:optionsAt], OptionOverload, 1, 3, optionEnd))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		delete(m.Options, OptionOverload) // Append has no need of it
		again, err := Parse(m.Append(nil))
		if diff := cmp.Diff(m, again, sameAddr); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
		c := NewClient(Config{MAC: m.MAC, Rand: func() uint64 { return uint64(m.XID) }})
		for _, s := range []State{Selecting, Requesting, Bound, Renewing, Rebinding} {
			c.enter(s, 0)
			c.Arrive(0, b)
			c.Checked(0, true)
			if l, ok := c.Lease(); ok && l.Prefix.IsValid() && !single(l.Prefix.Addr()) {
				t.Fatalf("a lease of %v", l.Prefix)
			}
		}
	})
}
