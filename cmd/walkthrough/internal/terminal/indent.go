package terminal

import "strings"

// deeper returns how much farther than its line the next line is indented, and the line's own indentation.
func deeper(l string) (own, more int) {
	own = len(l) - len(strings.TrimLeft(l, "\t"))
	switch t := strings.TrimRight(l, " \t"); {
	case strings.HasSuffix(t, "{"), strings.HasSuffix(t, "("), strings.HasSuffix(t, "["), strings.HasSuffix(t, ":"):
		more = 1
	}
	return own, more
}
