package terminal

import (
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// transcript shows what a cell yields, as it comes.
type transcript struct {
	page
	print  func(...line)
	source []string // the cell's lines
	open   string   // text without its newline yet
	blank  bool     // a blank line has been put before the output
	failed bool     // an error has been shown
	shown  bool     // anything has been shown
	quiet  bool     // only what is printed is shown
}

func newTranscript(p page, print func(...line), src string) *transcript {
	return &transcript{page: p, print: print, source: strings.Split(src, "\n")}
}

func (w *Walk) transcript(src string) *transcript {
	t := newTranscript(w.page(), w.s.print, src)
	t.blank = w.edit != nil // the reader's own Enter has set the output apart
	return t
}

// message shows one message.
func (t *transcript) message(m session.Message) {
	if m.Kind == session.Text {
		t.open += m.Text
		if i := strings.LastIndexByte(t.open, '\n'); i >= 0 {
			t.put(t.output(t.open[:i], rolePlain))
			t.open = t.open[i+1:]
		}
		return
	}
	t.flush()
	if t.quiet {
		return
	}
	switch m.Kind {
	case session.Picture, session.Value:
		t.put(t.output(m.Text, rolePlain))
	case session.Error:
		t.failed = true
		if m.Code != string(session.Interrupted) { // whoever pressed Ctrl-C knows
			t.put(t.trouble(m))
		}
	case session.Note:
		t.put(t.note(t.m.Session(m.Code, m.Text)))
	}
}

// end shows what is left, and the error unless it has been told by a message.
func (t *transcript) end(err error) {
	t.flush()
	if err != nil && !t.failed && !t.quiet {
		t.put(t.output(err.Error(), roleError))
	}
}

func (t *transcript) flush() {
	if t.open != "" {
		t.put(t.output(t.open, rolePlain))
		t.open = ""
	}
}

func (t *transcript) put(lines []line) {
	t.shown = true
	if !t.blank {
		t.blank = true
		t.print(nil)
	}
	t.print(lines...)
}

// trouble shows an error below the line it is about.
func (t *transcript) trouble(m session.Message) []line {
	said := t.m.Session(m.Code, m.Text)
	if m.Line < 1 || m.Line > len(t.source) || m.Col < 1 {
		if m.Line > 0 {
			said = t.m.T(msg.ErrorLine, m.Line, said)
		}
		return t.complaint(said)
	}
	src := t.source[m.Line-1]
	before := strings.ReplaceAll(src[:min(m.Col-1, len(src))], "\t", "    ")
	lines := t.output(strings.ReplaceAll(src, "\t", "    "), rolePlain)
	if len(t.source) > 2 || len(t.source) == 2 && t.source[1] != "" {
		said = t.m.T(msg.ErrorAt, m.Line, m.Col, said)
	}
	caret := strings.Repeat(" ", width(before)) + "^"
	if !strings.Contains(said, "\n") && width(caret)+1+width(said) <= t.room() {
		return append(lines, t.output(caret+" "+said, roleError)...)
	}
	return slices.Concat(lines, t.output(caret, roleError), t.complaint(said))
}

// room is how wide a line of output may be before the terminal breaks it.
func (t *transcript) room() int { return t.width - t.margin() - 2 }

// complaint lays out what is wrong, its lines broken where they are too long.
func (t *transcript) complaint(said string) []line {
	var lines []string
	for s := range strings.SplitSeq(said, "\n") {
		if strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\t") {
			lines = append(lines, s)
			continue
		}
		for _, l := range wrap(text(s), t.room()) {
			lines = append(lines, l.String())
		}
	}
	return t.output(strings.Join(lines, "\n"), roleError)
}

// completion turns what the session found into candidates for src[from:pos], where offset bytes stand before what the
// session was asked about.
func completion(c session.Completion, offset, pos int) (from int, candidates []string) {
	from = c.From + offset
	if from > pos || c.To+offset < pos {
		return pos, nil
	}
	for _, i := range c.Items {
		candidates = append(candidates, i.Label)
	}
	return from, candidates
}
