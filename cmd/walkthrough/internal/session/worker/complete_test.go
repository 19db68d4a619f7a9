package worker

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
)

// space0 returns a space in which some cells have run.
func space0(t *testing.T, cells ...string) *space {
	t.Helper()
	s, err := newSpace(newOutput(protocol.NewEncoder(io.Discard)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if state := s.run(c); state != protocol.Good {
			t.Fatalf("%s: %s", c, state)
		}
	}
	return s
}

func TestComplete(t *testing.T) {
	s := space0(t, "world := sim.New(1)\nclient := world.Host(\"client\")", "type point struct{ X, hidden int }\nfunc (p *point) Move() {}\nvar here = &point{}", "many := []point{{}}")
	for _, test := range []struct {
		src  string // | is where the cursor is
		want string // label:kind …, as far as they matter
		not  string
	}{
		{"wor|", "world:var", "client"},
		{"world.Ho|", "Host:method", "New"},
		{"world.|", "Host:method Now:method", "tasks"},
		{"x := client.Na|", "Name:method", ""},
		{"world.Host(\"a(b\").Soc|", "Socket:method", ""},
		{"fmt.Printl|", "Println:func", "Print"},
		{"fmt.|", "Println:func Stringer:type", "_Stringer"},
		{"time.Sec|", "Second:const", ""},
		{"here.|", "X:field hidden:field Move:method", ""},
		{"many[0].|", "X:field Move:method", ""},
		{"point{}.|", "X:field", ""},
		{"str|", "strings:package strconv:package string:type struct:keyword", ""},
		{"app|", "append:func", ""},
		{"FMT.prin|", "", "Println"},
		{"fmt.prin|", "Println:func", ""},
		{"local := 1\nlo|", "local:var", ""},
		{"b := bytes.Buffer{}\nb.Wri|", "WriteString:method", ""},
		{"func f(value int) { val|", "value:var", ""},
		{"world.Now().Sec|", "Seconds:method", ""},
		{"netip.MustParseAddr(\"10.0.0.1\").Is|", "Is4:method", ""},
		{"fmt.Println(\"wor|", "", "world"},
		{"// wor|", "", "world"},
		{"/* a */ wor|", "world:var", ""},
		{"nothing.|", "", "Println"},
		{").|", "", "Println"},
		{"wor|ld.Host()", "world:var", ""},
		{"", "", "world"},
	} {
		pos := strings.Index(test.src, "|")
		src := strings.Replace(test.src, "|", "", 1)
		c := s.complete(src, max(pos, 0))
		var labels []string
		for _, i := range c.Items {
			labels = append(labels, i.Label+":"+i.Kind)
			if test.not != "" && i.Label == test.not {
				t.Errorf("%s offers %s", test.src, test.not)
			}
		}
		for want := range strings.FieldsSeq(test.want) {
			if !slices.Contains(labels, want) {
				t.Errorf("%s does not offer %s but %v", test.src, want, labels)
			}
		}
		if prefix := src[c.From:c.To]; pos >= 0 && c.To != pos || strings.ContainsAny(prefix, ". ") {
			t.Errorf("%s: would replace %q", test.src, prefix)
		}
	}
}

// TestCompleteAnything asks at every place of odd texts: nothing may break.
func TestCompleteAnything(t *testing.T) {
	s := space0(t)
	for _, src := range []string{
		"x := [](){}}.y\n)]..a.b[", "日本語 := \"한국어\"; 日本語.", "\x00\xff.a", "func (", "`raw", "a.b.c(d{e[f]}).g", "if x := 1; x.",
	} {
		for pos := -1; pos <= len(src)+1; pos++ {
			if c := s.complete(src, pos); c.From < 0 || c.From > c.To || c.To > len(src) {
				t.Errorf("%q at %d: %+v", src, pos, c)
			}
		}
	}
}

func TestDocument(t *testing.T) {
	s := space0(t, "world := sim.New(1)\nclient := world.Host(\"client\")\nn := 3")
	for name, want := range map[string][]string{
		"stack":                 {"package stack", "applications"},
		"stack.Stack.Socket":    {"func (s *Stack) Socket("},
		"client.Socket":         {"func (s *Stack) Socket("},
		"client":                {"var client *stack.Stack", "type Stack struct"},
		"world.Host(\"\").Name": {"func (s *Stack) Name() string"},
		"tcp.State":             {"type State"},
		"fmt.Println":           {"func fmt.Println(", "error"},
		"fmt":                   {"package fmt"},
		"n":                     {"var n int"},
		"append":                {"append"},
		"nothing":               nil, "stack.Nothing": nil, "n.x": nil, "": nil, "1 +": nil,
	} {
		got := s.document(name)
		if want == nil && got != "" {
			t.Errorf("%q: %s", name, got)
		}
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%q does not say %q but\n%s", name, part, got)
			}
		}
	}
}
