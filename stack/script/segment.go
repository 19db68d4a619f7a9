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
	fieldMSS
	fieldUrg
	fieldOptions
	fields
)

var fieldNames = [fields]string{"seq", "ack", "win", "len", "mss", "urg", "options"}

// segment is a segment as a script writes it.
type segment struct {
	flags    header.Flags
	value    [fields]uint32 // sequence numbers relative to the initial one, unless absolute
	written  [fields]bool
	absolute [fields]bool // seq, ack
	options  []byte
}

func (s *segment) String() string {
	var b strings.Builder
	if b.WriteString(s.flags.String()); s.flags == 0 {
		b.WriteByte('-')
	}
	for f, name := range fieldNames {
		if s.written[f] {
			fmt.Fprintf(&b, " %s=%s", name, s.field(field(f)))
		}
	}
	return b.String()
}

// field is the text of a field's value.
func (s *segment) field(f field) string {
	switch {
	case f == fieldOptions && len(s.options) == 0:
		return "none"
	case f == fieldOptions:
		return hex.EncodeToString(s.options)
	case f == fieldMSS && !s.written[f]:
		return "none"
	case s.absolute[f]:
		return fmt.Sprintf("@%d", s.value[f])
	case f == fieldSeq || f == fieldAck:
		return fmt.Sprint(int32(s.value[f])) // what lies before the initial sequence number is negative
	}
	return fmt.Sprint(s.value[f])
}

func (s *segment) put(f field, v uint32) { s.value[f], s.written[f] = v, true }

// heard makes a segment that the stack sent readable.
func heard(from *tcp.Segment, iss, irs header.Seq) segment {
	h := &from.Header
	s := segment{flags: h.Flags, options: append([]byte(nil), h.Options...)}
	s.put(fieldSeq, uint32(h.Seq-iss))
	if h.Flags.Has(header.RST|header.ACK) && h.Seq == 0 { // an answer of no connection: nothing it could count from
		s.value[fieldSeq], s.absolute[fieldSeq] = 0, true
	}
	if h.Flags.Has(header.ACK) {
		s.put(fieldAck, uint32(h.Ack-irs))
	}
	s.put(fieldWin, uint32(h.Window))
	s.put(fieldLen, uint32(from.Len()))
	if mss, ok := header.MSS(h.Options); ok {
		s.put(fieldMSS, uint32(mss))
	}
	if h.Flags.Has(header.URG) {
		s.put(fieldUrg, uint32(h.Urgent))
	}
	if !s.written[fieldMSS] || len(h.Options) > 4 {
		s.written[fieldOptions] = len(h.Options) > 0
	}
	return s
}

// differs names the fields in which got is not what the script wants, one "field: want, got" an entry.
func (s *segment) differs(got *segment, strict bool, iss, irs header.Seq) (list []string) {
	add := func(name string, want, got any) {
		list = append(list, fmt.Sprintf("%s: %v expected, %v came", name, want, got))
	}
	if s.flags != got.flags {
		want, came := segment{flags: s.flags}, segment{flags: got.flags}
		add("flags", want.String(), came.String())
	}
	for f := fieldSeq; f < fieldOptions; f++ {
		if !s.written[f] && f != fieldLen && !(strict && f == fieldMSS) {
			continue
		}
		if s.written[f] == got.written[f] && s.place(f, iss, irs) == got.place(f, iss, irs) {
			continue
		}
		if f == fieldLen && s.value[f] == got.value[f] {
			continue
		}
		if f == fieldAck && !got.written[f] {
			add("ack", s.field(f), "none")
			continue
		}
		add(fieldNames[f], s.field(f), got.field(f))
	}
	switch {
	case s.written[fieldOptions]:
		if string(s.options) != string(got.options) {
			add("options", s.field(fieldOptions), got.field(fieldOptions))
		}
	case strict && (len(got.options) > 4 || !s.written[fieldMSS] && len(got.options) > 0):
		add("options", "none more", got.field(fieldOptions))
	}
	return list
}

// place is a field's value as it stands in the header.
func (s *segment) place(f field, iss, irs header.Seq) uint32 {
	v := s.value[f]
	switch {
	case s.absolute[f]:
	case f == fieldSeq:
		v += uint32(iss)
	case f == fieldAck:
		v += uint32(irs)
	}
	return v
}

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
