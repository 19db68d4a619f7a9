//go:build !before3

package header

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ethernet"
	"pgregory.net/rapid"
)

// quiet is gopacket's answer to what it finds, when nobody asks.
type quiet struct{ truncated bool }

func (q *quiet) SetTruncated() { q.truncated = true }

var _ gopacket.DecodeFeedback = (*quiet)(nil)

// TestEthernetOracle reads any frame with github.com/mdlayher/ethernet and with our own view.
func TestEthernetOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frame := rapid.SliceOfN(rapid.Byte(), 0, 80).Draw(t, "frame")
		if len(frame) >= EthernetLen && rapid.Bool().Draw(t, "tagged") {
			copy(frame[12:], []byte{0x81, 0})
		}
		var f ethernet.Frame
		want := f.UnmarshalBinary(frame)
		got, payload, err := ParseEthernet(frame)
		switch {
		case err != nil && want == nil:
			if f.VLAN == nil && f.ServiceVLAN == nil {
				t.Fatalf("refused: %v", err)
			}
		case err == nil && want != nil:
			t.Fatalf("the library refuses it: %v", want)
		case err == nil:
			if !bytes.Equal(got.Dst[:], f.Destination) || !bytes.Equal(got.Src[:], f.Source) || got.Type != uint16(f.EtherType) || !bytes.Equal(payload, f.Payload) {
				t.Fatalf("%+v %x, the library %+v", got, payload, f)
			}
			built, err := (&ethernet.Frame{Destination: f.Destination, Source: f.Source, EtherType: f.EtherType}).MarshalBinary()
			own := make([]byte, EthernetLen)
			got.Put(own)
			if err != nil || !bytes.Equal(own, built[:EthernetLen]) {
				t.Fatalf("built %x, the library %x, %v", own, built, err)
			}
		}
	})
}

// TestTCPOracle reads headers built by us with gopacket, and headers built by gopacket with ours.
func TestTCPOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyTCP(t)
		h.Options = PadOptions(AppendMSS(nil, rapid.Uint16().Draw(t, "mss")))
		src, dst := anyAddr(t, "src"), anyAddr(t, "dst")
		payload := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "payload")
		b := append(make([]byte, h.Len()), payload...)
		h.Put(b)
		SetTCPChecksum(b, src, dst)

		var l layers.TCP
		if err := l.DecodeFromBytes(b, new(quiet)); err != nil {
			t.Fatal(err)
		}
		if uint16(l.SrcPort) != h.SrcPort || uint16(l.DstPort) != h.DstPort || l.Seq != uint32(h.Seq) || l.Ack != uint32(h.Ack) ||
			l.Window != h.Window || l.Urgent != h.Urgent || !bytes.Equal(l.Payload, payload) ||
			l.SYN != h.Flags.Has(SYN) || l.ACK != h.Flags.Has(ACK) || l.FIN != h.Flags.Has(FIN) || l.RST != h.Flags.Has(RST) ||
			l.PSH != h.Flags.Has(PSH) || l.URG != h.Flags.Has(URG) || l.ECE != h.Flags.Has(ECE) || l.CWR != h.Flags.Has(CWR) {
			t.Fatalf("%+v is to gopacket %+v", h, l)
		}

		l.SetNetworkLayerForChecksum(&layers.IPv4{SrcIP: src.AsSlice(), DstIP: dst.AsSlice(), Protocol: layers.IPProtocolTCP})
		out := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, &l, gopacket.Payload(payload)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), b) {
			t.Fatalf("we build %x, gopacket %x", b, out.Bytes())
		}
	})
}

// TestIPv4Oracle does the same for IP, and ARP.
func TestIPv4Oracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "payload")
		h := anyIPv4(t, 0)
		h.Options = nil
		h.TotalLen = uint16(h.Len() + len(payload))
		b := append(make([]byte, h.Len()), payload...)
		h.Put(b)
		l := layers.IPv4{
			Version: 4, TOS: h.TOS, Id: h.ID, FragOffset: h.Offset / 8, TTL: h.TTL, Protocol: layers.IPProtocol(h.Protocol),
			SrcIP: h.Src.AsSlice(), DstIP: h.Dst.AsSlice(),
		}
		if h.DontFragment {
			l.Flags |= layers.IPv4DontFragment
		}
		if h.MoreFragments {
			l.Flags |= layers.IPv4MoreFragments
		}
		out := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, &l, gopacket.Payload(payload)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), b) {
			t.Fatalf("we build %x, gopacket %x", b, out.Bytes())
		}

		a := ARP{Operation: rapid.Uint16().Draw(t, "operation"), SenderMAC: anyMAC(t, "sender"), TargetMAC: anyMAC(t, "target"), SenderIP: h.Src, TargetIP: h.Dst}
		b = make([]byte, ARPLen)
		a.Put(b)
		var la layers.ARP
		if err := la.DecodeFromBytes(b, new(quiet)); err != nil {
			t.Fatal(err)
		}
		if la.Operation != a.Operation || MAC(la.SourceHwAddress) != a.SenderMAC || MAC(la.DstHwAddress) != a.TargetMAC ||
			netip.AddrFrom4([4]byte(la.SourceProtAddress)) != a.SenderIP || netip.AddrFrom4([4]byte(la.DstProtAddress)) != a.TargetIP {
			t.Fatalf("%+v is to gopacket %+v", a, la)
		}
	})
}
