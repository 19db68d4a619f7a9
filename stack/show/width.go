package show

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// textWidth is how many columns s takes: East Asian wide characters two, what has no place of its own (accents that
// combine with the letter before them, joiners) none. Box drawing counts as one, as it does outside of old East Asian fonts.
func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r >= 0x1160 && r <= 0x11ff { // the latter: parts of Hangul syllables
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// pad fills s up with spaces to n columns, at its end or, to the right, at its beginning.
func pad(s string, n int, right bool) string {
	fill := strings.Repeat(" ", max(0, n-textWidth(s)))
	if right {
		return fill + s
	}
	return s + fill
}

// center puts s into the middle of n columns; the odd one goes to the end.
func center(s string, n int) string {
	left := max(0, n-textWidth(s)) / 2
	return pad(strings.Repeat(" ", left)+s, n, false)
}

// fit shortens s to n columns; an ellipsis stands for what is missing.
func fit(s string, n int) string {
	if textWidth(s) <= n {
		return s
	}
	var b strings.Builder
	used := 0
	for _, r := range s {
		if used += runeWidth(r); used > n-1 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// trimLines takes the spaces off the end of every line, and the empty lines off the end of the text.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
