//go:build !before4

package script

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

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
	if s.written[fieldMSS] && s.written[fieldOptions] && l.verb == verbArrive {
		p.fail(w[0], "mss and options both say what the options are: write one of them")
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
	if !ok || i < 0 {
		p.fail(w, "%q is no field: write one of %s, then = and its value", w.text, strings.Join(fieldNames[:], ", "))
	}
	f, value := field(i), word{text, w.col + len(name) + 1}
	if s.written[f] {
		p.fail(w, "%s is written twice", name)
	}
	s.written[f] = true
	switch f {
	case fieldSeq, fieldAck:
		if s.absolute[f] = strings.HasPrefix(text, "@"); s.absolute[f] {
			s.value[f] = uint32(p.unsigned(word{text[1:], value.col + 1}, 1<<32-1))
			return
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= -1<<32 || n >= 1<<32 {
			p.fail(value, "%q is no sequence number: write one relative to the initial one, 1 or -5, or an absolute one, @0", text)
		}
		s.value[f] = uint32(n)
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

// calls are the application's calls, and the chapter that brings each.
var calls = map[string]int{
	"open": 4, "listen": 4, "abort": 4, "write": 5, "nodelay": 5, "delay": 5, "close": 6, "deafen": 6,
}

func (p *parser) call(l *line, w []word) {
	l.verb = verbCall
	if len(w) < 2 {
		p.fail(word{"", w[0].col + 4}, "which call? open, listen, write 100, close, abort, deafen, nodelay or delay")
	}
	l.call = w[1].text
	switch {
	case calls[l.call] == 0:
		p.fail(w[1], "there is no call %q: open, listen, write, close, abort, deafen, nodelay or delay; read stands without call", l.call)
	case l.call != "write":
		p.exactly(w, 2, "call "+l.call+" stands alone")
		return
	case len(w) < 3:
		p.fail(word{"", w[1].col + 5}, "how many bytes? call write 100")
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
