package terminal

import (
	"go/scanner"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token kinds are told apart by role only: a token is a stretch of source, from start to end, that has one.
type stretch struct {
	start, end int
	role       role
}

// colourGo finds what to colour in Go source, which may be unfinished or wrong.
func colourGo(src string) []stretch {
	var list []stretch
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(src))
	s.Init(file, []byte(src), func(token.Position, string) {}, scanner.ScanComments)
	afterDot := false
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return list
		}
		start := file.Offset(pos)
		r, n := rolePlain, len(lit)
		switch {
		case tok == token.COMMENT:
			r = roleComment
			n = commentLength(src[start:]) // a literal comes without its \r
		case tok == token.STRING || tok == token.CHAR:
			r = roleString
		case tok.IsLiteral() && tok != token.IDENT:
			r = roleNumber
		case tok.IsKeyword():
			r = roleKeyword
		case tok == token.IDENT && afterDot && exported(lit):
			r = roleName
		}
		afterDot = tok == token.PERIOD
		if end := min(start+n, len(src)); r != rolePlain && end > start {
			list = append(list, stretch{start, end, r})
		}
	}
}

func exported(name string) bool {
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(r)
}

func commentLength(s string) int {
	if strings.HasPrefix(s, "//") {
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return i
		}
	} else if i := strings.Index(s, "*/"); i >= 0 {
		return i + 2
	}
	return len(s)
}

// goLines returns Go source as coloured lines, tabs as four columns.
func goLines(src string) []line {
	src = strings.TrimRight(src, "\n")
	lines := []line{nil}
	put := func(s string, r role) {
		for i, part := range strings.Split(s, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			if part != "" {
				last := &lines[len(lines)-1]
				*last = last.with(strings.ReplaceAll(part, "\t", "    "), r)
			}
		}
	}
	at := 0
	for _, s := range colourGo(src) {
		put(src[at:s.start], rolePlain)
		put(src[s.start:s.end], s.role)
		at = s.end
	}
	put(src[at:], rolePlain)
	return lines
}
