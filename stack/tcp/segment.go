//go:build !before4

package tcp

import (
	"net/netip"

	"github.com/tsunagu/tsunagu/stack/header"
)

// Segment is a segment that a connection wants to be sent. It may be larger than one packet can be: it is then cut into
// pieces of MSS bytes on its way down, as low as possible.
type Segment struct {
	Local, Remote netip.AddrPort // from, to
	Header        header.TCP     // ports filled in; the checksum is left to the sender
	TOS           uint8          // the packet's type-of-service byte: DSCP, and ECN in the two lowest bits
	TTL           uint8          // the packet's time to live; 0: as the IP part thinks fit
	Body          [2][]byte      // the payload, in the send buffer: valid until the connection is next used
	MSS           int            // the largest payload of a packet, in bytes

	options [40]byte // room for Header.Options, so that a Segment used again and again never allocates
}

// Len is how many bytes of payload the segment has.
func (s *Segment) Len() int { return len(s.Body[0]) + len(s.Body[1]) }

// space is how many sequence numbers a segment takes up: its bytes, and one each for SYN and FIN (RFC 9293 3.4).
func space(f header.Flags, length int) int {
	if f.Has(header.SYN) {
		length++
	}
	if f.Has(header.FIN) {
		length++
	}
	return length
}

// fill begins a segment of c.
func (c *Conn) fill(s *Segment, flags header.Flags, seq header.Seq) {
	s.Local, s.Remote = c.local, c.remote
	s.Body = [2][]byte{}
	s.MSS = c.mss
	s.TOS, s.TTL = 0, 0
	window, ack := c.windowField(flags), header.Seq(0)
	if flags.Has(header.ACK) {
		ack = c.rcv.nxt
	}
	// Field by field, in place: a literal would be put together elsewhere and copied.
	h := &s.Header
	h.SrcPort, h.DstPort = c.local.Port(), c.remote.Port()
	h.Seq, h.Ack, h.Flags, h.Window = seq, ack, flags, window
	h.Checksum, h.Urgent, h.Options = 0, 0, nil
}

// Reset returns the RST that answers a segment for which there is no connection (RFC 9293 3.10.7.1), or false when
// that is itself a RST: a RST is never answered.
//
// How many go out nothing bounds: each answers one segment that was no smaller, so that nobody has more sent by it than he
// sends himself; and a host that kept silent would leave true peers waiting for a connection that is no more.
func Reset(local, remote netip.AddrPort, h *header.TCP, length int) (Segment, bool) {
	if h.Flags.Has(header.RST) {
		return Segment{}, false
	}
	s := Segment{Local: local, Remote: remote, Header: header.TCP{SrcPort: local.Port(), DstPort: remote.Port()}}
	if h.Flags.Has(header.ACK) {
		s.Header.Flags, s.Header.Seq = header.RST, h.Ack
	} else {
		s.Header.Flags, s.Header.Ack = header.RST|header.ACK, h.Seq.Add(space(h.Flags, length))
	}
	return s, true
}
