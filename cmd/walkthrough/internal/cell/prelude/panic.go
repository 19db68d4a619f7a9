package prelude

import (
	"fmt"
	"strings"
)

// What follows BEGIN stands in every compiled program of cells too, so that both sides say the same.
//
// BEGIN

// PanicText is what is said of a panic. The interpreter does much by reflection, whose panics are worded in its own way;
// and the compiler's tell numbers that reflection does not. So what both can mean gets one wording. format is for values
// that are neither errors nor strings.
func PanicText(value any, format func(any) string) (text string) {
	defer func() {
		if recover() != nil { // its own methods
			text = "a value that panics itself when it is printed"
		}
	}()
	switch v := value.(type) {
	case error:
		text = v.Error()
	case string:
		if text = v; !strings.HasPrefix(v, "reflect") {
			return v
		}
	case fmt.Stringer:
		return v.String()
	default:
		return format(v)
	}
	// The interpreter puts a position before some.
	if place, rest, ok := strings.Cut(text, ": "); ok && strings.Trim(place, "0123456789:._ceglo") == "" && strings.Contains(place, ":") {
		text = rest
	}
	switch s := strings.TrimPrefix(text, "runtime error: "); {
	case strings.HasPrefix(s, "index out of range"),
		strings.HasPrefix(s, "reflect: ") && strings.HasSuffix(s, " index out of range"):
		return "index out of range"
	case strings.HasPrefix(s, "slice bounds out of range"),
		strings.HasPrefix(s, "reflect.Value.Slice") && strings.HasSuffix(s, "out of bounds"):
		return "slice bounds out of range"
	case strings.HasPrefix(s, "invalid memory address"),
		strings.Contains(s, "on zero Value"), strings.HasSuffix(s, "call of nil function"), strings.HasSuffix(s, "on nil interface value"), strings.Contains(s, "reflect.Value.Interface: cannot return value obtained from unexported"):
		return "nil pointer dereference"
	case strings.HasPrefix(s, "makeslice: "), strings.HasPrefix(s, "reflect.MakeSlice: "):
		return "make: length or capacity out of range"
	case strings.HasPrefix(s, "interface conversion: "):
		return "interface conversion: it holds a value of another type, or none"
	default:
		return s
	}
}
