//go:build !before11

package nic

import (
	"testing"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
)

// handmade is one end of a TCP connection, played by a test: no timer, no memory, only what a lossless cable needs.
type handmade struct {
	t        *testing.T
	r        *Raw
	mac      header.MAC // the kernel's
	port     uint16     // the kernel's
	seq, ack header.Seq
}

// segment waits for the next TCP segment from the kernel.
func (h *handmade) segment() (header.TCP, []byte, buffer.Offload) {
	h.t.Helper()
	var tcp header.TCP
	var data []byte
	p := next(h.t, h.r, header.EtherTypeIPv4, func(packet []byte) bool {
		ip, payload, err := header.ParseIPv4(packet)
		if err != nil || ip.Protocol != header.ProtocolTCP {
			return false
		}
		if tcp, data, err = header.ParseTCP(payload); err != nil {
			h.t.Fatalf("from the kernel: %v", err)
		}
		return true
	})
	return tcp, append([]byte(nil), data...), p.Offload
}

// accept answers the kernel's SYN, and waits for its ACK.
func (h *handmade) accept() {
	h.t.Helper()
	syn, _, _ := h.segment()
	if syn.Flags != header.SYN {
		h.t.Fatalf("the kernel opens with %v", syn.Flags)
	}
	h.port, h.ack, h.seq = syn.SrcPort, syn.Seq.Add(1), 1000
	h.send(header.SYN|header.ACK, nil)
	h.seq = h.seq.Add(1)
	for {
		if tcp, _, _ := h.segment(); tcp.Flags.Has(header.ACK) && tcp.Ack == h.seq {
			return
		}
	}
}

// read takes n bytes from the kernel, acknowledging each segment, and says how large the largest was.
func (h *handmade) read(n int) (data []byte, largest int) {
	h.t.Helper()
	for len(data) < n {
		tcp, piece, offload := h.segment()
		if len(piece) == 0 || tcp.Seq != h.ack {
			continue
		}
		if len(piece) > 1460 && offload.SegmentSize == 0 {
			h.t.Errorf("a segment of %d bytes that nobody says is a super-frame", len(piece))
		}
		if !offload.NeedsChecksum && !offload.ChecksumValid {
			h.t.Errorf("nobody vouches for a segment from this very machine: %+v", offload)
		}
		data, largest = append(data, piece...), max(largest, len(piece))
		h.ack = h.ack.Add(len(piece))
		h.send(header.ACK, nil)
	}
	return data, largest
}

// send sends one segment. Its checksum, and the cutting, are left to the adapter.
func (h *handmade) send(flags header.Flags, body []byte) {
	h.t.Helper()
	tcp := header.TCP{SrcPort: 80, DstPort: h.port, Seq: h.seq, Ack: h.ack, Flags: flags, Window: 65535}
	if flags.Has(header.SYN) {
		tcp.Options = header.AppendMSS(nil, 1460)
	}
	ip := header.IPv4{TTL: 64, Protocol: header.ProtocolTCP, DontFragment: true, Src: ourIP, Dst: kernelIP}
	ip.TotalLen = uint16(ip.Len() + tcp.Len() + len(body))
	p, b := frame(h.mac, header.MAC(h.r.Info().Address), header.EtherTypeIPv4, ip.Len()+tcp.Len())
	ip.Put(b)
	tcp.Put(b[ip.Len():])
	sum := header.PseudoSum(ourIP, kernelIP, header.ProtocolTCP, tcp.Len()+len(body))
	at := b[ip.Len()+header.TCPChecksumOffset:]
	at[0], at[1] = byte(sum>>8), byte(sum)
	p.Offload = buffer.Offload{
		NeedsChecksum:  true,
		ChecksumStart:  uint16(header.EthernetLen + ip.Len()),
		ChecksumOffset: header.TCPChecksumOffset,
	}
	if len(body) > 1460 {
		p.Offload.SegmentSize = 1460
		p.Offload.HeaderLen = uint16(header.EthernetLen + ip.Len() + tcp.Len())
	}
	half := len(body) / 2
	p.Body = [2][]byte{body[:half], body[half:]}
	if n, err := h.r.Send([]*buffer.Packet{p}); n != 1 || err != nil {
		h.t.Fatalf("sent %d: %v", n, err)
	}
}
