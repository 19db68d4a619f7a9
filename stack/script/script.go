//go:build !before4

package script

import (
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Script is one conversation, or one case of a table of them.
type Script struct {
	File string // where it comes from, for messages
	Line int    // where it begins
	Name string

	// First and Last are the chapters whose stack it holds for; 0: no bound.
	First, Last int

	strict bool
	set    settings
	lines  []line
}

// Holds says whether the script is meant for the stack as of a chapter.
func (s *Script) Holds(chapter int) bool {
	return (s.First == 0 || chapter >= s.First) && (s.Last == 0 || chapter <= s.Last)
}

// settings is what stands before a conversation's first line.
type settings struct {
	iss, irs           header.Seq
	mtu                int
	buffer, sendBuffer int // 0: what the stack takes by itself

	scale, sack, timestamps bool // what our SYN offers
}

// verb is what a line does.
type verb uint8

const (
	verbNothing  verb = iota
	verbSend          // >
	verbArrive        // <
	verbCall          // call
	verbRead          // read
	verbIs            // is
	verbError         // error
	verbDeadline      // deadline
)

// line is one line of a script, or one part of a case.
type line struct {
	number, col int
	text        string // as it was written
	verb        verb
	from, to    moment // when; to is from unless a range was written

	segment segment   // > and <
	call    string    // call
	n       int       // call write, read: how many bytes
	result  int       // call write: how many there is room for
	err     string    // call write, read, error: the error's name, EOF, none or nothing
	state   tcp.State // is
	due     moment    // deadline
}

// moment is a time as it is written: absolute, or counted from the line before.
type moment struct {
	relative bool
	at       time.Duration
}

func (m moment) after(last time.Duration) time.Duration {
	if m.relative {
		return last + m.at
	}
	return m.at
}
