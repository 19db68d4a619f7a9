//go:build !before4

package script

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/tsunagu/tsunagu/stack/header"
)

// segment reads what we send or what arrives: flags, then fields.
func (p *parser) segment(l *line, w []word) {
	l.verb = verbSend
	if w[0].text == "<" {
		l.verb = verbArrive
	}
	if len(w) < 2 {
		p.fail(word{"", w[0].col + 1}, "a segment has flags: > SYN,ACK; write - when it has none")
	}
	s := &l.segment
	s.flags = p.flags(w[1])
	for _, f := range w[2:] {
		p.field(s, f)
	}
	for f := fieldMSS; f < fieldOptions && l.verb == verbArrive; f++ {
		if s.written[f] && s.written[fieldOptions] {
			p.fail(w[0], "%s and options both say what the options are: write one of them", fieldNames[f])
		}
	}
	if l.verb == verbArrive {
		if s.written[fieldTS] && !s.none[fieldTS] && s.ts[0].kind == stampAny {
			p.fail(w[0], "what arrives has a timestamp: write ts=700, or ts=+10 for 10 more than the peer's first")
		}
		if n := len(s.dressed(header.Timestamps{}, 0)); n > 40 {
			p.fail(w[0], "%d bytes of options do not fit into a header, which has room for 40", n)
		}
	}
	if p.current.strict && l.verb == verbSend {
		for _, f := range []field{fieldSeq, fieldAck, fieldWin} {
			if !s.written[f] && (f != fieldAck || s.flags.Has(header.ACK)) {
				p.fail(w[0], "under strict all fields have to be written: %s is missing", fieldNames[f])
			}
		}
	}
}

var flagNames = []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}

func (p *parser) flags(w word) (flags header.Flags) {
	if w.text == "-" {
		return 0
	}
	col := w.col
	for _, name := range strings.Split(w.text, ",") {
		i := slices.Index(flagNames, name)
		if i < 0 {
			p.fail(word{name, col}, "%q is no flag: write some of %s with commas between them, or - for none", name, strings.Join(flagNames, ", "))
		}
		flags |= 1 << i
		col += len(name) + 1
	}
	return flags
}

func (p *parser) field(s *segment, w word) {
	name, text, ok := strings.Cut(w.text, "=")
	i := slices.Index(fieldNames[:], name)
	if i < 0 || !ok && field(i) != fieldSACKOK {
		p.fail(w, "%q is no field: write one of %s, then = and its value", w.text, strings.Join(fieldNames[:], ", "))
	}
	f, value := field(i), word{text, w.col + len(name) + 1}
	if s.written[f] {
		p.fail(w, "%s is written twice", name)
	}
	s.written[f] = true
	if s.none[f] = f.option() && text == "none"; s.none[f] {
		return
	}
	switch f {
	case fieldSeq, fieldAck:
		if s.absolute[f] = strings.HasPrefix(text, "@"); s.absolute[f] {
			s.value[f] = uint32(p.unsigned(word{text[1:], value.col + 1}, 1<<32-1))
			return
		}
		s.value[f] = p.place(value)
	case fieldSACKOK:
		if ok {
			p.fail(value, "sackok has no value: write sackok, or sackok=none")
		}
	case fieldTS:
		p.stamps(s, value)
	case fieldScale:
		s.value[f] = uint32(p.unsigned(value, 255))
	case fieldSACK:
		p.blocks(s, value)
	case fieldTOS:
		if n := slices.Index(tosNames, text); n >= 0 {
			s.value[f] = uint32(n)
			return
		}
		s.value[f] = uint32(p.octet(value))
	case fieldOptions:
		if text == "none" {
			return
		}
		b, err := hex.DecodeString(text)
		if err != nil || len(b)%4 != 0 || len(b) > 40 {
			p.fail(value, "%q are no options: write up to 40 bytes in hexadecimal, a multiple of 4 of them, or none", text)
		}
		s.options = b
	default:
		s.value[f] = uint32(p.unsigned(value, 65535))
	}
}

// place reads a sequence number relative to the initial one.
func (p *parser) place(w word) uint32 {
	n, err := strconv.ParseInt(w.text, 10, 64)
	if err != nil || n <= -1<<32 || n >= 1<<32 {
		p.fail(w, "%q is no sequence number: write one relative to the initial one, 1 or -5, or an absolute one, @0", w.text)
	}
	return uint32(n)
}

// octet is a byte, decimal or, behind 0x, hexadecimal.
func (p *parser) octet(w word) uint8 {
	n, err := strconv.ParseUint(w.text, 0, 8)
	if err != nil {
		p.fail(w, "%q is no type of service: write a byte, 16 or 0x10, or one of %s", w.text, strings.Join(tosNames, ", "))
	}
	return uint8(n)
}

// stamps reads a value and an echo. Without an echo any will do; in what arrives it is the newest that we have sent.
func (p *parser) stamps(s *segment, w word) {
	value, echo, two := strings.Cut(w.text, "/")
	s.ts[0], s.ts[1] = p.stamp(word{value, w.col}), stamp{kind: stampAny}
	if two {
		s.ts[1] = p.stamp(word{echo, w.col + len(value) + 1})
	}
}

func (p *parser) stamp(w word) (s stamp) {
	if w.text == "any" {
		return stamp{kind: stampAny}
	}
	digits, since := strings.CutPrefix(w.text, "+")
	if since {
		s.kind = stampSince
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		p.fail(w, "%q is no timestamp: write 700, or +10 for 10 more than the first of that side, or any", w.text)
	}
	s.n = uint32(n)
	return s
}

// blocks reads what a SACK option says: 100-200,300-400.
func (p *parser) blocks(s *segment, w word) {
	col := w.col
	for text := range strings.SplitSeq(w.text, ",") {
		cut := strings.Index(text[min(1, len(text)):], "-") + 1 // a number may begin with a minus
		if cut < 1 {
			p.fail(word{text, col}, "%q is no block: write 100-200, from the first byte to the one behind the last", text)
		}
		left, right := word{text[:cut], col}, word{text[cut+1:], col + cut + 1}
		s.sack = append(s.sack, header.Block{Left: header.Seq(p.place(left)), Right: header.Seq(p.place(right))})
		col += len(text) + 1
	}
	if len(s.sack) > header.SACKBlocks {
		p.fail(w, "%d blocks are too many: a SACK option has room for %d", len(s.sack), header.SACKBlocks)
	}
}

// calls are the application's calls, and the chapter that brings each.
var calls = map[string]int{
	"open": 4, "listen": 4, "abort": 4, "write": 5, "nodelay": 5, "delay": 5, "urgent": 5, "close": 6, "deafen": 6,
	"keepalive": 6, "usertimeout": 6, "tos": 9, "cookies": 10,
}

const callNames = "open, listen, write, urgent, close, abort, deafen, nodelay, delay, keepalive, usertimeout, tos or cookies"

func (p *parser) call(l *line, w []word) {
	l.verb = verbCall
	if len(w) < 2 {
		p.fail(word{"", w[0].col + 4}, "which call? open, listen, write 100, close, abort, deafen, nodelay or delay")
	}
	l.call = w[1].text
	switch {
	case calls[l.call] == 0:
		p.fail(w[1], "there is no call %q: %s; read stands without call", l.call, callNames)
	case l.call == "keepalive" || l.call == "usertimeout":
		p.exactly(w, 3, "write call "+l.call+" and how many seconds; 0: as if never called")
		l.span = p.seconds(w[2])
		return
	case l.call == "tos":
		p.exactly(w, 3, "write call tos and a byte, 0x10")
		l.n = int(p.octet(w[2]))
		return
	case l.call != "write" && l.call != "urgent":
		p.exactly(w, 2, "call "+l.call+" stands alone")
		return
	case len(w) < 3:
		p.fail(word{"", w[1].col + len(l.call)}, "how many bytes? call %s 100", l.call)
	}
	l.n = int(p.unsigned(w[2], maxBytes))
	l.result = l.n
	if len(w) > 3 {
		const what = "write call write 100 = 60 when there is room for 60, or = EPIPE when there is an error"
		if w[3].text != "=" {
			p.fail(w[3], "%q is too much: %s", w[3].text, what)
		}
		p.exactly(w, 5, what)
		if w[4].text[0] >= '0' && w[4].text[0] <= '9' {
			l.result = int(p.unsigned(w[4], uint64(l.n)))
		} else {
			l.result, l.err = 0, p.errorName(w[4], "")
		}
	}
}

func (p *parser) read(l *line, w []word) {
	l.verb = verbRead
	p.exactly(w, 2, "write read and how many bytes, nothing, EOF or an error")
	if c := w[1].text[0]; c >= '0' && c <= '9' {
		l.n = int(p.between(w[1], 1, maxBytes))
		return
	}
	if l.err = w[1].text; l.err != "nothing" {
		l.err = p.errorName(w[1], "EOF")
	}
}

// errorName is the name of an error, or the one other word that does too.
func (p *parser) errorName(w word, other string) string {
	if w.text != other && errno[w.text] == 0 {
		p.fail(w, "%q is no error that a connection can end with: write its name, as ECONNRESET", w.text)
	}
	return w.text
}

// icmpKinds are the reports that the network can make of a segment that did not arrive: what the connection is told, as
// package stack translates it.
var icmpKinds = map[string]struct {
	reason syscall.Errno
	final  bool
}{
	"net": {syscall.ENETUNREACH, false}, "host": {syscall.EHOSTUNREACH, false}, "protocol": {syscall.ENOPROTOOPT, true},
	"port": {syscall.ECONNREFUSED, true}, "time": {syscall.EHOSTUNREACH, false}, "parameter": {syscall.EPROTO, false},
	"toobig": {syscall.EMSGSIZE, false},
}

// icmp reads what the network tells of a segment: icmp unreachable host seq=1, icmp toobig 1300 seq=1.
func (p *parser) icmp(l *line, w []word) {
	l.verb = verbICMP
	const what = "write icmp unreachable net, host, protocol or port, icmp time exceeded, icmp parameter problem or icmp toobig 1300, then seq= of the segment"
	p.exactly(w, 4, what)
	l.call = w[2].text
	switch first := w[1].text; {
	case first == "unreachable" && slices.Contains([]string{"net", "host", "protocol", "port"}, l.call):
	case first == "time" && l.call == "exceeded", first == "parameter" && l.call == "problem":
		l.call = first
	case first == "toobig":
		l.call, l.n = first, int(p.unsigned(w[2], 65535))
	default:
		p.fail(w[1], "%q is no report that is made of a segment: %s", first+" "+l.call, what)
	}
	if p.field(&l.segment, w[3]); !l.segment.written[fieldSeq] {
		p.fail(w[3], "a report is about a segment: %s", what)
	}
}
