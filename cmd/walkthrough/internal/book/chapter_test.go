package book

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tsunagu/tsunagu/chapters"
	"github.com/tsunagu/tsunagu/notes"
)

// pages makes a book of one chapter.
func pages(en, ja, ko string) fs.FS {
	m := fstest.MapFS{}
	for l, s := range map[Lang]string{English: en, Japanese: ja, Korean: ko} {
		if s != "" {
			m["01-socket/"+string(l)+".md"] = &fstest.MapFile{Data: []byte(s)}
		}
	}
	return m
}

func TestSkeleton(t *testing.T) {
	const cell = "\n```go cell name=x\na := 1\na\n```\n"
	for _, c := range []struct{ name, en, ja, want string }{
		{"missing page", "# a\n", "", "chapters/01-socket/ja.md: the page in 日本語 is missing"},
		{"heading missing", "# a\n\n## b\n", "# あ\n", "chapters/01-socket/ja.md: headings out of step: nothing here for “b” of en.md:3"},
		{"heading more", "# a\n", "# あ\n\n## い\n", "chapters/01-socket/ja.md:3: headings out of step: en.md has nothing for “い”"},
		{"heading level", "# a\n\n## b\n", "# あ\n\n### い\n", "chapters/01-socket/ja.md:3: headings out of step: “い” has 3 #, “b” in en.md:3 has 2"},
		{"paragraph missing", "# a\n\nx\n\ny\n", "# あ\n\nえ\n", "chapters/01-socket/ja.md:3: out of step: after this en.md:5 has a paragraph"},
		{"paragraph more", "# a\n\nx\n", "# あ\n\nえ\n\nお\n", "chapters/01-socket/ja.md:5: out of step: a paragraph here, and nothing in en.md after line 3"},
		{"other block", "# a\n\nx\n", "# あ\n\n- え\n", "chapters/01-socket/ja.md:3: out of step: a list of 1 here, a paragraph in en.md:3"},
		{"list shorter", "# a\n\n- x\n- y\n", "# あ\n\n- え\n", "ja.md:3: out of step: a list of 1 here, a list of 2 in en.md:3"},
		{"other excerpt", "# a\n\n```go a.go#A\n```\n", "# あ\n\n```go a.go#B\n```\n", "ja.md:3: out of step: the excerpt a.go#B here, the excerpt a.go#A in en.md:3"},
		{"cell differs", "# a\n" + cell, "# あ\n" + strings.Replace(cell, "= 1", "= 2", 1), "chapters/01-socket/ja.md:4: cell x is “a := 2” here, “a := 1” in en.md:4"},
		{"cell longer", "# a\n" + cell, "# あ\n" + strings.Replace(cell, "a\n`", "a\nb\n`", 1), "chapters/01-socket/ja.md:6: cell x is “b” here"},
		{"attributes differ", "# a\n" + cell, "# あ\n" + strings.Replace(cell, "name=x", "name=y", 1), "chapters/01-socket/ja.md:3: the cell's attributes are “name=y” here, “name=x” in en.md:3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(pages(c.en, c.ja, c.en))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	// Remarks and outputs, which record writes, may differ.
	if _, err := Load(pages("# a\n"+cell+"\n```text output\n1\n```\n", "# あ\n\n<!-- x -->\n"+cell, "# 가\n"+cell)); err != nil {
		t.Error(err)
	}
}

func TestFolders(t *testing.T) {
	m := fstest.MapFS{}
	for _, f := range []string{"01-a/en.md", "01-b/en.md", "3-c/en.md", "drawings/x.md", "embed.go"} {
		m[f] = &fstest.MapFile{Data: []byte("# a\n")}
	}
	b, err := Load(m)
	for _, want := range []string{
		"chapters/01-b: a second chapter 1, beside 01-a",
		"chapters/3-c: a chapter's folder is two digits",
		"chapters/01-a/ko.md: the page in 한국어 is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	if len(b.Chapters) != 3 {
		t.Errorf("%d chapters", len(b.Chapters))
	}
	if b.Chapter(1) == nil || b.Chapter(7) != nil {
		t.Error("Chapter finds the wrong ones")
	}
}

// TestBook holds the real book against the rules that need no run.
func TestBook(t *testing.T) {
	b, err := Load(chapters.FS)
	if err != nil {
		t.Error(err)
	}
	statements, err := Statements(notes.FS)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, s := range statements {
		known[s.ID] = true
	}
	for _, c := range b.Chapters {
		for _, cell := range c.Cells() {
			for _, id := range cell.Covers {
				if !known[id] {
					t.Errorf("%s:%d: covers %s, which notes/source-map.md does not have", cell.File, cell.Line, id)
				}
			}
		}
	}
}

func TestChanged(t *testing.T) {
	page := func(first, second string) string { return "# t\n\n" + first + "\n\n" + second + "\n" }
	chapter := func(en, ja, ko string) *Chapter { return LoadChapter(pages(en, ja, ko), "01-socket") }
	var recorded []Sums
	for _, p := range chapter(page("a b", "c"), page("あ", "い"), page("가", "나")).Paragraphs() {
		recorded = append(recorded, p.Sums)
	}
	recorded2, err := ParseParagraphs("f", FormatParagraphs(recorded))
	if err != nil || len(recorded2) != 3 {
		t.Fatal(recorded2, err)
	}
	for _, c := range []struct{ name, en, ja, ko, want string }{
		{"nothing", page("a b", "c"), page("あ", "い"), page("가", "나"), ""},
		{"line breaks", page("a\nb", "c"), page("あ", "い"), page("가", "나"), ""},
		{"all", page("a b", "C"), page("あ", "イ"), page("가", "니"), ""},
		{"one", page("a b", "C"), page("あ", "い"), page("가", "나"),
			"chapters/01-socket/en.md:5: this paragraph changed, and not at ja.md:5, ko.md:5: change it there too; or, if it says the same, run “walkthrough record -translated”"},
		{"two", page("a b", "c"), page("あ", "イ"), page("가", "니"),
			"chapters/01-socket/ja.md:5: this paragraph changed here and at ko.md:5, and not at en.md:5"},
		{"one, and a new one before it", page("new\n\na b", "c"), page("新\n\nあ", "い"), page("신\n\n가", "니"), "chapters/01-socket/ko.md:7: this paragraph changed, and not"},
		{"one goes", "# t\n\nc\n", "# t\n\nい\n", "# t\n\n나\n", ""},
		{"order", page("c", "a b"), page("い", "あ"), page("나", "가"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch := chapter(c.en, c.ja, c.ko)
			var got []string
			for _, change := range ch.Changed(recorded2) {
				got = append(got, change.Problem(ch).Error())
			}
			if all := strings.Join(got, "\n"); len(got) > 1 || c.want == "" && all != "" || !strings.Contains(all, c.want) {
				t.Errorf("got  %s\nwant %s", all, c.want)
			}
		})
	}
	if _, err := ParseParagraphs("f", []byte("# x\na b\n")); err == nil || !strings.Contains(err.Error(), "f:2: not three sums") {
		t.Error(err)
	}
}

func TestSourceMap(t *testing.T) {
	list, err := Statements(notes.FS)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	corrected := 0
	for _, s := range list {
		count[s.ID[:3]]++
		if s.Simplified {
			corrected++
		}
	}
	if count["000"] != 25 || count["001"] != 16 || count["002"] != 12 || count["004"] != 21 || corrected != 7 {
		t.Errorf("%v statements, %d of them corrected", count, corrected)
	}
	if s := list[0]; s.ID != "000.1" || !s.In(0) || s.In(1) || s.Text[Korean] == "" {
		t.Errorf("%+v", s)
	}
	terms, err := Glossary(notes.FS)
	if err != nil || len(terms) != 49 || terms[2][Japanese] != "ディスクリプタ" {
		t.Errorf("%d terms, %v", len(terms), err)
	}
}

func TestSourceMapProblems(t *testing.T) {
	const head = "| id | chapters | en | ja | ko |\n| --- | --- | --- | --- | --- |\n"
	for _, c := range []struct{ text, want string }{
		{"nothing", "notes/source-map.md: there is no table"},
		{head + "| x | 1 | a | b | c |\n", "notes/source-map.md:3: “x” is no statement's id"},
		{head + "| 000.1 | one | a | b | c |\n", "notes/source-map.md:3: “one” in the second column"},
		{head + "| 000.1 | 1 | a | b | |\n", "notes/source-map.md:3: column 5 is empty"},
		{head + "| 000.1 | 1 | a | b | c |\n| 000.1 | 1 | a | b | c |\n", "notes/source-map.md:4: statement 000.1 stands on line 3 already"},
	} {
		_, err := Statements(fstest.MapFS{SourceMapFile: {Data: []byte(c.text)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}
