//go:build !before4

package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// SyntaxError is a script that cannot be read: where, why, and what to do.
type SyntaxError struct {
	File      string
	Line, Col int
	Text      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Text)
}

// Parse reads a file of conversations; file is its name, for messages. A table's cases are a script each.
func Parse(file, src string) (scripts []*Script, err error) {
	p := &parser{file: file}
	defer func() {
		if e, ok := recover().(*SyntaxError); ok {
			scripts, err = nil, e
		} else if e != nil {
			panic(e)
		}
	}()
	for i, text := range strings.Split(src, "\n") {
		p.number = i + 1
		p.line(strings.TrimSuffix(text, "\r"))
	}
	p.finish()
	return p.scripts, nil
}

type parser struct {
	file    string
	number  int // of the line that is being read
	scripts []*Script

	head    Script  // what the file's head says
	current *Script // nil in the head
	began   bool    // the conversation's first line has been read
	cases   int
}

// word is a word and where it begins.
type word struct {
	text string
	col  int
}

func (p *parser) fail(at word, format string, args ...any) {
	panic(&SyntaxError{p.file, p.number, at.col, fmt.Sprintf(format, args...)})
}

// words cuts a line, or a part of one that begins at column col.
func words(text string, col int) (list []word) {
	for i := 0; i < len(text); {
		if text[i] == ' ' || text[i] == '\t' {
			i++
			continue
		}
		end := i
		for end < len(text) && text[end] != ' ' && text[end] != '\t' {
			end++
		}
		list = append(list, word{text[i:end], col + i})
		i = end
	}
	return list
}

func (p *parser) line(text string) {
	text, _, _ = strings.Cut(text, "#")
	w := words(text, 1)
	if len(w) == 0 {
		return
	}
	switch first := w[0]; {
	case first.text == "==":
		p.finish()
		s := p.head
		s.File, s.Line, s.Name = p.file, p.number, strings.TrimSpace(text[first.col+1:])
		if s.Name == "" {
			p.fail(first, "a conversation needs a name: == what it shows")
		}
		s.set = settings{iss: 1000, irs: 50000, mtu: 1500, backlog: 1}
		p.current, p.began, p.cases = &s, false, 0
	case first.text == "chapters":
		p.chapters(w)
	case p.current == nil:
		p.fail(first, "%q stands before the first conversation: begin one with == and its name", first.text)
	case first.text == "strict":
		p.settled(first)
		p.exactly(w, 1, "strict stands alone")
		p.current.strict = true
	case first.text == "set":
		p.settled(first)
		p.setting(w)
	case first.text == "case":
		p.table(text)
	case p.cases > 0:
		p.fail(first, "this stands behind a case: lines that all cases share stand above the first")
	default:
		p.began = true
		p.current.lines = append(p.current.lines, p.statement(w, strings.TrimSpace(text)))
	}
}

// finish ends the conversation that is being read.
func (p *parser) finish() {
	if p.current != nil && p.cases == 0 {
		p.scripts = append(p.scripts, p.current)
	}
}

// settled checks that the conversation has not begun.
func (p *parser) settled(at word) {
	if p.began || p.cases > 0 {
		p.fail(at, "%s stands before the conversation's first line", at.text)
	}
}

func (p *parser) exactly(w []word, n int, what string) {
	if len(w) > n {
		p.fail(w[n], "%q is too much: %s", w[n].text, what)
	} else if len(w) < n {
		last := w[len(w)-1]
		p.fail(word{"", last.col + len(last.text)}, "something is missing: %s", what)
	}
}

func (p *parser) chapters(w []word) {
	const what = "write chapters 5-8, or chapters 5- for all from 5 on"
	p.exactly(w, 2, what)
	first, last, ok := strings.Cut(w[1].text, "-")
	s := p.current
	if s == nil {
		s = &p.head
	} else {
		p.settled(w[0])
	}
	s.First, s.Last = p.small(word{first, w[1].col}, what), 0
	if !ok {
		s.Last = s.First
	} else if last != "" {
		s.Last = p.small(word{last, w[1].col + len(first) + 1}, what)
	}
	if s.First == 0 || ok && last != "" && s.Last < s.First {
		p.fail(w[1], "no span of chapters: %s", what)
	}
}

func (p *parser) setting(w []word) {
	p.exactly(w, 3, "write set, a name and a number")
	set := &p.current.set
	switch w[1].text {
	case "options":
		p.options(w[2], &set.options)
		return
	case "wake":
		if set.wake = true; w[2].text != "written" {
			p.fail(w[2], "write set wake written: timers go off at the lines that say wake, and nowhere else")
		}
		return
	}
	n := p.unsigned(w[2], 1<<32-1)
	switch w[1].text {
	case "iss":
		set.iss = header.Seq(n)
	case "irs":
		set.irs = header.Seq(n)
	case "mtu":
		set.mtu = int(p.between(w[2], 68, 65535))
	case "buffer":
		set.buffer = int(p.between(w[2], 1, maxBytes))
	case "sendbuffer":
		set.sendBuffer = int(p.between(w[2], 1, maxBytes))
	case "backlog":
		set.backlog = int(p.between(w[2], 0, 1000))
	case "segment":
		set.segmentMax = int(p.between(w[2], 0, 65535))
	default:
		p.fail(w[1], "there is no setting %q: iss, irs, mtu, buffer, sendbuffer, backlog, segment, options or wake", w[1].text)
	}
}

// options reads what our side offers or accepts.
func (p *parser) options(w word, o *options) {
	col := w.col
	for name := range strings.SplitSeq(w.text, ",") {
		switch name {
		case "wscale":
			o.scale = true
		case "sack":
			o.sack = true
		case "ts":
			o.timestamps = true
		case "quickack":
			o.quick = true
		case "grow":
			o.grow = true
		case "ecn":
			o.ecn = tcp.ECNRequest
		case "noecn":
			o.ecn = tcp.ECNOff
		default:
			p.fail(word{name, col}, "there is no option %q to be agreed on: wscale, sack, ts, quickack, grow, ecn or noecn", name)
		}
		col += len(name) + 1
	}
}

// maxBytes bounds what one line can have written or read.
const maxBytes = 1 << 22

// table makes a script of a case: the lines above, and its own.
func (p *parser) table(text string) {
	parts := strings.Split(text, "|")
	if len(parts) < 2 {
		p.fail(words(text, 1)[0], "a case has parts: case what it shows | < SYN seq=9 | > ACK")
	}
	s := *p.current
	s.Line = p.number
	s.Name += ": " + strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(parts[0]), "case"))
	s.lines = append([]line(nil), s.lines...)
	col := 1 + len(parts[0]) + 1
	for _, part := range parts[1:] {
		w := words(part, col)
		if len(w) == 0 {
			p.fail(word{"", col}, "an empty part: take the | away")
		}
		s.lines = append(s.lines, p.statement(w, strings.TrimSpace(part)))
		col += len(part) + 1
	}
	p.cases++
	p.scripts = append(p.scripts, &s)
}

// statement reads one line: its time, and what happens.
func (p *parser) statement(w []word, text string) line {
	l := line{number: p.number, col: w[0].col, text: text}
	l.from = moment{relative: true}
	timed := w[0].text[0] == '+' || w[0].text[0] >= '0' && w[0].text[0] <= '9'
	if timed {
		l.from = p.moment(w[0], &l.to)
		if w = w[1:]; len(w) == 0 {
			p.fail(word{"", l.col}, "only a time: say what happens, or nothing")
		}
	} else {
		l.to = l.from
	}
	if l.to != l.from && w[0].text != ">" {
		p.fail(word{"", l.col}, "only what we send (>) may come within a span of time")
	}
	if last := w[len(w)-1]; last.text == "&" {
		l.more = true
		if w = w[:len(w)-1]; len(w) == 0 || w[0].text == ">" {
			p.fail(last, "& stands behind what happens to the connection, when the next line is to happen before it sends anything")
		}
	}
	switch w[0].text {
	case ">", "<":
		p.segment(&l, w)
	case "call":
		p.call(&l, w)
	case "read":
		p.read(&l, w)
	case "is":
		l.verb = verbIs
		p.exactly(w, 2, "write is and a state")
		l.state = p.state(w[1])
	case "error":
		l.verb = verbError
		p.exactly(w, 2, "write error and its name, or error none")
		l.err = p.errorName(w[1], "none")
	case "deadline":
		l.verb = verbDeadline
		p.exactly(w, 2, "write deadline and a time, or deadline none")
		if l.err = w[1].text; l.err != "none" {
			var to moment
			if l.due = p.moment(w[1], &to); l.due != to {
				p.fail(w[1], "a deadline is one time, not a span")
			}
		}
	case "nothing":
		l.verb = verbNothing
		p.exactly(w, 1, "nothing stands alone behind its time")
	case "wake":
		l.verb = verbWake
		if p.exactly(w, 1, "wake stands alone behind its time"); !p.current.set.wake {
			p.fail(w[0], "the timers go off by themselves: set wake written stands before the first line when they are not to")
		}
	case "icmp":
		p.icmp(&l, w)
	case "count":
		l.verb = verbCount
		p.exactly(w, 3, "write count, a counter and its value: count FastRetransmits 1")
		l.call, l.n = w[1].text, int(p.unsigned(w[2], 1<<31))
		if _, ok := counter(l.call); !ok {
			p.fail(w[1], "there is no counter %q", l.call)
		}
	case "info":
		l.verb = verbInfo
		p.exactly(w, 3, "write info, what of it, and its value: info cwnd 14600")
		l.call, l.err = w[1].text, w[2].text
		if !slices.Contains(infoNames, l.call) {
			p.fail(w[1], "info tells nothing of %q: write one of %s", l.call, strings.Join(infoNames, ", "))
		}
	case "urgent":
		l.verb = verbUrgent
		p.exactly(w, 2, "write urgent and how many bytes are left to its end, or urgent none")
		if w[1].text != "none" {
			l.n = int(p.between(w[1], 1, maxBytes))
		}
	default:
		p.fail(w[0], "%q is nothing that can happen: >, <, call, read, is, error, deadline, icmp, count, info, urgent, wake or nothing", w[0].text)
	}
	return l
}

// moment reads a time, 1.5 or +1.5, or a span of it, +0~0.5, whose end goes to to.
func (p *parser) moment(w word, to *moment) (m moment) {
	from, end, span := strings.Cut(w.text, "~")
	m.relative = strings.HasPrefix(from, "+")
	m.at = p.seconds(word{strings.TrimPrefix(from, "+"), w.col})
	*to = m
	if span {
		to.at = p.seconds(word{strings.TrimPrefix(end, "+"), w.col + len(from) + 1})
		if to.at < m.at {
			p.fail(w, "the span %s ends before it begins", w.text)
		}
	}
	return m
}

// maxSeconds is longer than any timer.
const maxSeconds = 1_000_000

func (p *parser) seconds(w word) time.Duration {
	if strings.Trim(w.text, "0123456789.") == "" {
		if d, err := time.ParseDuration(w.text + "s"); err == nil && d <= maxSeconds*time.Second {
			return d
		}
	}
	p.fail(w, "%q is no time: write seconds, as 0.25, at most %d", w.text, maxSeconds)
	return 0
}

func (p *parser) state(w word) tcp.State {
	for s := tcp.Closed; s <= tcp.TimeWait; s++ {
		if s.String() == w.text {
			return s
		}
	}
	p.fail(w, "%q is no state: write it as RFC 9293 does, SYN-SENT or TIME-WAIT", w.text)
	return 0
}

// small is a small number.
func (p *parser) small(w word, what string) int {
	n, err := strconv.Atoi(w.text)
	if err != nil || n < 0 || n > 1000 {
		p.fail(w, "%q is no number: %s", w.text, what)
	}
	return n
}

func (p *parser) unsigned(w word, most uint64) uint64 { return p.between(w, 0, most) }

func (p *parser) between(w word, least, most uint64) uint64 {
	n, err := strconv.ParseUint(w.text, 10, 64)
	if err != nil || n < least || n > most {
		p.fail(w, "%q does not do here: write a number from %d to %d", w.text, least, most)
	}
	return n
}
