//go:build !before3

package header

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// hexBytes reads bytes written in hex, spaces ignored.
func hexBytes(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

var addresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// TestExample reads a SYN as it stood on a cable, and builds it again.
func TestExample(t *testing.T) {
	frame := hexBytes(`
		02 00 00 00 00 02  02 00 00 00 00 01  08 00
		45 00 00 2c 00 01 40 00 40 06 26 c9 0a 00 00 01 0a 00 00 02
		c0 00 00 50 00 00 03 e8 00 00 00 00 60 02 ff ff 21 24 00 00
		02 04 05 b4`)
	e, packet, err := ParseEthernet(frame)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Ethernet{Dst: MAC{2, 0, 0, 0, 0, 2}, Src: MAC{2, 0, 0, 0, 0, 1}, Type: EtherTypeIPv4}); e != want {
		t.Errorf("%+v", e)
	}
	ip, segment, err := ParseIPv4(packet)
	if err != nil {
		t.Fatal(err)
	}
	wantIP := IPv4{TotalLen: 44, ID: 1, DontFragment: true, TTL: 64, Protocol: ProtocolTCP, Checksum: 0x26c9,
		Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2")}
	if diff := cmp.Diff(wantIP, ip, addresses); diff != "" {
		t.Error(diff)
	}
	tcp, payload, err := ParseTCP(segment)
	if err != nil || len(payload) != 0 {
		t.Fatalf("%x, %v", payload, err)
	}
	wantTCP := TCP{SrcPort: 49152, DstPort: 80, Seq: 1000, Flags: SYN, Window: 65535, Checksum: tcp.Checksum, Options: []byte{2, 4, 5, 0xb4}}
	if diff := cmp.Diff(wantTCP, tcp); diff != "" {
		t.Error(diff)
	}
	if mss, ok := MSS(tcp.Options); !ok || mss != 1460 {
		t.Errorf("MSS %d, %v", mss, ok)
	}

	again := make([]byte, len(frame))
	e.Put(again)
	ip.Put(again[EthernetLen:])
	tcp.Put(again[EthernetLen+IPv4Len:])
	SetTCPChecksum(again[EthernetLen+IPv4Len:], ip.Src, ip.Dst)
	if !TCPChecksumValid(again[EthernetLen+IPv4Len:], ip.Src, ip.Dst) {
		t.Error("our own checksum is not valid")
	}
	copy(frame[EthernetLen+IPv4Len+TCPChecksumOffset:], again[EthernetLen+IPv4Len+TCPChecksumOffset:][:2])
	if diff := cmp.Diff(frame, again); diff != "" {
		t.Error(diff)
	}
}

// TestRefused gives every parser what it must refuse, and says why.
func TestRefused(t *testing.T) {
	goodIP := make([]byte, 24)
	(&IPv4{TotalLen: 24, TTL: 1, Protocol: 6, Src: netip.IPv4Unspecified(), Dst: netip.IPv4Unspecified()}).Put(goodIP)
	goodTCP := make([]byte, 20)
	(&TCP{}).Put(goodTCP)
	goodARP := make([]byte, ARPLen)
	(&ARP{Operation: ARPRequest, SenderIP: netip.IPv4Unspecified(), TargetIP: netip.IPv4Unspecified()}).Put(goodARP)
	change := func(b []byte, at int, v byte, sum bool) []byte {
		b = bytes.Clone(b)
		b[at] = v
		if sum {
			b[10], b[11] = 0, 0
			binary.BigEndian.PutUint16(b[10:], Checksum(b[:max(20, int(b[0]&15)*4)]))
		}
		return b
	}
	parse := map[string]func([]byte) error{
		"ethernet": func(b []byte) error { _, _, err := ParseEthernet(b); return err },
		"ipv4":     func(b []byte) error { _, _, err := ParseIPv4(b); return err },
		"tcp":      func(b []byte) error { _, _, err := ParseTCP(b); return err },
		"arp":      func(b []byte) error { _, err := ParseARP(b); return err },
		"frame":    func(b []byte) error { _, err := ParseFrame(b); return err },
	}
	for _, c := range []struct {
		header, what string
		b            []byte
		want         error
	}{
		{"ipv4", "good", goodIP, nil},
		{"ipv4", "good, padded", append(bytes.Clone(goodIP), 0, 0), nil},
		{"ipv4", "nothing", nil, ErrShort},
		{"ipv4", "19 bytes", goodIP[:19], ErrShort},
		{"ipv4", "cut", goodIP[:23], ErrShort},
		{"ipv4", "version 6", change(goodIP, 0, 0x65, true), ErrInvalid},
		{"ipv4", "header length 16", change(goodIP, 0, 0x44, true), ErrInvalid},
		{"ipv4", "header longer than all", change(goodIP, 0, 0x4f, false), ErrInvalid},
		{"ipv4", "total less than header", change(goodIP, 3, 19, true), ErrInvalid},
		{"ipv4", "checksum", change(goodIP, 8, 99, false), ErrInvalid},
		{"tcp", "good", goodTCP, nil},
		{"tcp", "nothing", nil, ErrShort},
		{"tcp", "19 bytes", goodTCP[:19], ErrShort},
		{"tcp", "offset 16", change(goodTCP, 12, 4<<4, false), ErrInvalid},
		{"tcp", "offset beyond", change(goodTCP, 12, 6<<4, false), ErrShort},
		{"arp", "good", goodARP, nil},
		{"arp", "short", goodARP[:27], ErrShort},
		{"arp", "hardware", change(goodARP, 1, 2, false), ErrInvalid},
		{"arp", "protocol", change(goodARP, 2, 9, false), ErrInvalid},
		{"arp", "lengths", change(goodARP, 5, 16, false), ErrInvalid},
		{"ethernet", "short", make([]byte, 13), ErrShort},
		{"ethernet", "VLAN tag", append(make([]byte, 12), 0x81, 0, 0, 5, 8, 0), ErrInvalid},
		{"frame", "short", make([]byte, 13), ErrShort},
	} {
		if err := parse[c.header](c.b); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s, %s: %v", c.header, c.what, err)
		}
	}
}

func anyAddr(t *rapid.T, name string) netip.Addr {
	return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, name)))
}

func anyMAC(t *rapid.T, name string) MAC {
	return MAC(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, name))
}

// anyOptions returns a multiple of four bytes, nil for none.
func anyOptions(t *rapid.T) []byte {
	n := rapid.IntRange(0, 10).Draw(t, "words of options") * 4
	if n == 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "options")
}

func anyTCP(t *rapid.T) TCP {
	return TCP{
		SrcPort: rapid.Uint16().Draw(t, "src"), DstPort: rapid.Uint16().Draw(t, "dst"),
		Seq: Seq(rapid.Uint32().Draw(t, "seq")), Ack: Seq(rapid.Uint32().Draw(t, "ack")),
		Flags:  Flags(rapid.Byte().Draw(t, "flags")),
		Window: rapid.Uint16().Draw(t, "window"), Urgent: rapid.Uint16().Draw(t, "urgent"),
		Options: anyOptions(t),
	}
}

func anyIPv4(t *rapid.T, length int) IPv4 {
	h := IPv4{
		TOS: rapid.Byte().Draw(t, "tos"), ID: rapid.Uint16().Draw(t, "id"),
		DontFragment: rapid.Bool().Draw(t, "df"), MoreFragments: rapid.Bool().Draw(t, "mf"),
		Offset: rapid.Uint16Range(0, 0x1fff).Draw(t, "offset") * 8,
		TTL:    rapid.Byte().Draw(t, "ttl"), Protocol: rapid.Byte().Draw(t, "protocol"),
		Src: anyAddr(t, "src"), Dst: anyAddr(t, "dst"), Options: anyOptions(t),
	}
	h.TotalLen = uint16(h.Len() + length)
	return h
}

// TestRoundTrip builds any header and reads it again.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "payload")
		h := anyTCP(t)
		b := append(make([]byte, h.Len()), payload...)
		h.Put(b)
		got, rest, err := ParseTCP(b)
		if diff := cmp.Diff(h, got); err != nil || diff != "" || !bytes.Equal(rest, payload) {
			t.Fatalf("%v %x %s", err, rest, diff)
		}
		ip := anyIPv4(t, len(payload))
		b = append(make([]byte, ip.Len()), payload...)
		ip.Put(b)
		gotIP, rest, err := ParseIPv4(append(b, 0, 0, 0)) // padded
		ip.Checksum = gotIP.Checksum
		if diff := cmp.Diff(ip, gotIP, addresses); err != nil || diff != "" || !bytes.Equal(rest, payload) {
			t.Fatalf("%v %x %s", err, rest, diff)
		}
		arp := ARP{Operation: rapid.Uint16().Draw(t, "operation"), SenderMAC: anyMAC(t, "sender"), TargetMAC: anyMAC(t, "target"),
			SenderIP: anyAddr(t, "sender's"), TargetIP: anyAddr(t, "target's")}
		b = make([]byte, ARPLen)
		arp.Put(b)
		if got, err := ParseARP(b); err != nil || got != arp {
			t.Fatalf("%+v, %v", got, err)
		}
		e := Ethernet{Dst: anyMAC(t, "to"), Src: anyMAC(t, "from"), Type: EtherTypeIPv4}
		b = append(make([]byte, EthernetLen), payload...)
		e.Put(b)
		if got, rest, err := ParseEthernet(b); err != nil || got != e || !bytes.Equal(rest, payload) {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

// TestSeq compares numbers across the end of their circle.
func TestSeq(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Seq(rapid.Uint32().Draw(t, "a"))
		n := rapid.IntRange(0, 1<<31-1).Draw(t, "n")
		b := a.Add(n)
		if b.Sub(a) != n || a.Sub(b) != -n {
			t.Fatalf("%d and %d: %d, %d", a, b, b.Sub(a), a.Sub(b))
		}
		if a.Before(b) != (n > 0) || b.Before(a) || !a.AtMost(b) || b.AtMost(a) != (n == 0) {
			t.Fatalf("%d and %d: order", a, b)
		}
		if b.In(a, n) || !b.In(a, n+1) || n > 0 && (!a.In(a, n) || a.Add(-1).In(a, n)) {
			t.Fatalf("%d and %d: in", a, b)
		}
	})
}

// TestOptions reads lists that are good and lists that are not (RFC 9293 3.2; MUST-4 to MUST-7, MUST-64, MUST-68).
func TestOptions(t *testing.T) {
	for _, c := range []struct {
		raw   string
		kinds []byte
		valid bool
	}{
		{"", nil, true},
		{"00", nil, true},
		{"01 01 01 00", nil, true},
		{"02 04 05 b4", []byte{2}, true},
		{"01 02 04 05 b4 00 ff ff", []byte{2}, true},         // nothing counts behind the end
		{"fd 03 aa 01 02 04 05 b4", []byte{0xfd, 2}, true},   // one nobody knows
		{"04 02 08 0a 0000000000000000", []byte{4, 8}, true}, // at any alignment
		{"02", nil, false},                                   // no length
		{"02 00 05 b4", nil, false},                          // a length of 0
		{"02 01 05 b4", nil, false},                          // … and of 1
		{"02 05 05 b4", nil, false},                          // … beyond the end
		{"02 04 05 b4 03", []byte{2}, false},                 // good, then not
	} {
		raw := hexBytes(c.raw)
		var kinds []byte
		k, _, rest, ok, _ := NextOption(raw)
		for ; ok; k, _, rest, ok, _ = NextOption(rest) {
			kinds = append(kinds, k)
		}
		if !bytes.Equal(kinds, c.kinds) || OptionsValid(raw) != c.valid {
			t.Errorf("%s: %v, %v", c.raw, kinds, OptionsValid(raw))
		}
	}
	if _, ok := MSS(hexBytes("02 03 05 00")); ok {
		t.Error("an MSS of one byte")
	}
}

// TestPadOptions: to whole words, with zeros behind the end of the list (RFC 9293 3.1, MUST-69).
func TestPadOptions(t *testing.T) {
	for n := range 9 {
		list := bytes.Repeat([]byte{OptionNoOp}, n)
		want := append(bytes.Clone(list), make([]byte, (4-n%4)%4)...)
		if got := PadOptions(list); !bytes.Equal(got, want) {
			t.Errorf("%d bytes padded to %x", n, got)
		}
	}
}

// TestFlags names them.
func TestFlags(t *testing.T) {
	for f, want := range map[Flags]string{0: "", SYN: "SYN", SYN | ACK: "SYN,ACK", FIN | ACK: "FIN,ACK", 0xff: "SYN,FIN,RST,PSH,ACK,URG,ECE,CWR"} {
		if got := f.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
