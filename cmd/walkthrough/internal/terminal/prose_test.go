package terminal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
)

func block(t *testing.T, lang book.Lang, source string) *book.Block {
	t.Helper()
	p, _ := book.ParsePage("test.md", lang, []byte(source+"\n"))
	if len(p.Blocks) != 1 {
		t.Fatalf("%d blocks in %q", len(p.Blocks), source)
	}
	return p.Blocks[0]
}

func TestProse(t *testing.T) {
	for _, c := range []struct {
		name, source string
		width        int
		ink          Ink
		want         string
	}{
		{"paragraph", "One *packet* changes\nthat, says `show.Ladder`.", 30, InkMono, `
One packet changes that, says
show.Ladder.`},
		{"marks of code where there is no other", "Call `Socket` **now**.", 30, InkNone, "\nCall `Socket` now."},
		{"Japanese lines are joined without blanks", "最初の\nパケット、\nSYN を\n送る", 40, InkMono, "\n最初のパケット、SYN を送る"},
		{"Korean lines are joined with blanks", "첫 번째\n패킷", 40, InkMono, "\n첫 번째 패킷"},
		{"title", "# The socket", 30, InkMono, "\nThe socket\n━━━━━━━━━━"},
		{"title without ink", "# The socket", 30, InkNone, "\n# The socket"},
		{"heading", "## Ports", 30, InkMono, "\nPorts"},
		{"list", "- one\n- two that is longer\n  1. inner\n  2. inner too", 16, InkMono, `
• one
• two that is
  longer
  1. inner
  2. inner too`},
		{"loose list", "1. one\n\n2. two", 20, InkMono, "\n1. one\n\n2. two"},
		{"list that begins at 9", "9. nine\n10. ten", 20, InkMono, "\n9. nine\n10. ten"},
		{"quote", "> A letter in an envelope.", 16, InkMono, `
│ A letter in an
│ envelope.`},
		{"quote without ink", "> A letter", 16, InkNone, "\n> A letter"},
		{"table", "| 部分 | bytes |\n| --- | ---: |\n| TCP | 20 |\n| イーサネット | 14 |", 40, InkMono, `
部分         │ bytes
─────────────┼──────
TCP          │    20
イーサネット │    14`},
		{"table that is too wide", "| a | b |\n| --- | --- |\n| x | some words that wrap |", 16, InkMono, `
a │ b
──┼─────────────
x │ some words
  │ that wrap`},
		{"link out of the book", "See [the RFC](https://www.rfc-editor.org/) now.", 60, InkMono, "\nSee the RFC (https://www.rfc-editor.org/) now."},
		{"link within the book", "See [chapter 1](../01-socket/en.md).", 60, InkMono, "\nSee chapter 1."},
		{"entities and escapes", `a &lt; b \* c`, 60, InkMono, "\na < b * c"},
		{"code without a language", "```\na\tb\n```", 20, InkMono, "\n  a    b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(texts(renderProse(block(t, book.English, c.source), c.width, c.ink)), "\n")
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSideBySide(t *testing.T) {
	en := block(t, book.English, "Your socket knows the server's address now, and the server knows nothing.")
	ja := block(t, book.Japanese, "ソケットはもうサーバーのアドレスを知っています。けれどもサーバーの側は、まだ何も知りません。")
	wide := layout{width: twoColumns, ink: InkMono}.prose([]*book.Block{en, ja})
	want := []string{
		"  Your socket knows the server's address now, and     │  ソケットはもうサーバーのアドレスを知っています。け",
		"  the server knows nothing.                           │  れどもサーバーの側は、まだ何も知りません。",
	}
	if diff := cmp.Diff(want, texts(wide)); diff != "" {
		t.Error(diff)
	}
	for _, l := range wide {
		if l.width() > twoColumns {
			t.Errorf("wider than the terminal: %q", l)
		}
	}
	narrow := layout{width: 60, ink: InkMono}.prose([]*book.Block{en, ja})
	want = []string{
		"  Your socket knows the server's address now, and the",
		"  server knows nothing.",
		"",
		"  ソケットはもうサーバーのアドレスを知っています。けれども",
		"  サーバーの側は、まだ何も知りません。",
	}
	if diff := cmp.Diff(want, texts(narrow)); diff != "" {
		t.Error(diff)
	}
}

func TestPaint(t *testing.T) {
	l := line{{text: "see "}, {"code", style{roleCode, bold}}, {"", style{roleError, 0}}, {" x", style{attr: dim}}}
	for ink, want := range map[Ink]string{
		InkNone:  "see code x",
		InkMono:  "see \x1b[1mcode\x1b[0m\x1b[2m x\x1b[0m",
		InkColor: "see \x1b[1;36mcode\x1b[0m\x1b[2m x\x1b[0m",
	} {
		if got := l.paint(ink); got != want {
			t.Errorf("ink %d: %q, want %q", ink, got, want)
		}
	}
}

func TestInkFor(t *testing.T) {
	for _, c := range []struct {
		tty        bool
		term, noco string
		want       Ink
	}{
		{true, "xterm-256color", "", InkColor},
		{true, "xterm", "1", InkMono},
		{true, "dumb", "", InkNone},
		{false, "xterm", "", InkNone},
	} {
		t.Setenv("TERM", c.term)
		t.Setenv("NO_COLOR", c.noco)
		if got := InkFor(c.tty); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestGoLines(t *testing.T) {
	got := goLines("// 日本語\nif x := s.Name(); x != \"a\\n\" {\n\treturn `raw\nstring`, 0x1F\n}\n")
	r := func(r role, s string) span { return span{s, style{role: r}} }
	want := []line{
		{r(roleComment, "// 日本語")},
		{r(roleKeyword, "if"), r(0, " x := s."), r(roleName, "Name"), r(0, "(); x != "), r(roleString, `"a\n"`), r(0, " {")},
		{r(0, "    "), r(roleKeyword, "return"), r(0, " "), r(roleString, "`raw")},
		{r(roleString, "string`"), r(0, ", "), r(roleNumber, "0x1F")},
		{r(0, "}")},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{}, style{})); diff != "" {
		t.Error(diff)
	}
}

// TestGoLinesKeepsText holds for anything a reader may type, finished or not.
func TestGoLinesKeepsText(t *testing.T) {
	for _, src := range []string{"", "x := `open", "/* open", "\"open", "'", "a\x00b", "日本語 := 한글", "\\", "#!", "1.e", "0x", "a // c\r\nb", "\ufeffx"} {
		got := strings.Join(texts(goLines(src)), "\n")
		if want := strings.TrimRight(src, "\n"); got != want {
			t.Errorf("%q became %q", src, got)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb": "a       b", "漢\tb": "漢      b", "\x1b[2J": "␛[2J", "\x9b2J": "�2J", "x\r": "x␍", "\x7f": "␡", "日本語": "日本語",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTroubleStandsUnderItsPlace(t *testing.T) {
	p := page{layout{80, InkMono}, []book.Lang{book.Japanese}, msg.For("en")}
	var got []string
	tr := newTranscript(p, func(l ...line) { got = append(got, texts(l)...) }, "x := 1\n\ty = \"日本\" + z\n")
	tr.blank = true
	tr.message(textMessage("half"))
	tr.message(errorMessage(2, 17, "undefined: z"))
	tr.message(errorMessage(0, 0, "it is over"))
	tr.message(errorMessage(9, 1, "elsewhere"))
	tr.message(errorMessage(1, 3, "there is so much wrong with this line of source that it takes two lines to say it"))
	want := []string{
		"  │ half",
		`  │     y = "日本" + z`,
		"  │                  ^ line 2, column 17: undefined: z",
		"  │ it is over",
		"  │ line 9: elsewhere",
		"  │ x := 1",
		"  │   ^",
		"  │ line 1, column 3: there is so much wrong with this line of source that it",
		"  │ takes two lines to say it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPages(t *testing.T) {
	lines := func(s string) (l []line) {
		for p := range strings.SplitSeq(s, "") {
			l = append(l, text(strings.TrimSpace(p)))
		}
		return l
	}
	for _, c := range []struct {
		in      string
		free, h int
		want    []string
	}{
		{"abc", 5, 5, []string{"abc"}},
		{"abcdef", 4, 4, []string{"abcd", "ef"}},
		{"abc def", 5, 5, []string{"abc", " def"}},
		{"a bcdefg", 5, 5, []string{"a bcd", "efg"}}, // the blank line is too far up
		{"abcd", 0, 4, []string{"", "abcd"}},
		{"", 4, 4, nil},
	} {
		var got []string
		for _, p := range pages(lines(c.in), 80, c.free, c.h) {
			s := ""
			for _, l := range p {
				if s += l.String(); len(l.String()) == 0 {
					s += " "
				}
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s", c.in, diff)
		}
	}
}

func TestDocumentation(t *testing.T) {
	p := page{layout{40, InkMono}, []book.Lang{book.English}, msg.For("en")}
	got := texts(p.documentation("func (s *Stack) Name() string\n\nName returns the name of the host, in lines as\nlong as source may be.\n\n\tcode()\n"))
	want := []string{
		"  ▌ func (s *Stack) Name() string",
		"",
		"  Name returns the name of the host,",
		"  in lines as long as source may be.",
		"",
		"          code()",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := texts(p.documentation("func f()")); len(got) != 1 {
		t.Errorf("%q", got)
	}
}
