package check

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	pages3 = []string{"chapters/01-socket/en.md", "chapters/01-socket/ja.md", "chapters/01-socket/ko.md"}
	en     = pages3[:1]
	ja     = pages3[1:2]
)

func TestRecord(t *testing.T) {
	p := newProject(t)
	for _, l := range []string{"en.md", "ja.md", "ko.md"} {
		page := p.page(l)
		for _, want := range []string{
			"value 3\n```\n\n```text output\none\n3\n```\n\n",
			"```go stack/socket.go#Socket\n// Socket makes one.\nfunc Socket(t Type) int { return number(t) }\n```\n",
			"print ```\n```\n\n```mermaid output\ngraph TD\n```\n\n````text output\n```\n````\n",
			"picture\n```\n\n![plot](plot.svg)\n",
			"```text output\nno such thing\n```\n",
			"```text output\ntook …\n```\n",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks\n%s\nit is\n%s", l, want, page)
			}
		}
	}
	if p.page("plot.svg") != "<svg/>\n" {
		t.Error(p.page("plot.svg"))
	}
	if !strings.Contains(p.page("README.ko.md"), "# The socket · 소켓\n") {
		t.Error(p.page("README.ko.md"))
	}
	before := p.state()
	if code := p.do("record"); code != exitFine || !strings.Contains(p.log.String(), "all was fresh") {
		t.Errorf("second record: %d\n%s%s", code, &p.out, &p.log)
	}
	if d := cmp.Diff(before, p.state()); d != "" {
		t.Errorf("a second record changed something:\n%s", d)
	}
	if code := p.do("verify"); code != exitFine {
		t.Errorf("verify: %d\n%s%s", code, &p.out, &p.log)
	}
}

// TestVerifyFails shows that each thing verify looks for is found.
func TestVerifyFails(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(p *project)
		want string
	}{
		{"stale output", func(p *project) { p.edit("```text output\none\n", "```text output\neins\n", en...) },
			"+++ chapters/01-socket/en.md (as recorded now)\n@@ -8,7 +8,7 @@\n ```\n \n ```text output\n-eins\n+one\n"},
		{"missing output", func(p *project) { p.edit("```text output\nno such thing\n```\n", "", ja...) }, "+no such thing"},
		{"stale excerpt", func(p *project) { p.edit("// Socket makes one", "// Socket makes a socket", "stack/socket.go") },
			"+// Socket makes a socket."},
		{"unknown excerpt", func(p *project) { p.edit("func Socket", "func Make", "stack/socket.go") },
			"chapters/01-socket/en.md:17: excerpt stack/socket.go#Socket: stack/socket.go declares no Socket; it declares Type"},
		{"stale woven page", func(p *project) { p.edit("ソケット", "ソケツト", "chapters/01-socket/README.md") }, "-# The socket · ソケツト\n+# The socket · ソケット\n"},
		{"missing woven page", func(p *project) { os.Remove(filepath.Join(p.dir, "chapters/01-socket/README.ko.md")) }, "+++ chapters/01-socket/README.ko.md"},
		{"stale drawing", func(p *project) { p.edit("svg", "gif", "chapters/01-socket/plot.svg") }, "-<gif/>\n+<svg/>"},
		{"left-over drawing", func(p *project) { p.edit(" as=svg", "", pages3...) }, "chapters/01-socket/plot.svg: no page shows this drawing"},
		{"skeleton", func(p *project) { p.edit("終わり。", "- 終わり。", ja...) }, "chapters/01-socket/ja.md:60: out of step: a list of 1 here, a paragraph in en.md:"},
		{"one language", func(p *project) { p.edit("The end.", "The very end.", en...) },
			"en.md:59: this paragraph changed, and not at ja.md:60, ko.md:60"},
		{"new paragraph", func(p *project) {
			p.edit("The end.", "The end.\n\nMore.", en...)
			p.edit("終わり。", "終わり。\n\nまた。", ja...)
			p.edit("끝.", "끝.\n\n또.", pages3[2:]...)
		}, "chapters/01-socket/.paragraphs: not as recorded"},
		{"statement not covered", func(p *project) { p.edit(" covers=000.2", "", pages3...) },
			"en.md: no cell covers statement 000.2 (Two.): show it in a cell and say covers=000.2"},
		{"unknown statement", func(p *project) { p.edit("covers=000.2", "covers=000.2,009.9", pages3...) },
			"en.md:22: covers=009.9: notes/source-map.md has no such statement"},
		{"name not introduced", func(p *project) {
			p.edit("`Type`", "kind", pages3...)
			p.edit("Type) int", "kind) int", "stack/socket.go")
		},
			"en.md: the chapter brings Type (stack/socket.go:6), and the page does not introduce it"},
		{"name not introduced in one language", func(p *project) {
			p.edit("func Socket(t Type)", "// Open is a kind.\ntype Open int\n\nfunc Socket(t Type)", "stack/socket.go")
			p.edit("The end.", "The end of `Open`.", en...)
		}, "ja.md: the chapter brings Open (stack/socket.go:16)"},
		{"file not introduced", func(p *project) {
			more := filepath.Join(p.dir, "stack/ip/more.go")
			os.MkdirAll(filepath.Dir(more), 0o755) // Git keeps no empty folder
			os.WriteFile(more, []byte("//go:build !before1 && linux\n\npackage ip\n"), 0o644)
		}, "en.md: the chapter brings stack/ip/more.go, and the page does not introduce it"},
		{"cell fails", func(p *project) { p.edit("print one", "fail at once", pages3...) }, "chapters/01-socket/en.md:6: cell first: at once"},
		{"cell ends its session", func(p *project) { p.edit("print one", "end", pages3...) }, "en.md:6: cell first: "},
		{"error cell does not fail", func(p *project) { p.edit("fail no such thing", "print no such thing", pages3...) },
			"cell wrong: it was meant to fail (error), and did not"},
		{"error cell ends its session", func(p *project) { p.edit("fail no such thing", "end", pages3...) }, "cell wrong: "},
		{"compiled differs", func(p *project) { p.compiled["first"] = "one\n4\n" },
			"en.md:5: cell first says one thing interpreted and another compiled:\n--- interpreted\n+++ compiled\n@@ -1,2 +1,2 @@\n one\n-3\n+4"},
		{"compiled ends early", func(p *project) { p.compiled["plot"] = "gone" }, "cell plot was not reached by the compiled program"},
		{"live output does not fit", func(p *project) { p.edit("print took", "print needed", pages3...) }, "-took …\n+needed …"},
		{"live differs compiled", func(p *project) { p.compiled["wire"] = "gone wrong" }, "cell wire says one thing interpreted"},
		{"broken page", func(p *project) { p.edit("name=first", "nam=first", ja...) }, "chapters/01-socket/ja.md:5: unknown attribute “nam”"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t)
			c.do(p)
			if code := p.do("verify"); code != exitProblem || !strings.Contains(p.out.String(), c.want) {
				t.Errorf("%d, got\n%s%s\nwant\n%s", code, &p.out, &p.log, c.want)
			}
		})
	}
}

func TestVerifyAccepts(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(p *project)
	}{
		{"a loosened pattern", func(p *project) {
			p.edit("took …", "…k …", pages3...)
			p.edit("took …", "…k …", "chapters/01-socket/README.md", "chapters/01-socket/README.ko.md")
		}},
		{"live cells that can't run here", func(p *project) { p.live = "no namespaces" }},
		{"an error cell that must not compile", func(p *project) { p.compiled["wrong"] = "gone" }},
		{"Windows line ends", func(p *project) { p.edit("# The socket\n", "# The socket\r\n", en...) }},
		{"a remark in one language", func(p *project) { p.edit("## ", "<!-- note -->\n\n## ", ja...) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t)
			c.do(p)
			if code := p.do("verify"); code != exitFine {
				t.Errorf("%d\n%s%s", code, &p.out, &p.log)
			}
			if p.live != "" && !strings.Contains(p.log.String(), "cell wire (chapters/01-socket/en.md:51) skipped: no namespaces") {
				t.Errorf("no reason given: %s", &p.log)
			}
		})
	}
}

func TestRecordLeavesWhatIsBroken(t *testing.T) {
	p := newProject(t)
	p.edit("print one", "fail at once", pages3...)
	before := p.state()
	if code := p.do("record"); code != exitProblem || !strings.Contains(p.out.String(), "en.md:6: cell first: at once") {
		t.Errorf("%d\n%s", code, &p.out)
	}
	if d := cmp.Diff(before, p.state()); d != "" {
		t.Error(d)
	}
}

func TestTranslated(t *testing.T) {
	p := newProject(t)
	p.edit("The end.", "The very end.", en...)
	if code := p.do("record"); code != exitProblem || !strings.Contains(p.out.String(), "record -translated") {
		t.Errorf("record: %d\n%s", code, &p.out)
	}
	if !strings.Contains(p.page("README.md"), "The very end.") {
		t.Error("the page is not woven anew")
	}
	if code := p.do("verify"); code != exitProblem {
		t.Error("verify forgets the change after a record")
	}
	if code := p.do("record -translated"); code != exitFine {
		t.Errorf("record -translated: %d\n%s", code, &p.out)
	}
	if code := p.do("verify"); code != exitFine {
		t.Errorf("verify: %d\n%s", code, &p.out)
	}
}

func TestDraft(t *testing.T) {
	p := newProject(t)
	p.edit("print one", "print eins", en...)
	before := p.state()
	if code := p.do("record"); code != exitProblem || !strings.Contains(p.log.String(), "record -draft") {
		t.Errorf("%d\n%s%s", code, &p.out, &p.log)
	}
	if code := p.do("record -draft"); code != exitFine || !strings.Contains(p.page("en.md"), "```text output\neins\n") {
		t.Errorf("%d\n%s%s", code, &p.out, &p.log)
	}
	after := p.state()
	delete(before, en[0])
	delete(after, en[0])
	if d := cmp.Diff(before, after); d != "" {
		t.Error(d)
	}
	p.edit("name=first", "nam=first", en...)
	if code := p.do("record -draft"); code != exitProblem || strings.Contains(p.log.String(), "-draft") {
		t.Errorf("%d\n%s%s", code, &p.out, &p.log)
	}
}

func TestDrawingRemoved(t *testing.T) {
	p := newProject(t)
	p.edit(" as=svg", "", pages3...)
	if code := p.do("record"); code != exitFine {
		t.Fatal(&p.out)
	}
	if _, ok := p.state()["chapters/01-socket/plot.svg"]; ok {
		t.Error("the drawing is still there")
	}
}

func TestCoverage(t *testing.T) {
	p := newProject(t)
	p.edit("covers=000.1", "", pages3...)
	p.do("coverage")
	const want = `000.1  One.
  chapter 1, The socket: NOT COVERED

000.2*  Two.
  chapter 1, The socket: cell drawn, chapters/01-socket/en.md:22
    chapters/01-socket/en.md:15
    It has a ‘Type‘, and is number three.
    │ graph TD
    │ ‘‘‘
  chapter 2 does not exist yet

000.3  Three.
  chapter 2 does not exist yet

3 statements: 0 shown by every chapter they belong to, 1 shown so far with chapters still to come,
1 not covered by a chapter that exists, 1 whose chapters do not exist yet.
`
	if d := cmp.Diff(strings.ReplaceAll(want, "‘", "`"), p.out.String()); d != "" {
		t.Error(d)
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"verify -chapter 7", exitUsage, "walkthrough verify: there is no chapter 7: there are 1 (socket)"},
		{"verify 1", exitUsage, `"1" is too much; a chapter is named by -chapter`},
		{"record -quick", exitUsage, "usage: walkthrough record"},
		{"coverage -lang fr", exitUsage, "the book is written in en, ja and ko"},
		{"coverage -lang ko", exitFine, ""},
		{"verify -h", exitFine, "usage:"},
		{"coverage -root /nowhere", exitUsage, "/nowhere has no folder chapters"},
	} {
		var out, log bytes.Buffer
		args := strings.Fields(c.args)
		if !strings.Contains(c.args, "-root") {
			args = append(args[:1:1], append([]string{"-root", "testdata/project"}, args[1:]...)...)
		}
		if code := Command(context.Background(), args[0], args[1:], &out, &log); code != c.code || !strings.Contains(log.String(), c.want) {
			t.Errorf("%s: %d, %s", c.args, code, &log)
		}
	}
}
