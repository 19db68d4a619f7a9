package cell

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Incomplete says whether a text is the beginning of a cell, so that an editor goes on with a next line: something is open
// that was not closed, or the last line ends in what calls for more.
func Incomplete(src string) bool {
	var s scanner.Scanner
	fset := token.NewFileSet()
	f := fset.AddFile("", fset.Base(), len(src))
	open := false
	s.Init(f, []byte(src), func(_ token.Position, msg string) {
		open = open || msg == "raw string literal not terminated" || msg == "comment not terminated"
	}, 0)
	depth, last := 0, token.SEMICOLON
	for {
		_, t, _ := s.Scan()
		switch t {
		case token.EOF:
			return open || depth > 0 || depth == 0 && goesOn(last)
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if depth--; depth < 0 {
				return false
			}
		}
		last = t
	}
}

// goesOn says whether a statement cannot end with a token. After a token that can end one the scanner puts a semicolon.
func goesOn(t token.Token) bool {
	return t != token.SEMICOLON && t != token.EOF && t != token.COLON && strings.TrimSpace(t.String()) != ""
}
