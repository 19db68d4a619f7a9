//go:build !before10

package tcp

import (
	"encoding/binary"

	"github.com/tsunagu/tsunagu/stack/header"
)

// What else a SYN says does not fit into a sequence number. When the peer sends timestamps, it gives back ours with every
// segment, and the lowest six bits of that can keep it (as Linux does): ours goes out a little too small, by less than 64
// milliseconds. Without timestamps there is neither window scale nor SACK in a connection that comes from a cookie.
const (
	crumbScale   = 0x0f // the peer's window scale
	crumbNoScale = 0x0f // … none
	crumbSACK    = 0x10 // the peer knows SACK
	crumbECN     = 0x20 // … and ECN
	crumbBits    = 0x3f

	askECN = header.ECE | header.CWR // of a SYN: RFC 3168 6.1.1
)

// crumbs is what of a SYN goes into our timestamp; false when it brings no timestamp to answer.
func crumbs(syn *header.TCP) (bits uint32, ok bool) {
	if _, ok = header.ParseTimestamps(syn.Options); !ok {
		return 0, false
	}
	bits = crumbNoScale
	if shift, ok := header.WindowScale(syn.Options); ok {
		bits = uint32(min(shift, 14)) // RFC 7323 2.3
	}
	if header.SACKPermitted(syn.Options) {
		bits |= crumbSACK
	}
	if syn.Flags&askECN == askECN {
		bits |= crumbECN
	}
	return bits, true
}

// stamp puts the crumbs into our own timestamp, or returns false when there is none. It never becomes larger by that: time
// does not run backwards for the peer.
func stamp(options []byte, bits uint32) bool {
	v := header.Option(options, header.OptionTimestamps)
	if len(v) != 8 {
		return false
	}
	now := binary.BigEndian.Uint32(v)
	then := now&^crumbBits | bits
	if int32(now-then) < 0 {
		then -= crumbBits + 1
	}
	binary.BigEndian.PutUint32(v, then)
	return true
}

// broughtBack returns the crumbs that an ACK brings.
func broughtBack(ack *header.TCP) (bits uint32, ok bool) {
	t, ok := header.ParseTimestamps(ack.Options)
	return t.Echo & crumbBits, ok
}

// cookieSYN is the peer's SYN as far as a cookie knows it: made from the SYN when it comes, and once more from the ACK that
// brings the cookie back. What the connection agrees on is the same both times.
func cookieSYN(irs header.Seq, size uint32, h *header.TCP, bits uint32, stamped bool) *header.TCP {
	syn := &header.TCP{SrcPort: h.SrcPort, DstPort: h.DstPort, Seq: irs, Flags: header.SYN, Window: h.Window}
	syn.Options = header.AppendMSS(nil, cookieMSS[size])
	if !stamped {
		return syn
	}
	t, _ := header.ParseTimestamps(h.Options)
	syn.Options = header.AppendTimestamps(syn.Options, header.Timestamps{Value: t.Value})
	if scale := bits & crumbScale; scale != crumbNoScale {
		syn.Options = header.AppendWindowScale(syn.Options, uint8(scale))
	}
	if bits&crumbSACK != 0 {
		syn.Options = header.AppendSACKPermitted(syn.Options)
	}
	if bits&crumbECN != 0 {
		syn.Flags |= askECN
	}
	return syn
}
