//go:build !before8

package header

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket/layers"
)

// disagreement is where our parsers and gopacket's say something different of the same bytes, and why: notes/headers.md
// says it at greater length. Every other is a mistake.
type disagreement string

const (
	agree disagreement = ""

	length802_3  disagreement = "an EtherType below 0x600 is a length to gopacket, and what is behind it cut; we read the field"
	tagged       disagreement = "gopacket leaves a VLAN tag to its next layer; without a VLAN we refuse the frame"
	reservedVLAN disagreement = "VLAN 4095 is reserved; we refuse it"
	foreignARP   disagreement = "gopacket reads ARP for any hardware and protocol; we only for Ethernet and IPv4"
	version      disagreement = "gopacket does not look at the IP version"
	checksum     disagreement = "gopacket does not verify checksums when it reads"
	cut          disagreement = "what is longer than its bytes is truncated to gopacket; we refuse it"
	zeroLength   disagreement = "an IP length of 0 is segmentation offload to gopacket; we refuse it"
	jumbogram    disagreement = "a UDP length of 0 is a jumbogram to gopacket; we refuse it"
	ipOptions    disagreement = "gopacket refuses IP options that cannot be read; we keep them raw, and who looks at them refuses"
	multipath    disagreement = "gopacket looks into Multipath TCP options, and stops at one that it does not understand; we don't"
	tcpOptions   disagreement = "gopacket reads the TCP options up to the first that is malformed; we refuse the list"
)

// TestHostile reads headers that are good, spoilt, cut, or noise, with ours and with gopacket: the same fields, or both
// refuse, or the table says why not. Each reason has to come up.
func TestHostile(t *testing.T) {
	seen := map[disagreement]int{}
	for name, h := range map[string]struct {
		good    func(r *rand.Rand) []byte
		compare func(b []byte) (disagreement, error)
	}{
		"ethernet": {goodEthernet, compareEthernet},
		"vlan":     {goodVLAN, compareVLAN},
		"arp":      {goodARP, compareARP},
		"ipv4":     {goodIPv4, compareIPv4},
		"icmp":     {goodICMP, compareICMP},
		"udp":      {goodUDP, compareUDP},
		"tcp":      {goodTCP, compareTCP},
	} {
		t.Run(name, func(t *testing.T) {
			const seed = 1
			r := rand.New(rand.NewPCG(seed, uint64(len(name))))
			same := 0
			for n := range 20000 {
				b := h.good(r)
				if spoil(r, b); r.IntN(4) == 0 {
					b = b[:r.IntN(len(b)+1)]
				}
				if r.IntN(10) == 0 {
					b = noise(r, 80)
				}
				why, err := h.compare(b)
				if err != nil {
					t.Fatalf("seed %d, number %d: %x: %v", seed, n, b, err)
				}
				if seen[why]++; why == agree {
					same++
				}
			}
			if same < 5000 {
				t.Errorf("agree on %d of 20000 only", same)
			}
		})
	}
	for _, why := range []disagreement{length802_3, tagged, reservedVLAN, foreignARP, version, checksum, cut, zeroLength, jumbogram, ipOptions, tcpOptions, multipath} {
		if seen[why] == 0 {
			t.Errorf("has not come up: %s", why)
		}
	}
}

func noise(r *rand.Rand, most int) []byte {
	b := make([]byte, r.IntN(most))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// spoil changes a few bytes, or none.
func spoil(r *rand.Rand, b []byte) {
	for range r.IntN(4) - 1 {
		b[r.IntN(len(b))] = []byte{0, 1, 2, 0x40, 0xff, byte(r.Uint32())}[r.IntN(6)]
	}
}

func addr(r *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
}

func mac(r *rand.Rand) MAC { return MAC(binary.BigEndian.AppendUint64(nil, r.Uint64())[:6]) }

func etherType(r *rand.Rand) uint16 {
	return []uint16{EtherTypeIPv4, EtherTypeARP, 0x8100, 0x88a8, 20, uint16(r.Uint32())}[r.IntN(6)]
}

func goodEthernet(r *rand.Rand) []byte {
	h := Ethernet{Dst: mac(r), Src: mac(r), Type: etherType(r)}
	b := make([]byte, EthernetLen)
	h.Put(b)
	return append(b, noise(r, 60)...)
}

func goodVLAN(r *rand.Rand) []byte {
	h := Ethernet{Dst: mac(r), Src: mac(r), Type: etherType(r)}
	id := uint16(r.IntN(4096))
	if r.IntN(20) == 0 {
		id = 4095
	}
	b := make([]byte, EthernetLen+VLANLen)
	h.PutVLAN(b, VLAN{Priority: uint8(r.IntN(8)), DropEligible: r.IntN(2) == 0, ID: id})
	return append(b, noise(r, 60)...)
}

func goodARP(r *rand.Rand) []byte {
	a := ARP{Operation: uint16(r.IntN(4)), SenderMAC: mac(r), TargetMAC: mac(r), SenderIP: addr(r), TargetIP: addr(r)}
	b := make([]byte, ARPLen)
	a.Put(b)
	return append(b, make([]byte, r.IntN(20))...)
}

func goodOptions(r *rand.Rand) []byte {
	var b []byte
	for range r.IntN(4) {
		kind, value := byte(r.IntN(32)), noise(r, 8)
		if r.IntN(4) == 0 {
			b = append(b, OptionNoOp)
		} else if kind > 1 {
			b = append(append(b, kind, byte(2+len(value))), value...)
		}
	}
	return PadOptions(b)
}

func goodIPv4(r *rand.Rand) []byte {
	payload := noise(r, 40)
	h := IPv4{TOS: byte(r.Uint32()), ID: uint16(r.Uint32()), DontFragment: r.IntN(2) == 0, MoreFragments: r.IntN(2) == 0, Offset: uint16(r.IntN(1<<13)) * 8,
		TTL: byte(r.Uint32()), Protocol: byte(r.Uint32()), Src: addr(r), Dst: addr(r), Options: goodOptions(r)}
	if len(h.Options) > 0 {
		spoil(r, h.Options) // and the checksum is right
	}
	h.TotalLen = uint16(h.Len() + len(payload))
	b := make([]byte, h.Len())
	h.Put(b)
	return append(append(b, payload...), make([]byte, r.IntN(10))...)
}

func goodICMP(r *rand.Rand) []byte {
	b := make([]byte, ICMPLen)
	(&ICMP{Type: byte(r.IntN(20)), Code: byte(r.IntN(20)), ID: uint16(r.Uint32()), Seq: uint16(r.Uint32())}).Put(b)
	b = append(b, noise(r, 60)...)
	SetICMPChecksum(b)
	return b
}

func goodUDP(r *rand.Rand) []byte {
	payload := noise(r, 40)
	b := make([]byte, UDPLen)
	(&UDP{SrcPort: uint16(r.Uint32()), DstPort: uint16(r.Uint32()), Length: uint16(UDPLen + len(payload))}).Put(b)
	return append(append(b, payload...), make([]byte, r.IntN(10))...)
}

func goodTCP(r *rand.Rand) []byte {
	h := TCP{SrcPort: uint16(r.Uint32()), DstPort: uint16(r.Uint32()), Seq: Seq(r.Uint32()), Ack: Seq(r.Uint32()), Flags: Flags(r.Uint32()),
		Window: uint16(r.Uint32()), Urgent: uint16(r.Uint32()), Options: goodOptions(r)}
	b := make([]byte, h.Len())
	h.Put(b)
	return append(b, noise(r, 40)...)
}

// outcome is agree when both refuse; an error when one does for no reason; and else says that fields are to be compared.
func outcome(ours, theirs error) (why disagreement, done bool, err error) {
	switch {
	case ours != nil && theirs != nil:
		return agree, true, nil
	case ours != nil || theirs != nil:
		return agree, true, fmt.Errorf("ours says %v, gopacket %v", ours, theirs)
	}
	return agree, false, nil
}

func unless(same bool, ours, theirs any) error {
	if same {
		return nil
	}
	return fmt.Errorf("ours %+v, gopacket's %+v", ours, theirs)
}

func compareEthernet(b []byte) (disagreement, error) {
	h, payload, ours := ParseEthernet(b)
	var l layers.Ethernet
	theirs := l.DecodeFromBytes(b, new(quiet))
	if ours != nil && theirs == nil && (l.EthernetType == layers.EthernetTypeDot1Q || l.EthernetType == layers.EthernetTypeQinQ) {
		return tagged, nil
	}
	if why, done, err := outcome(ours, theirs); done {
		return why, err
	}
	if l.EthernetType == layers.EthernetTypeLLC && h.Type < 0x600 {
		return length802_3, unless(h.Type == l.Length && bytes.HasPrefix(payload, l.Payload), h, l)
	}
	return agree, unless(bytes.Equal(h.Dst[:], l.DstMAC) && bytes.Equal(h.Src[:], l.SrcMAC) && h.Type == uint16(l.EthernetType) && bytes.Equal(payload, l.Payload), h, l)
}

func compareVLAN(b []byte) (disagreement, error) {
	h, tag, payload, ours := ParseVLAN(b)
	var l layers.Ethernet
	var q layers.Dot1Q
	theirs := l.DecodeFromBytes(b, new(quiet))
	if theirs == nil {
		if l.EthernetType != layers.EthernetTypeDot1Q {
			theirs = fmt.Errorf("no tag")
		} else {
			theirs = q.DecodeFromBytes(l.Payload, new(quiet))
		}
	}
	if ours != nil && theirs == nil && q.VLANIdentifier == 4095 {
		return reservedVLAN, nil
	}
	if why, done, err := outcome(ours, theirs); done {
		return why, err
	}
	why, whole := agree, bytes.Equal(payload, q.Payload)
	if h.Type < 0x600 {
		why, whole = length802_3, bytes.HasPrefix(payload, q.Payload)
	}
	return why, unless(bytes.Equal(h.Dst[:], l.DstMAC) && bytes.Equal(h.Src[:], l.SrcMAC) && h.Type == uint16(q.Type) && whole &&
		tag == VLAN{q.Priority, q.DropEligible, q.VLANIdentifier}, fmt.Sprint(h, tag), q)
}

func compareARP(b []byte) (disagreement, error) {
	a, ours := ParseARP(b)
	var l layers.ARP
	theirs := l.DecodeFromBytes(b, new(quiet))
	if ours != nil && theirs == nil && (l.AddrType != layers.LinkTypeEthernet || l.Protocol != layers.EthernetTypeIPv4 || l.HwAddressSize != 6 || l.ProtAddressSize != 4) {
		return foreignARP, nil
	}
	if why, done, err := outcome(ours, theirs); done {
		return why, err
	}
	return agree, unless(a.Operation == l.Operation && bytes.Equal(a.SenderMAC[:], l.SourceHwAddress) && bytes.Equal(a.TargetMAC[:], l.DstHwAddress) &&
		bytes.Equal(a.SenderIP.AsSlice(), l.SourceProtAddress) && bytes.Equal(a.TargetIP.AsSlice(), l.DstProtAddress), a, l)
}

func compareIPv4(b []byte) (disagreement, error) {
	h, payload, ours := ParseIPv4(b)
	var l layers.IPv4
	q := new(quiet)
	theirs := l.DecodeFromBytes(b, q)
	if ours != nil && theirs == nil {
		switch {
		case b[0]>>4 != 4:
			return version, nil
		case b[2] == 0 && b[3] == 0:
			return zeroLength, nil
		case q.truncated:
			return cut, nil
		case Checksum(b[:int(b[0]&15)*4]) != 0:
			return checksum, nil
		}
	}
	if ours == nil && theirs != nil && !OptionsValid(h.Options) {
		return ipOptions, nil // the list has the form of TCP's
	}
	if why, done, err := outcome(ours, theirs); done {
		return why, err
	}
	return agree, unless(h.TOS == l.TOS && h.TotalLen == l.Length && h.ID == l.Id && h.Offset == l.FragOffset*8 && h.TTL == l.TTL && h.Protocol == uint8(l.Protocol) &&
		h.DontFragment == (l.Flags&layers.IPv4DontFragment != 0) && h.MoreFragments == (l.Flags&layers.IPv4MoreFragments != 0) && h.Checksum == l.Checksum &&
		bytes.Equal(h.Src.AsSlice(), l.SrcIP) && bytes.Equal(h.Dst.AsSlice(), l.DstIP) && h.Len() == int(l.IHL)*4 && bytes.Equal(payload, l.Payload), h, l)
}

func compareICMP(b []byte) (disagreement, error) {
	h, payload, ours := ParseICMP(b)
	var l layers.ICMPv4
	theirs := l.DecodeFromBytes(b, new(quiet))
	if ours != nil && theirs == nil && Checksum(b) != 0 {
		return checksum, nil
	}
	if why, done, err := outcome(ours, theirs); done {
		return why, err
	}
	return agree, unless(h == ICMP{l.TypeCode.Type(), l.TypeCode.Code(), l.Checksum, l.Id, l.Seq} && bytes.Equal(payload, l.Payload), h, l)
}

func compareUDP(b []byte) (disagreement, error) {
	h, payload, ours := ParseUDP(b)
	var l layers.UDP
	q := new(quiet)
	theirs := l.DecodeFromBytes(b, q)
	if ours != nil && theirs == nil {
		switch {
		case l.Length == 0:
			return jumbogram, nil
		case q.truncated:
			return cut, nil
		}
	}
	if why, done, err := outcome(ours, theirs); done {
		return why, err
	}
	return agree, unless(h == UDP{uint16(l.SrcPort), uint16(l.DstPort), l.Length, l.Checksum} && bytes.Equal(payload, l.Payload), h, l)
}

func compareTCP(b []byte) (disagreement, error) {
	h, payload, ours := ParseTCP(b)
	var l layers.TCP
	theirs := l.DecodeFromBytes(b, new(quiet))
	if why, done, err := outcome(ours, theirs); done {
		return why, err
	}
	if err := unless(h.SrcPort == uint16(l.SrcPort) && h.DstPort == uint16(l.DstPort) && uint32(h.Seq) == l.Seq && uint32(h.Ack) == l.Ack &&
		h.Window == l.Window && h.Urgent == l.Urgent && h.Checksum == l.Checksum && bytes.Equal(payload, l.Payload) &&
		h.Flags.Has(FIN) == l.FIN && h.Flags.Has(SYN) == l.SYN && h.Flags.Has(RST) == l.RST && h.Flags.Has(PSH) == l.PSH &&
		h.Flags.Has(ACK) == l.ACK && h.Flags.Has(URG) == l.URG && h.Flags.Has(ECE) == l.ECE && h.Flags.Has(CWR) == l.CWR, h, l); err != nil {
		return agree, err
	}
	if !OptionsValid(h.Options) {
		return tcpOptions, nil
	}
	rest := h.Options
	for _, o := range l.Options {
		if o.OptionType == layers.TCPOptionKindNop || o.OptionType == layers.TCPOptionKindEndList {
			continue
		}
		kind, value, next, ok, _ := NextOption(rest)
		if !ok || kind != byte(o.OptionType) || !bytes.Equal(value, o.OptionData) {
			return agree, fmt.Errorf("option %d %x, gopacket's %v", kind, value, o)
		}
		rest = next
	}
	switch kind, _, _, more, _ := NextOption(rest); {
	case more && kind == byte(layers.TCPOptionKindMultipathTCP):
		return multipath, nil
	case more:
		return agree, fmt.Errorf("gopacket has no option %d", kind)
	}
	return agree, nil
}
