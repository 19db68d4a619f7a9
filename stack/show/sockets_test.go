//go:build !before1

package show_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/stack"
	"github.com/tsunagu/tsunagu/stack/show"
)

func TestSockets(t *testing.T) {
	a, b := stack.New(stack.Config{Name: "a"}), stack.New(stack.Config{Name: "サーバー"})
	text(t, show.Sockets(a, b), "no sockets")
	for _, s := range []*stack.Stack{a, b, b} {
		if _, err := s.Socket(stack.Stream); err != nil {
			t.Fatal(err)
		}
	}
	// How much memory a socket takes is the machine's business.
	memory := regexp.MustCompile(` +(memory|\d{2,})\n`)
	plain := func(p show.Picture) string { return memory.ReplaceAllString(p.Text()+"\n", "\n") }
	want := "descriptor  type         state\n" +
		"         3  SOCK_STREAM  CLOSED\n"
	if got := plain(show.Sockets(a)); got != want {
		t.Errorf("one stack:\n%s", got)
	}
	want = "host      descriptor  type         state\n" +
		"a                  3  SOCK_STREAM  CLOSED\n" +
		"サーバー           3  SOCK_STREAM  CLOSED\n" +
		"サーバー           4  SOCK_STREAM  CLOSED\n"
	if got := plain(show.Sockets(a, b)); got != want {
		t.Errorf("two stacks:\n%s", got)
	}
	wellFormed(t, show.Sockets(a, b).SVG(), "サーバー", "SOCK_STREAM")
	if !strings.Contains(show.Sockets(a).Text(), "memory") {
		t.Error("the memory of a socket is not told")
	}
}
