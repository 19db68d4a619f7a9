package terminal

import (
	"go/scanner"
	"go/token"
	"strings"
)

// unfinished reports whether Go source clearly goes on: a bracket or a raw string is open, or the last line ends in an
// operator, a comma or a dot. What is merely wrong is finished; running it says what is wrong.
func unfinished(src string) bool {
	var s scanner.Scanner
	open := false
	file := token.NewFileSet().AddFile("", -1, len(src))
	s.Init(file, []byte(src), func(_ token.Position, message string) {
		if strings.Contains(message, "raw string literal not terminated") || strings.Contains(message, "comment not terminated") {
			open = true
		}
	}, 0)
	depth := 0
	last := token.ILLEGAL
	for {
		_, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return open || depth > 0 || depth == 0 && goesOn(last)
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.SEMICOLON:
			if lit == "\n" {
				continue // put in by the scanner
			}
		}
		last = tok
	}
}

// goesOn reports a token that no statement ends in.
func goesOn(t token.Token) bool {
	switch t {
	case token.INC, token.DEC, token.RPAREN, token.RBRACK, token.RBRACE, token.SEMICOLON, token.ILLEGAL, token.COLON:
		return false
	}
	return t.IsOperator()
}

// deeper returns how much farther than its line the next line is indented, and the line's own indentation.
func deeper(l string) (own, more int) {
	own = len(l) - len(strings.TrimLeft(l, "\t"))
	switch t := strings.TrimRight(l, " \t"); {
	case strings.HasSuffix(t, "{"), strings.HasSuffix(t, "("), strings.HasSuffix(t, "["), strings.HasSuffix(t, ":"):
		more = 1
	}
	return own, more
}
