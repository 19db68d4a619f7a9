package suggest

import (
	"slices"
	"testing"
)

func TestNear(t *testing.T) {
	commands := []string{"help", "next", "run", "show", "edit", "back", "goto", "chapters", "cells", "lang", "sockets", "ladder", "doc", "reset", "quit"}
	for _, c := range []struct {
		typed string
		want  []string
	}{
		{"hlep", []string{"help"}},
		{"chapter", []string{"chapters"}},
		{"socket", []string{"sockets"}},
		{"QUIT", []string{"quit"}},
		{"lader", []string{"ladder"}},
		{"xyzzy", nil},
		{"", nil},
		{"rest", []string{"reset"}},
		{"bakc", []string{"back"}},
	} {
		if got := Near(c.typed, commands); !slices.Equal(got, c.want) {
			t.Errorf("Near(%q) = %q, want %q", c.typed, got, c.want)
		}
	}
}
