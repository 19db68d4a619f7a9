//go:build !before4

package script

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// field is one of a segment's fields.
type field uint8

const (
	fieldSeq field = iota
	fieldAck
	fieldWin
	fieldLen
	fieldUrg
	fieldTOS
	fieldMSS
	fieldSACKOK
	fieldTS
	fieldScale
	fieldSACK
	fieldOptions
	fields
)

var fieldNames = [fields]string{"seq", "ack", "win", "len", "urg", "tos", "mss", "sackok", "ts", "wscale", "sack", "options"}

// option says whether a field is a TCP option: it can be absent.
func (f field) option() bool { return f >= fieldMSS && f < fieldOptions }

// segment is a segment as a script writes it.
type segment struct {
	flags    header.Flags
	value    [fields]uint32 // sequence numbers relative to the initial one, unless absolute
	written  [fields]bool
	absolute [fields]bool // seq, ack
	none     [fields]bool // written, and what is written is that there is none
	ts       [2]stamp     // the value, and the echo
	sack     []header.Block
	options  []byte
}

// stamp is one half of a timestamps option.
type stamp struct {
	kind stampKind
	n    uint32
}

type stampKind uint8

const (
	stampPlain stampKind = iota // as it is
	stampSince                  // counted from the first of that side
	stampAny                    // whatever; in an echo that arrives: the newest that we have sent
)

func (s stamp) String() string {
	switch s.kind {
	case stampAny:
		return "any"
	case stampSince:
		return fmt.Sprintf("+%d", s.n)
	}
	return fmt.Sprint(s.n)
}

// at is the number itself, when the side's first is known.
func (s stamp) at(first uint32) uint32 {
	if s.kind == stampSince {
		return first + s.n
	}
	return s.n
}

// origin is what the numbers of both sides are counted from.
type origin struct {
	iss, irs     header.Seq
	ours, theirs uint32 // the first timestamps
	oursKnown    bool
	theirsKnown  bool
}

func (s *segment) String() string {
	var b strings.Builder
	if b.WriteString(s.flags.String()); s.flags == 0 {
		b.WriteByte('-')
	}
	for f, name := range fieldNames {
		switch f := field(f); {
		case !s.written[f]:
		case f == fieldSACKOK && !s.none[f]:
			b.WriteString(" " + name)
		default:
			fmt.Fprintf(&b, " %s=%s", name, s.field(f))
		}
	}
	return b.String()
}

var tosNames = []string{"notect", "ect1", "ect0", "ce"} // the two lowest bits (RFC 3168 5)

// field is the text of a field's value.
func (s *segment) field(f field) string {
	switch {
	case f == fieldOptions && len(s.options) == 0, s.none[f], f.option() && !s.written[f]:
		return "none"
	case f == fieldOptions:
		return hex.EncodeToString(s.options)
	case f == fieldSACKOK:
		return "there"
	case f == fieldTS:
		return s.ts[0].String() + "/" + s.ts[1].String()
	case f == fieldSACK:
		var list []string
		for _, b := range s.sack {
			list = append(list, fmt.Sprintf("%d-%d", int32(b.Left), int32(b.Right)))
		}
		return strings.Join(list, ",")
	case f == fieldTOS && s.value[f] < uint32(len(tosNames)):
		return tosNames[s.value[f]]
	case f == fieldTOS:
		return fmt.Sprintf("%#x", s.value[f])
	case s.absolute[f]:
		return fmt.Sprintf("@%d", s.value[f])
	case f == fieldSeq || f == fieldAck:
		return fmt.Sprint(int32(s.value[f])) // what lies before the initial sequence number is negative
	}
	return fmt.Sprint(s.value[f])
}

func (s *segment) put(f field, v uint32) { s.value[f], s.written[f] = v, true }

// heard makes a segment that the stack sent readable.
func heard(from *tcp.Segment, o *origin) segment {
	s := readable(&from.Header, from.Len(), o.iss, o.irs)
	if from.TOS != 0 {
		s.put(fieldTOS, uint32(from.TOS))
	}
	if s.written[fieldTS] {
		if !o.oursKnown {
			o.ours, o.oursKnown = s.ts[0].n, true
		}
		s.ts[0] = stamp{stampSince, s.ts[0].n - o.ours}
	}
	return s
}

// readable makes a segment of one side readable: own and other are the initial sequence numbers, its and the other side's.
func readable(h *header.TCP, length int, own, other header.Seq) segment {
	s := segment{flags: h.Flags, options: append([]byte(nil), h.Options...)}
	s.put(fieldSeq, uint32(h.Seq-own))
	if h.Flags.Has(header.RST|header.ACK) && h.Seq == 0 { // an answer of no connection: nothing it could count from
		s.value[fieldSeq], s.absolute[fieldSeq] = 0, true
	}
	if h.Flags.Has(header.ACK) {
		s.put(fieldAck, uint32(h.Ack-other))
	}
	s.put(fieldWin, uint32(h.Window))
	s.put(fieldLen, uint32(length))
	if h.Flags.Has(header.URG) {
		s.put(fieldUrg, uint32(h.Urgent))
	}
	if mss, ok := header.MSS(h.Options); ok {
		s.put(fieldMSS, uint32(mss))
	}
	s.written[fieldSACKOK] = header.SACKPermitted(h.Options)
	if ts, ok := header.ParseTimestamps(h.Options); ok {
		s.written[fieldTS] = true
		s.ts = [2]stamp{{n: ts.Value}, {n: ts.Echo}}
	}
	if shift, ok := header.WindowScale(h.Options); ok {
		s.put(fieldScale, uint32(shift))
	}
	var blocks [header.SACKBlocks]header.Block
	for _, b := range blocks[:header.ParseSACK(h.Options, &blocks)] {
		s.sack = append(s.sack, header.Block{Left: b.Left - other, Right: b.Right - other})
		s.written[fieldSACK] = true
	}
	s.written[fieldOptions] = s.strange()
	return s
}

// strange says whether there are options that the other fields do not tell.
func (s *segment) strange() bool {
	kind, _, rest, ok, bad := header.NextOption(s.options)
	for ; ok; kind, _, rest, ok, bad = header.NextOption(rest) {
		known := false
		for f, k := range optionKinds {
			known = known || k == kind && s.written[f]
		}
		if !known {
			return true
		}
	}
	return bad
}

var optionKinds = map[field]byte{
	fieldMSS: header.OptionMSS, fieldSACKOK: header.OptionSACKPermitted, fieldTS: header.OptionTimestamps,
	fieldScale: header.OptionWindowScale, fieldSACK: header.OptionSACK,
}

// dressed returns the options that the fields say, in the order in which Linux writes them. The SACK blocks count from base.
func (s *segment) dressed(ts header.Timestamps, base header.Seq) (b []byte) {
	there := func(f field) bool { return s.written[f] && !s.none[f] }
	if there(fieldMSS) {
		b = header.AppendMSS(b, uint16(s.value[fieldMSS]))
	}
	if there(fieldSACKOK) {
		b = header.AppendSACKPermitted(b)
	}
	if there(fieldTS) {
		b = header.AppendTimestamps(b, ts)
	}
	if there(fieldScale) {
		b = header.AppendWindowScale(b, uint8(s.value[fieldScale]))
	}
	if there(fieldSACK) {
		blocks := make([]header.Block, len(s.sack))
		for i, r := range s.sack {
			blocks[i] = header.Block{Left: r.Left + base, Right: r.Right + base}
		}
		b = header.AppendSACK(b, blocks)
	}
	return b
}

// differs names the fields in which got is not what the script wants, one "field: want, got" an entry.
func (s *segment) differs(got *segment, strict bool, o *origin) (list []string) {
	if s.flags != got.flags {
		want, came := segment{flags: s.flags}, segment{flags: got.flags}
		list = append(list, fmt.Sprintf("flags: %s expected, %s came", want.String(), came.String()))
	}
	for f := fieldSeq; f < fieldOptions; f++ {
		if !s.written[f] && f != fieldLen && !(strict && (f.option() && !s.written[fieldOptions] || f == fieldTOS)) {
			continue
		}
		if s.same(got, f, o) {
			continue
		}
		came := got.field(f)
		if (f == fieldAck || f == fieldUrg) && !got.written[f] {
			came = "none"
		}
		list = append(list, fmt.Sprintf("%s: %s expected, %s came", fieldNames[f], s.field(f), came))
	}
	switch {
	case s.written[fieldOptions]:
		if string(s.options) != string(got.options) {
			list = append(list, fmt.Sprintf("options: %s expected, %s came", s.field(fieldOptions), hexOrNone(got.options)))
		}
	case strict && got.written[fieldOptions]:
		list = append(list, "options: none more expected, "+hexOrNone(got.options)+" came")
	}
	return list
}

func hexOrNone(b []byte) string {
	if len(b) == 0 {
		return "none"
	}
	return hex.EncodeToString(b)
}

// same compares one field. What is not written of an option is that there is none.
func (s *segment) same(got *segment, f field, o *origin) bool {
	want, there := s.written[f] && !s.none[f], got.written[f]
	switch f {
	case fieldLen, fieldTOS: // 0 unless written
		return s.value[f] == got.value[f]
	case fieldSACKOK:
		return want == there
	case fieldTS:
		if !want || !there {
			return want == there
		}
		return s.ts[0].matches(got.ts[0], o.ours) && s.ts[1].matches(got.ts[1], o.theirs)
	case fieldSACK:
		return s.field(f) == got.field(f)
	}
	return want == there && s.place(f, o) == got.place(f, o)
}

func (s stamp) matches(got stamp, first uint32) bool {
	return s.kind == stampAny || s.at(first) == got.at(first)
}

// place is a field's value as it stands in the header.
func (s *segment) place(f field, o *origin) uint32 {
	v := s.value[f]
	switch {
	case s.absolute[f]:
	case f == fieldSeq:
		v += uint32(o.iss)
	case f == fieldAck:
		v += uint32(o.irs)
	}
	return v
}
