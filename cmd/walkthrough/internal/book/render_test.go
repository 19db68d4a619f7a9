package book

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	hosthtml "github.com/yuin/goldmark/renderer/html"
)

func TestRender(t *testing.T) {
	const before = "# a\n\ntext\n\n```go cell name=x\n1\n```\n\n```text output\nold\n```\n\n![x](x.svg)\n\nmore\n\n```go a.go#A\nold\n```\n\n```go cell\n2\n```\n"
	p, _ := ParsePage("p.md", English, []byte(before))
	got := p.Render(Recorded{
		Outputs: map[string][]Output{
			"x":      {{Form: FormText, Text: "a ``` b"}, {Form: FormMermaid, Text: "graph"}},
			"cell-2": {{Form: FormSVG, File: "cell-2.svg"}},
		},
		Excerpts: map[string]string{"a.go#A": "new\n"},
	})
	const want = "# a\n\ntext\n\n```go cell name=x\n1\n```\n\n````text output\na ``` b\n````\n\n```mermaid output\ngraph\n```\n\nmore\n\n```go a.go#A\nnew\n```\n\n```go cell\n2\n```\n\n![cell-2](cell-2.svg)\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	again, problems := ParsePage("p.md", English, []byte(got))
	if len(problems) > 0 || again.Outputs(again.Cells()[0])[0].Text != "a ``` b" {
		t.Error(problems, again.Outputs(again.Cells()[0]))
	}
	if same := again.Render(Recorded{}); same != got {
		t.Error(cmp.Diff(got, same))
	}
	silent := again.Render(Recorded{Outputs: map[string][]Output{"x": nil}})
	if strings.Contains(silent, "graph") || strings.Contains(silent, "a ```") || !strings.Contains(silent, "1\n```\n\nmore") {
		t.Error(silent)
	}
}

func TestWeave(t *testing.T) {
	const cell = "```go cell name=x\n1\n```\n\n```mermaid output\ngraph\n```\n"
	fsys := pages(
		"# Socket\n\nOne.\n\n- a\n- b\n\n"+cell+"\n## TCP\n\n```go stack/a.go#T.F:/x/\nx\n```\n\nEnd.\n",
		"# ソケット\n\nいち、\nに。\n\n- あ\n- い\n\n"+cell+"\n## TCP\n\n```go stack/a.go#T.F:/x/\nx\n```\n\n終。\n",
		"# 소켓\n\n하나\n둘.\n\n- 가\n- 나\n\n"+cell+"\n## TCP\n\n```go stack/a.go#T.F:/x/\nx\n```\n\n끝.\n")
	c := LoadChapter(fsys, "01-socket")
	if len(c.Problems) > 0 {
		t.Fatal(c.Problems)
	}
	const want = `<!-- Written by “walkthrough record” from en.md and ja.md: change those, and record. DO NOT EDIT. -->

[English](en.md) · [日本語](ja.md) · [한국어](ko.md) · **English / 日本語** · [English / 한국어](README.ko.md)

# Socket · ソケット

<table><tr>
<td width="50%" valign="top" lang="en">

One.

</td>
<td width="50%" valign="top" lang="ja">

いち、に。

</td>
</tr><tr>
<td width="50%" valign="top" lang="en">

- a
- b

</td>
<td width="50%" valign="top" lang="ja">

- あ
- い

</td>
</tr></table>

'''go
1
'''

'''mermaid
graph
'''

## TCP

['stack/a.go'](../../stack/a.go) · 'T.F'

'''go
x
'''

<table><tr>
<td width="50%" valign="top" lang="en">

End.

</td>
<td width="50%" valign="top" lang="ja">

終。

</td>
</tr></table>
`
	if d := cmp.Diff(strings.ReplaceAll(want, "'", "`"), c.Weave(Weaves[0])); d != "" {
		t.Error(d)
	}
	var html bytes.Buffer
	host := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(hosthtml.WithUnsafe()))
	if err := host.Convert([]byte(c.Weave(Weaves[0])), &html); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<h1>Socket · ソケット</h1>",
		"<td width=\"50%\" valign=\"top\" lang=\"ja\">\n<ul>\n<li>あ</li>",
		"</tr></table>\n<pre><code class=\"language-go\">1",
		"<pre><code class=\"language-mermaid\">graph",
	} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("on a host the page lacks %s\n%s", want, &html)
		}
	}
	ko := c.Weave(Weaves[1])
	if !strings.Contains(ko, "하나\n둘.") || !strings.Contains(ko, "[English / 日本語](README.md) · **English / 한국어**") {
		t.Error(ko)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"a.c", "abc", false},
		{"port …, ttl 64", "port 40112, ttl 64", true},
		{"port …", "port 1\nmore", false},
		{"a\n…\nz", "a\nb\nc\nz", true},
		{"a\n…\nz", "a\nz", true},
		{"a\n…", "a", true},
		{"…\nz", "x\ny\nz", true},
		{"…\nz", "x\ny", false},
	} {
		if got := Matches(c.pattern, c.text); got != c.want {
			t.Errorf("Matches(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
	page := []Output{{Form: FormText, Text: "…"}, {Form: FormSVG, File: "x.svg"}}
	if !SameOutputs(page, []Output{{Form: FormText, Text: "1"}, {Form: FormSVG, File: "x.svg", Text: "<svg>"}}) ||
		SameOutputs(page, page[:1]) || SameOutputs(page, []Output{{Form: FormMermaid, Text: "1"}, page[1]}) {
		t.Error("SameOutputs")
	}
}

func TestExcerpt(t *testing.T) {
	const source = `package a

// T is.
type T struct{}

// F does.
func (t *T) F() int {
	x := 1
	if x > 0 {
		x++
	}
	return x
}

// The kinds.
const (
	A = 1
	B = 2
)

func G[K any](k K) {}
`
	root := fstest.MapFS{"stack/a.go": {Data: []byte(source)}, "stack/bad.go": {Data: []byte("package")}}
	for ref, want := range map[string]string{
		"stack/a.go#T":                 "// T is.\ntype T struct{}\n",
		"stack/a.go#T.F":               "// F does.\nfunc (t *T) F() int {\n\tx := 1\n\tif x > 0 {\n\t\tx++\n\t}\n\treturn x\n}\n",
		"stack/a.go#B":                 "// The kinds.\nconst (\n\tA = 1\n\tB = 2\n)\n",
		"stack/a.go#G":                 "func G[K any](k K) {}\n",
		"stack/a.go#T.F:/if x/,/^\t}/": "if x > 0 {\n\tx++\n}\n",
		"stack/a.go#T.F:/x := 1/":      "x := 1\n",
	} {
		got, err := Excerpt(root, ref)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
	for ref, want := range map[string]string{
		"stack/a.go#":              "is no excerpt: write file.go#declaration",
		"../a.go#T":                "is no excerpt",
		"stack/b.go#T":             "there is no file stack/b.go",
		"stack/a.go#X":             "stack/a.go declares no X; it declares T, T.F, A, B, G",
		"stack/bad.go#X":           "stack/bad.go:",
		"stack/a.go#T.F:if":        "after the : comes /regexp/",
		"stack/a.go#T.F:/nothing/": "no line matches /nothing/",
		"stack/a.go#T.F:/if/,/no/": "no line after the first matches /no/",
		"stack/a.go#T.F:/(/":       "missing closing )",
		"stack/a.go#T.F:/if/,/(+/": "error parsing regexp",
		"stack/a.go#T.F:/if/,/no":  "after the : comes",
		"stack/a.txt#T":            "is no excerpt",
	} {
		if got, err := Excerpt(root, ref); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v\nwant %s", ref, got, err, want)
		}
	}
}
