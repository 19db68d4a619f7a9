package book

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const samplePage = "# The socket\n" +
	"\n" +
	"One line\nand another.\n" +
	"\n" +
	"<!-- a remark -->\n" +
	"\n" +
	"```go cell name=first covers=000.10,000.14 vary=\"\\d+ ms\"\n" +
	"a := 1\n" +
	"a\n" +
	"```\n" +
	"\n" +
	"```text output\n" +
	"1\n" +
	"```\n" +
	"\n" +
	"![first](first.svg)\n" +
	"\n" +
	"## Two\n" +
	"\n" +
	"- x\n- y\n" +
	"\n" +
	"> said\n" +
	"\n" +
	"| a | b |\n| --- | --- |\n| 1 | 2 |\n" +
	"\n" +
	"---\n" +
	"\n" +
	"```go stack/stack.go#New\n" +
	"func New() {}\n" +
	"```\n" +
	"\n" +
	"```sh\nls\n```\n" +
	"\n" +
	"````go cell live error on=finished as=svg\n" +
	"`` ` ``\n" +
	"````\n"

func TestBlocks(t *testing.T) {
	p, problems := ParsePage("chapters/01-socket/en.md", English, []byte(samplePage))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	type row struct {
		Kind Kind
		Line int
		Text string
	}
	var got []row
	for _, b := range p.Blocks {
		text := b.Text
		if text == "" {
			text = b.Source
		}
		got = append(got, row{b.Kind, b.Line, text})
	}
	want := []row{
		{KindHeading, 1, "The socket"},
		{KindParagraph, 3, "One line\nand another."},
		{KindComment, 6, "<!-- a remark -->"},
		{KindCell, 8, "a := 1\na\n"},
		{KindOutput, 13, "1"},
		{KindOutput, 17, "![first](first.svg)"},
		{KindHeading, 19, "Two"},
		{KindList, 21, "- x\n- y"},
		{KindQuote, 24, "> said"},
		{KindTable, 26, "| a | b |\n| --- | --- |\n| 1 | 2 |"},
		{KindRule, 30, "---"},
		{KindExcerpt, 32, "func New() {}\n"},
		{KindCode, 36, "ls\n"},
		{KindCell, 40, "`` ` ``\n"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if p.Title() != "The socket" {
		t.Errorf("title %q", p.Title())
	}
	first, second := p.Cells()[0], p.Cells()[1]
	if first.Name != "first" || first.Line != 9 || strings.Join(first.Covers, " ") != "000.10 000.14" || first.Loosen("took 12 ms") != "took …" {
		t.Errorf("first cell: %+v", first)
	}
	if second.Name != "cell-2" || !second.Live || !second.Error || !second.Finished || second.As != FormSVG {
		t.Errorf("second cell: %+v", second)
	}
	if d := cmp.Diff([]Output{{Form: FormText, Text: "1"}, {Form: FormSVG, File: "first.svg"}}, p.Outputs(first)); d != "" {
		t.Error(d)
	}
}

func TestPageProblems(t *testing.T) {
	for _, c := range []struct{ name, page, want string }{
		{"empty", "", "p.md:1: the page is empty"},
		{"no title", "text\n", "p.md:1: the page begins with a paragraph"},
		{"two titles", "# a\n\n# b\n", "p.md:3: a second title"},
		{"unknown attribute", "# a\n\n```go cell nam=x\n1\n```\n", "p.md:3: unknown attribute “nam”: a cell's attributes are name=…"},
		{"attribute twice", "# a\n\n```go cell live live\n1\n```\n", "p.md:3: “live” stands twice"},
		{"flag with a value", "# a\n\n```go cell live=yes\n1\n```\n", "p.md:3: “live” takes no value"},
		{"bad name", "# a\n\n```go cell name=A\n1\n```\n", "p.md:3: name=A: a name is lower-case"},
		{"duplicate name", "# a\n\n```go cell name=x\n1\n```\n\n```go cell name=x\n1\n```\n", "p.md:7: a second cell named x, the first is on line 3"},
		{"bad statement", "# a\n\n```go cell covers=4.6\n1\n```\n", "p.md:3: covers=4.6: write statements"},
		{"bad on", "# a\n\n```go cell on=7\n1\n```\n", "p.md:3: on=7: only on=finished"},
		{"bad as", "# a\n\n```go cell as=png\n1\n```\n", "p.md:3: as=png"},
		{"bad vary", "# a\n\n```go cell vary=\"(\"\n1\n```\n", "p.md:3: vary=\"(\""},
		{"open quote", "# a\n\n```go cell vary=\"x\n1\n```\n", "p.md:3: vary=\"…: the closing"},
		{"empty cell", "# a\n\n```go cell\n\n```\n", "p.md:3: the cell is empty"},
		{"no such fence", "# a\n\n```go cel\n1\n```\n", "p.md:3: “go cel”: after go comes “cell”"},
		{"two words", "# a\n\n```sh run\n1\n```\n", "p.md:3: “sh run”"},
		{"orphan output", "# a\n\n```text output\n1\n```\n", "p.md:3: an output without a cell"},
		{"output after prose", "# a\n\n```go cell\n1\n```\n\nx\n\n```text output\n1\n```\n", "p.md:9: an output without a cell"},
		{"output attribute", "# a\n\n```go cell\n1\n```\n\n```text output x\n1\n```\n", "p.md:7: “text output x”: nothing may follow"},
		{"output language", "# a\n\n```go cell\n1\n```\n\n```html output\n1\n```\n", "p.md:7: “html output”: an output is"},
		{"unclosed", "# a\n\n~~~~go cell\n1\n\ntext\n", "p.md:3: the code block that begins here is never closed: put a line of ~~~~"},
		{"unclosed at once", "# a\n\n```go cell", "p.md:3: the code block that begins here is never closed"},
		{"indented", "# a\n\n    code\n", "p.md:3: a code block by indentation"},
		{"html", "# a\n\n<div>\n", "p.md:3: HTML"},
		{"link apart", "# a\n\nsee [x]\n\n[x]: http://example.com\n", "p.md:5: a link written apart"},
		{"cell in a list", "# a\n\n- x\n\n  ```go cell\n  1\n  ```\n", "p.md:5: “go cell” inside a list does not run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := ParsePage("p.md", English, []byte(c.page))
			if !strings.Contains(problems.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", problems, c.want)
			}
		})
	}
}

func TestWindowsLineEnds(t *testing.T) {
	p, problems := ParsePage("p.md", English, []byte("# a\r\n\r\nb\r\n"))
	if len(problems) > 0 || len(p.Blocks) != 2 || p.Blocks[1].Line != 3 || strings.Contains(p.Source, "\r") {
		t.Errorf("%v %+v", problems, p.Blocks)
	}
}
