//go:build !before3

package show_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/mdlayher/ethernet"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/show"
)

func TestHeader(t *testing.T) {
	p := show.Header(request)
	text(t, p, `
┌─────────────────┬───────────┬────────────┬──────┐
│ Ethernet header │ IP header │ TCP header │ data │
└─────────────────┴───────────┴────────────┴──────┘
0                 14          34           54     72

byte  hex                bits               field                    value
Ethernet header, 14 bytes
   0  02 00 00 00 00 02                     destination MAC address  02:00:00:00:00:02
   6  02 00 00 00 00 01                     source MAC address       02:00:00:00:00:01
  12  08 00                                 EtherType                0x0800 IPv4
IP header, 20 bytes
  14  45                 0100....           version                  4
  14  45                 ....0101           header length            5 × 4 = 20 bytes
  15  00                 000000..           DSCP                     0
  15  00                 ......00           ECN                      0
  16  00 3a                                 total length             58 bytes
  18  00 07                                 identification           7
  20  40                 010.....           flags                    2 DF
  20  40 00              ...00000 00000000  fragment offset          0 bytes
  22  40                                    time to live             64
  23  06                                    protocol                 6 TCP
  24  26 b5                                 header checksum          0x26b5, right
  26  0a 00 00 01                           source IP address        10.0.0.1
  30  0a 00 00 02                           destination IP address   10.0.0.2
TCP header, 20 bytes
  34  c0 00                                 source port              49152
  36  00 50                                 destination port         80
  38  ac a5 b6 33                           sequence number          2896541235
  42  00 00 00 00                           ACK number               0
  46  50                 0101....           data offset              5 × 4 = 20 bytes
  46  50                 ....0000           reserved                 0
  47  18                 00011000           control bits             PSH,ACK
  48  ff ff                                 window                   65535
  50  99 ed                                 checksum                 0x99ed, right
  52  00 00                                 urgent pointer           0
Data, 18 bytes
  54  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..
  70  0d 0a                                            ..`)
	wellFormed(t, p.SVG(), "TCP header", "sequence number", "2896541235")
}

func TestGrid(t *testing.T) {
	p := show.Header(syn).Grid()
	ethernet, rest, _ := strings.Cut(p.Text(), "\n\n")
	_, tcp, _ := strings.Cut(rest, "\n\n")
	for _, c := range []struct{ got, want string }{{ethernet, `
Ethernet header, 14 bytes
      0                   1                   2                   3
      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     ┌───────────────────────────────────────────────────────────────┐
   0 │                    destination MAC address                    │
     │                       02:00:00:00:00:02                       │
     │                               ┌───────────────────────────────┤
   4 │                               │                               │
     │                               │                               │
     ├───────────────────────────────┘                               │
   8 │                      source MAC address                       │
     │                       02:00:00:00:00:01                       │
     ├───────────────────────────────┬───────────────────────────────┘
  12 │           EtherType           │
     │          0x0800 IPv4          │
     └───────────────────────────────┘`}, {tcp, `
TCP header, 24 bytes
      0                   1                   2                   3
      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     ┌───────────────────────────────┬───────────────────────────────┐
  34 │          source port          │       destination port        │
     │             49152             │              80               │
     ├───────────────────────────────┴───────────────────────────────┤
  38 │                        sequence number                        │
     │                          2896541234                           │
     ├───────────────────────────────────────────────────────────────┤
  42 │                          ACK number                           │
     │                               0                               │
     ├───────┬───────┬─┬─┬─┬─┬─┬─┬─┬─┬───────────────────────────────┤
  46 │offset │ rsrvd │C│E│U│A│P│R│S│F│            window             │
     │   6   │   0   │0│0│0│0│0│0│1│0│          65535 bytes          │
     ├───────┴───────┴─┴─┴─┴─┴─┴─┴─┴─┼───────────────────────────────┤
  50 │           checksum            │        urgent pointer         │
     │         0x60fb, right         │               0               │
     ├───────────────────────────────┴───────────────────────────────┤
  54 │                          option: MSS                          │
     │                             1460                              │
     └───────────────────────────────────────────────────────────────┘`}} {
		if "\n"+c.got != c.want {
			t.Errorf("grid is\n%s\nand not%s", c.got, c.want)
		}
	}
	wellFormed(t, p.SVG(), "option: MSS", "1460")
}

// TestHeaderFields looks for lines in the pictures of other frames.
func TestHeaderFields(t *testing.T) {
	options := slices.Concat(mss, []byte{1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 254, 3, 9, 0, 0, 0})
	full := tcpFrame(clientAddr, header.TCP{Flags: header.SYN, Options: header.PadOptions(options)}, "")
	wrong := slices.Clone(request)
	wrong[24]++
	wrong[50]++
	partial := slices.Clone(request)
	sum := header.PseudoSum(clientAddr.Addr(), serverAddr.Addr(), header.ProtocolTCP, len(request)-34)
	partial[50], partial[51] = byte(sum>>8), byte(sum)
	fragment := slices.Clone(request)
	fragment[20], fragment[21] = 0x20, 0x05
	badOptions := tcpFrame(clientAddr, header.TCP{Flags: header.SYN, Options: []byte{2, 1, 0, 0}}, "")
	noFlags := tcpFrame(clientAddr, header.TCP{}, "")
	long := tcpFrame(clientAddr, header.TCP{Flags: header.ACK}, strings.Repeat("x", 1460))
	padded := append(slices.Clone(onlyACK), 0, 0, 0, 0, 0, 0)
	ipOptions := slices.Insert(slices.Clone(request), 34, 1, 1, 1, 1)
	ipOptions[14], ipOptions[17] = 0x46, ipOptions[17]+4
	strange := &ethernet.Frame{Destination: ethernet.Broadcast, Source: clientMAC[:], EtherType: 0x1234, Payload: []byte("?")}
	other, err := strange.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		frame []byte
		want  []string
	}{
		{"ARP", arpFrame(header.ARPReply), []string{"ARP packet, 28 bytes", "operation                2 reply",
			"sender MAC address       02:00:00:00:00:02", "target IP address        10.0.0.1"}},
		{"options", full, []string{"option: MSS              1460", "option: no operation", "option: window scale     7", "option: SACK permitted",
			"08 0a 00 00 00 01                     option: timestamps       1/2\n  70  00 00 00 02\n", "option: kind 254", "end of options"}},
		{"wrong checksums", wrong, []string{"0x27b5, WRONG", "0x9aed, WRONG"}},
		{"a checksum for the adapter", partial, []string{", for the adapter to complete"}},
		{"a fragment", fragment, []string{"1 MF", "40 bytes", "Data, 38 bytes"}},
		{"malformed options", badOptions, []string{"malformed options", "their length is wrong"}},
		{"no control bits", noFlags, []string{"00000000           control bits             none"}},
		{"much data", long, []string{"… 1332 more bytes"}},
		{"padding", padded, []string{"│ padding │", "Padding, 6 bytes"}},
		{"IP options", ipOptions, []string{"options", "6 × 4 = 24 bytes"}},
		{"another EtherType", other, []string{"0x1234", "Data, 46 bytes"}},
	} {
		got := show.Header(c.frame).Text()
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is not in\n%s", c.name, w, got)
			}
		}
		wellFormed(t, show.Header(c.frame).SVG())
	}
}

// TestHeaderOfAnything: whatever the bytes are, they all are in the picture.
func TestHeaderOfAnything(t *testing.T) {
	for n := range len(syn) {
		text := show.Header(syn[:n]).Text()
		if n < 14 && !strings.Contains(text, "Too short for an Ethernet header") {
			t.Errorf("%d bytes:\n%s", n, text)
		}
		show.Header(syn[:n]).Grid().Text()
	}
	if got := show.Header(nil).Text(); !strings.Contains(got, "0 bytes") {
		t.Errorf("no bytes:\n%s", got)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(syn)
	f.Add(request)
	f.Add(arpFrame(1))
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		p := show.Header(frame)
		p.Text()
		p.Grid().Text()
		wellFormed(t, p.SVG())
		if !bytes.Equal(before, frame) {
			t.Error("the frame was changed")
		}
	})
}
