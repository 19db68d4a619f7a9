//go:build !before4

package script

import (
	"fmt"
	"strings"
)

// Failure is a connection that did not do as the script has it.
type Failure struct {
	Script    *Script
	History   []string // what happened, in order
	Want, Got string
	Fields    []string // what differs, in which field

	line *line // nil: at the script's end
}

// Line is the number of the line that failed; 0: something was left over at the end.
func (f *Failure) Line() int {
	if f.line == nil {
		return 0
	}
	return f.line.number
}

// Error tells the whole conversation, numbered, then what was expected, what came, and where the two differ.
func (f *Failure) Error() string {
	var b strings.Builder
	if f.line == nil {
		fmt.Fprintf(&b, "%s:%d: at the end of %q", f.Script.File, f.Script.Line, f.Script.Name)
	} else {
		fmt.Fprintf(&b, "%s:%d:%d: in %q: %s", f.Script.File, f.line.number, f.line.col, f.Script.Name, f.line.text)
	}
	for i, h := range f.History {
		fmt.Fprintf(&b, "\n%4d %s", i+1, h)
	}
	fmt.Fprintf(&b, "\nexpected  %s\ncame      %s", f.Want, f.Got)
	for _, d := range f.Fields {
		fmt.Fprintf(&b, "\ndiffers   %s", d)
	}
	return b.String()
}
