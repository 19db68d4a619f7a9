package show_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/show"
)

type colour uint8

func (c colour) String() string { return [...]string{"red", "green"}[c] }

type unkind struct{}

func (*unkind) Error() string { panic("no") }

type point struct{ X, Y int }

type hidden struct{ x int }

type node struct {
	Value int
	Next  *node
}

type drawing struct{}

func (drawing) Text() string { return "┌┐\n└┘" }

func TestFormat(t *testing.T) {
	ring := &node{Value: 1}
	ring.Next = ring
	itself := []any{1, nil}
	itself[1] = itself
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "nil"},
		{true, "true"},
		{-3, "-3"},
		{uint16(80), "80"},
		{'ソ', "12477"},
		{1.5, "1.5"},
		{float32(0.1), "0.1"},
		{2i, "(0+2i)"},
		{"GET / HTTP/1.1\r\n", `"GET / HTTP/1.1\r\n"`},
		{"ソケット", `"ソケット"`},
		{errors.New("connect: connection refused"), "connect: connection refused"},
		{(*unkind)(nil), "nil"},
		{&unkind{}, "its own text cannot be had: no"},
		{1500 * time.Millisecond, "1.5s"},
		{time.Date(2026, 1, 2, 3, 4, 5, 600, time.FixedZone("JST", 9*3600)), "2026-01-01 18:04:05.0000006 UTC"},
		{netip.MustParseAddrPort("10.0.0.2:80"), "10.0.0.2:80"},
		{netip.AddrPort{}, "none"},
		{netip.AddrPortFrom(netip.Addr{}, 80), "*:80"},
		{netip.Addr{}, "none"},
		{netip.Prefix{}, "none"},
		{colour(1), "green"},
		{[]colour{0, 1}, "[red green]"},
		{drawing{}, "┌┐\n└┘"},

		{[]int(nil), "[]"},
		{[]int{1, 2}, "[1 2]"},
		{[2]string{"a", "b"}, `["a" "b"]`},
		{[]byte{0x45, 0, 0, 0x28}, "[45 00 00 28]"},
		{[4]byte{10, 0, 0, 1}, "[0a 00 00 01]"},
		{[]byte("GET / HTTP/1.1\r\nHost: 10.0.0.2\r\n\r\n"), "" +
			"   0  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..\n" +
			"  16  48 6f 73 74 3a 20 31 30 2e 30 2e 30 2e 32 0d 0a  Host: 10.0.0.2..\n" +
			"  32  0d 0a                                            .."},
		{map[string]int{"b": 2, "a": 1}, `{"a": 1, "b": 2}`},
		{map[int]bool{10: true, 9: false, -1: true}, "{-1: true, 9: false, 10: true}"},
		{map[any]int{"x": 1, 2: 2}, `{"x": 1, 2: 2}`},
		{map[string]int(nil), "{}"},
		{[]any{1, "x", nil, errors.New("bad"), colour(0)}, `[1 "x" nil bad red]`},

		{point{1, 2}, "X: 1\nY: 2"},
		{&point{1, 2}, "X: 1\nY: 2"},
		{(*point)(nil), "nil"},
		{[]point{{1, 2}, {10, 20}}, " X   Y\n 1   2\n10  20"},
		{[]*point{{1, 2}, nil}, "[&{X: 1, Y: 2} nil]"},
		{map[string]point{"a": {1, 2}}, `{"a": {X: 1, Y: 2}}`},
		{struct {
			Name string
			At   time.Duration
			Sub  point
			P    *point
			F    func()
			C    chan int
			E    error
		}{"名前", time.Second, point{1, 2}, &point{3, 4}, func() {}, make(chan int, 3), nil}, "" +
			"Name: \"名前\"\nAt:   1s\nSub:  {X: 1, Y: 2}\nP:    &{X: 3, Y: 4}\nF:    func\nC:    chan (0 of 3)\nE:    nil"},
		{struct{ lower, ポート int }{1, 2}, "lower:  1\nポート: 2"},
		{hidden{1}, "show_test.hidden"},
		{new(sync.Mutex), "sync.Mutex"},
		{ring, "Value: 1\nNext:  &…"},
		{itself, "[1 [1 [1 [1 [… …]]]]]"},
		{func() {}, "func"},
		{(func())(nil), "nil"},
		{make(chan int), "chan"},
		{(chan int)(nil), "nil"},
	} {
		if diff := cmp.Diff(c.want, show.Format(c.value)); diff != "" {
			t.Errorf("%T (-want +got):\n%s", c.value, diff)
		}
	}
}

func TestFormatOfMuch(t *testing.T) {
	long := strings.Repeat("x", 60)
	got := show.Format(map[string]any{"b": point{1, 2}, "a": []string{long, long}})
	want := "\"a\":\n  \"" + long + "\"\n  \"" + long + "\"\n\"b\": {X: 1, Y: 2}"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("map (-want +got):\n%s", diff)
	}
	got = show.Format(struct {
		Inner struct{ A, B string }
		Raw   []byte
	}{struct{ A, B string }{long, long}, make([]byte, 40)})
	want = "Inner:\n  A: \"" + long + "\"\n  B: \"" + long + "\"\nRaw:\n" +
		fmt.Sprintf("     0  %s ................\n    16  %[1]s ................\n    32  %s ........",
			strings.Repeat("00 ", 16), pad("00 00 00 00 00 00 00 00", 48))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("struct (-want +got):\n%s", diff)
	}
	if got := show.Format(make([]int, 1000)); !strings.HasSuffix(got, "\n… 744 more") {
		t.Errorf("a long list ends in %q", got[len(got)-20:])
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", n-len(s)) }
