package cell

import (
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// A cell is a mixture of what Go keeps apart: imports, declarations and statements. It is taken apart here, by tokens.
// Nothing is moved: a unit is the cell's text with everything else blanked out, so that every position stays what it was.

type kind int

const (
	importKind    kind = iota
	declareKind        // types, constants, functions and methods: they see each other, whatever their order
	statementKind      // the rest, variables included: one after the other
	methodKind         // methods of types of earlier units
)

// segment is a declaration or a statement at the top level of a cell.
type segment struct {
	kind       kind
	start, end int      // offsets in the cell
	receiver   string   // of a method, its type
	types      []string // that it declares
}

// tok is a token at an offset.
type tok struct {
	pos int
	end int
	tok token.Token
	lit string
}

// scan returns the tokens of a text, with the semicolons that Go puts at the ends of lines, and the first error.
func scan(src string) ([]tok, *Error) {
	var s scanner.Scanner
	var first *Error
	fset := token.NewFileSet()
	f := fset.AddFile("", fset.Base(), len(src))
	s.Init(f, []byte(src), func(pos token.Position, msg string) {
		if first == nil {
			first = &Error{pos.Line, pos.Column, "syntax", msg}
		}
	}, 0)
	var toks []tok
	for {
		pos, t, lit := s.Scan()
		at := f.Offset(pos)
		if t == token.EOF {
			return toks, first
		}
		end := at + len(lit)
		if lit == "" || t == token.SEMICOLON {
			end = at + len(t.String())
			if t == token.SEMICOLON && lit == "\n" {
				end = at
			}
		}
		toks = append(toks, tok{at, end, t, lit})
	}
}

// split takes a cell apart.
func split(src string) ([]segment, *Error) {
	toks, err := scan(src)
	if err != nil {
		return nil, err
	}
	var segments []segment
	depth, first := 0, 0
	for i, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if depth--; depth < 0 {
				return nil, at(src, t.pos, "syntax", fmt.Sprintf("unexpected %q: nothing is open that it would close", t.tok.String()))
			}
		case token.SEMICOLON:
			if depth == 0 {
				if first < i {
					segments = append(segments, segmentOf(toks[first:i]))
				}
				first = i + 1
			}
		}
	}
	if first < len(toks) {
		segments = append(segments, segmentOf(toks[first:]))
	}
	return segments, nil
}

// segmentOf tells by its first tokens what a segment is.
func segmentOf(toks []tok) segment {
	s := segment{kind: statementKind, start: toks[0].pos, end: toks[len(toks)-1].end}
	is := func(i int, t token.Token) bool { return i < len(toks) && toks[i].tok == t }
	switch toks[0].tok {
	case token.IMPORT:
		s.kind = importKind
	case token.CONST:
		s.kind = declareKind
	case token.TYPE:
		s.kind, s.types = declareKind, typeNames(toks)
	case token.FUNC:
		if is(1, token.IDENT) {
			s.kind = declareKind
			break
		}
		// func (…) name( is a method, func (…) result { a literal.
		depth := 0
		for i := 1; i < len(toks); i++ {
			switch toks[i].tok {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				depth--
			}
			if depth == 0 {
				if is(i+1, token.IDENT) && (is(i+2, token.LPAREN) || is(i+2, token.LBRACK)) {
					s.kind = declareKind
					s.receiver = receiverName(toks[2:i])
				}
				break
			}
		}
	}
	return s
}

// receiverName finds the type's name in what stands between a receiver's parentheses: t *T, T, t *T[K].
func receiverName(toks []tok) string {
	name := ""
	for _, t := range toks {
		switch t.tok {
		case token.IDENT:
			name = t.lit
		case token.LBRACK:
			return name
		}
	}
	return name
}

// typeNames returns what a type declaration declares, alone or in parentheses.
func typeNames(toks []tok) (names []string) {
	depth := 0
	for i, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		case token.IDENT:
			prev := toks[i-1].tok
			if depth == 0 && prev == token.TYPE || depth == 1 && (prev == token.SEMICOLON || prev == token.LPAREN && i == 2) {
				names = append(names, t.lit)
			}
		}
	}
	return names
}

// units groups segments that follow each other. A method whose type stands elsewhere is a unit of its own kind.
func units(segments []segment) (list []unit) {
	for i, s := range segments {
		if s.kind == declareKind && s.receiver != "" && !declaredBeside(segments, i) {
			s.kind = methodKind
		}
		if n := len(list) - 1; n >= 0 && list[n].kind == s.kind {
			list[n].segments = append(list[n].segments, s)
			continue
		}
		list = append(list, unit{s.kind, []segment{s}})
	}
	return list
}

// declaredBeside says whether the run of declarations around a method has the method's type.
func declaredBeside(segments []segment, i int) bool {
	lo, hi := i, i
	for lo > 0 && segments[lo-1].kind == declareKind {
		lo--
	}
	for hi+1 < len(segments) && segments[hi+1].kind == declareKind {
		hi++
	}
	for _, s := range segments[lo : hi+1] {
		if slices.Contains(s.types, segments[i].receiver) {
			return true
		}
	}
	return false
}

// unit is a run of segments of one kind.
type unit struct {
	kind     kind
	segments []segment
}

// text returns the cell with everything but the unit's segments blanked out.
func (u unit) text(src string) string { return only(src, u.segments) }

func only(src string, segments []segment) string {
	var b strings.Builder
	last := 0
	for i, s := range segments {
		gap := blank(src[last:s.start])
		if semi := strings.IndexByte(src[last:s.start], ';'); i > 0 && semi >= 0 && !strings.Contains(gap, "\n") {
			gap = gap[:semi] + ";" + gap[semi+1:] // two on one line
		}
		b.WriteString(gap)
		b.WriteString(src[s.start:s.end])
		last = s.end
	}
	b.WriteString(blank(src[last:]))
	return b.String()
}

// blank puts a space for every byte that does not end a line.
func blank(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// at makes an error of an offset.
func at(src string, offset int, code, msg string) *Error {
	offset = max(0, min(offset, len(src)))
	line := 1 + strings.Count(src[:offset], "\n")
	return &Error{line, offset - strings.LastIndexByte(src[:offset], '\n'), code, msg}
}
