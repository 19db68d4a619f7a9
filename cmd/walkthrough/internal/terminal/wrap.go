package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// width is how many columns s takes.
func width(s string) int { return uniseg.StringWidth(s) }

// cut returns the longest beginning of s that takes at most w columns, and the rest.
func cut(s string, w int) (head, tail string) {
	tail = s
	state := -1
	for tail != "" {
		cluster, rest, cw, next := uniseg.FirstGraphemeClusterInString(tail, state)
		if cw > w {
			break
		}
		w -= cw
		head += cluster
		tail, state = rest, next
	}
	return head, tail
}

// piece is text within which a line is not broken.
type piece struct {
	spans line
	width int  // without the blanks at its end
	blank int  // the width of the blanks at its end
	hard  bool // the line ends after it
}

// wrap breaks spans into lines of at most w columns where Unicode (UAX #14) allows: between words, and in Japanese
// between characters, but not before a closing mark, a small kana or a long vowel sign. A Korean word and a piece of code
// stay whole unless they are wider than the line.
func wrap(spans line, w int) []line {
	w = max(w, 2)
	var lines []line
	var current line
	used, pending := 0, 0
	flush := func() {
		lines = append(lines, trimRight(joinSpans(current)))
		current, used, pending = nil, 0, 0
	}
	for _, p := range pieces(spans) {
		if used > 0 && used+pending+p.width > w {
			flush()
		}
		for p.width > w {
			head, tail := cutLine(p.spans, w-used)
			if len(head) == 0 && used == 0 {
				break // one character wider than the line
			}
			current = append(current, head...)
			flush()
			p.spans, p.width = tail, trimRight(tail).width()
		}
		current = append(current, p.spans...)
		used += pending + p.width
		pending = p.blank
		if p.hard {
			flush()
		}
	}
	if len(current) > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

// pieces splits spans at every place where a line may or must end.
func pieces(spans line) []piece {
	var all strings.Builder
	var at []int // byte → index of its span
	for i, s := range spans {
		all.WriteString(s.text)
		for range len(s.text) {
			at = append(at, i)
		}
	}
	var list []piece
	var p piece
	rest, state, offset := all.String(), -1, 0
	for rest != "" {
		var cluster string
		var boundaries int
		cluster, rest, boundaries, state = uniseg.StepString(rest, state)
		s := spans[at[offset]]
		offset += len(cluster)
		if cluster == "\n" {
			p.hard = true
		} else {
			p.add(cluster, s.style)
		}
		if rest == "" || p.hard || mayBreak(boundaries, s, cluster, spans[at[offset]], rest) {
			list = append(list, p)
			p = piece{}
		}
	}
	return list
}

// mayBreak reports whether a line may end between a cluster and the rest of the text.
func mayBreak(boundaries int, s span, cluster string, next span, rest string) bool {
	code, nextCode := s.style.role == roleCode, next.style.role == roleCode
	switch {
	case code && nextCode || s.style.role == roleAddress && next.style.role == roleAddress:
		return false
	case nextCode && !code: // Unicode sees only that code may begin with a mark such as a colon
		if r, _ := utf8.DecodeLastRuneInString(cluster); r == ' ' || ideographic(r) && !strings.ContainsRune("「『(【〈《", r) {
			return true
		}
	}
	return boundaries&uniseg.MaskLine == uniseg.LineCanBreak && !withinWord(cluster, rest)
}

// add appends a cluster and keeps the widths.
func (p *piece) add(cluster string, s style) {
	if n := len(p.spans); n > 0 && p.spans[n-1].style == s {
		p.spans[n-1].text += cluster
	} else {
		p.spans = append(p.spans, span{cluster, s})
	}
	if cluster == " " {
		p.blank++
		return
	}
	p.width += p.blank + width(cluster)
	p.blank = 0
}

// withinWord reports a break opportunity inside a Korean word: Unicode allows it, readers of a screen prefer it not.
func withinWord(before, after string) bool {
	b, _ := utf8.DecodeLastRuneInString(before)
	a, _ := utf8.DecodeRuneInString(after)
	return unicode.Is(unicode.Hangul, a) && (unicode.Is(unicode.Hangul, b) || unicode.IsLetter(b) || unicode.IsDigit(b) || b == ')') &&
		!unicode.Is(unicode.Han, b) && !unicode.In(b, unicode.Hiragana, unicode.Katakana)
}

// joinSpans makes one span of neighbours in the same style.
func joinSpans(l line) line {
	var out line
	for _, s := range l {
		if n := len(out); n > 0 && out[n-1].style == s.style {
			out[n-1].text += s.text
		} else {
			out = append(out, s)
		}
	}
	return out
}

func cutLine(l line, w int) (head, tail line) {
	for i, s := range l {
		h, t := cut(s.text, w)
		if h != "" {
			head = append(head, span{h, s.style})
		}
		if t != "" {
			return head, append(line{{t, s.style}}, l[i+1:]...)
		}
		w -= width(h)
	}
	return head, nil
}

func trimRight(l line) line {
	for len(l) > 0 {
		last := &l[len(l)-1]
		if t := strings.TrimRight(last.text, " "); t != "" {
			if t != last.text {
				l = append(l[:len(l)-1:len(l)-1], span{t, last.style})
			}
			return l
		}
		l = l[:len(l)-1]
	}
	return l
}

// pad fills l with blanks up to w columns.
func pad(l line, w int) line {
	if n := w - l.width(); n > 0 {
		return append(l[:len(l):len(l)], span{text: strings.Repeat(" ", n)})
	}
	return l
}
