package snapshot

import (
	"go/build/constraint"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTags(t *testing.T) {
	for chapter, want := range map[int]string{
		0: "", 11: "", 10: "before11", 8: "before9 before10 before11",
		1: "before2 before3 before4 before5 before6 before7 before8 before9 before10 before11",
	} {
		if got := strings.Join(Tags(chapter), " "); got != want {
			t.Errorf("chapter %d: %s, want %s", chapter, got, want)
		}
	}
}

// TestReduce holds the partial evaluation against the full one for every chapter and both values of the other tag.
func TestReduce(t *testing.T) {
	for _, line := range []string{
		"!before6", "before6 && !before4", "linux && !before11", "!before3 && (linux || before7)",
		"!(before5 || linux)", "linux", "!linux && before5 || linux && !before5",
	} {
		x, err := constraint.Parse("//go:build " + line)
		if err != nil {
			t.Fatal(err)
		}
		for chapter := range Last + 1 {
			tags := Tags(chapter)
			for _, linux := range []bool{false, true} {
				eval := func(tag string) bool { return tag == "linux" && linux || slices.Contains(tags, tag) }
				rest, there := stage(chapter).reduce(x)
				if got := there && (rest == nil || rest.Eval(eval)); got != x.Eval(eval) {
					t.Errorf("%s, chapter %d, linux %v: %v (rest %v)", line, chapter, linux, got, rest)
				}
				if rest != nil && strings.Contains(rest.String(), "before") {
					t.Errorf("%s, chapter %d: %v is left", line, chapter, rest)
				}
			}
		}
	}
}

// small is a project with a stand-in, a file for one platform, and a package that begins late.
var small = map[string]string{
	"go.mod":                                "module github.com/tsunagu/tsunagu\n\ngo 1.26.0\n\ntool example.com/x\n",
	"stack/stack.go":                        "//go:build !before1\n\n// Package stack is small.\npackage stack\n\nfunc Name() string { return end() }\n",
	"stack/before2.go":                      "//go:build !before1 && before2\n\npackage stack\n\nfunc end() string { return \"\" }\n",
	"stack/end.go":                          "//go:build !before2\n\npackage stack\n\nfunc end() string { return \"end\" }\n",
	"stack/end_test.go":                     "//go:build !before2\n\npackage stack\n",
	"stack/nic/raw.go":                      "//go:build linux && !before3\n\npackage nic\n",
	"stack/nic/testdata/frame.bin":          "x",
	"cmd/walkthrough/internal/session/x.go": "package session\n",
}

func write(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFiles(t *testing.T) {
	root := write(t, small)
	for chapter, want := range map[int][]string{
		1: {"stack/before2.go", "stack/stack.go"},
		2: {"stack/end.go", "stack/end_test.go", "stack/stack.go"},
		3: {"stack/end.go", "stack/end_test.go", "stack/nic/raw.go", "stack/nic/testdata/frame.bin", "stack/stack.go"},
	} {
		files, err := Files(root, chapter)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, f.Path)
			if f.Path == "stack/nic/raw.go" && !strings.HasPrefix(string(f.Text), "//go:build linux\n\npackage") {
				t.Errorf("what the platform decides is kept: %q", f.Text)
			}
			if f.Path == "stack/stack.go" && !strings.HasPrefix(string(f.Text), "// Package stack") {
				t.Errorf("what the chapter decided is gone: %q", f.Text)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("chapter %d (-want +got)\n%s", chapter, d)
		}
	}
	if _, err := Files(root, 12); err == nil || !strings.Contains(err.Error(), "0 to 11") {
		t.Errorf("chapter 12: %v", err)
	}
}

func TestDiff(t *testing.T) {
	c, err := Diff(write(t, small), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := `diff --git a/stack/before2.go b/stack/before2.go
deleted file mode 100644
--- a/stack/before2.go
+++ /dev/null
@@ -1,3 +0,0 @@
-package stack
-
-func end() string { return "" }
diff --git a/stack/end.go b/stack/end.go
new file mode 100644
--- /dev/null
+++ b/stack/end.go
@@ -0,0 +1,3 @@
+package stack
+
+func end() string { return "end" }
`
	if d := cmp.Diff(want, c.String()); d != "" {
		t.Error(d)
	}
	if _, err := Diff(t.TempDir(), 0); err == nil {
		t.Error("chapter 0 adds nothing")
	}
}

func TestCheckout(t *testing.T) {
	root := write(t, small)
	dir := filepath.Join(t.TempDir(), "two")
	if err := Checkout(root, 2, dir); err != nil {
		t.Fatal(err)
	}
	goCommand, ok := Go()
	if !ok {
		t.Skip("no go command")
	}
	c := exec.Command(goCommand, "vet", "./...")
	c.Dir, c.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err := Checkout(root, 2, dir); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("into a full folder: %v", err)
	}
}

func TestWithoutTools(t *testing.T) {
	got := string(withoutTools([]byte("module m\n\ntool (\n\ta\n\tb\n)\n\nrequire c v1\n\ntool d\n")))
	if want := "module m\n\n\nrequire c v1\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRoot(t *testing.T) {
	dir, ok := Root()
	if !ok {
		t.Fatal("not found from within the project")
	}
	t.Chdir(t.TempDir())
	if from, ok := Root(); !ok || from != dir {
		t.Errorf("from elsewhere: %q, want %q, where it was compiled", from, dir)
	}
}

// TestTree holds this very tree against the rules of growing.
func TestTree(t *testing.T) {
	root, ok := compiledFrom()
	if !ok {
		t.Skip("built with -trimpath")
	}
	problems, err := Check(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

func TestCheck(t *testing.T) {
	root := write(t, map[string]string{
		"stack/a.go":           "package stack\n",
		"stack/b.go":           "//go:build !before2\n\npackage stack\n\nimport _ \"github.com/tsunagu/tsunagu/cmd/x\"\n",
		"stack/c.go":           "//go:build !before12\n\npackage stack\n",
		"stack/tcp/a.go":       "//go:build !before4\n\npackage tcp\n\nimport _ \"github.com/tsunagu/tsunagu/stack\"\n\nfunc init() {}\n",
		"stack/tcp/b.go":       "//go:build !before4\n\npackage tcp\n\nvar hooks []func()\n\nvar m = map[string]func(){}\n",
		"stack/tcp/before5.go": "//go:build before6 && !before4\n\npackage tcp\n",
		"stack/tcp/before6.go": "//go:build before6 && !before4\n\npackage tcp\n" + strings.Repeat("\n", 60),
		"stack/udp/a.go":       "//go:build !before8\n\npackage udp\n\nimport _ \"github.com/tsunagu/tsunagu/stack/sim\"\n",
		"stack/sim/a.go":       "package sim\n\nimport _ \"github.com/tsunagu/tsunagu/stack\"\n",
		"stack/ip/a.go":        "//go:build before3 || !before7\n\npackage ip\n",
		"stack/odd/a.go":       "//go:build !before3\n\npackage odd\n",
	})
	got, err := Check(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"stack/a.go:1: the first line", "stack/b.go:5: imports", "stack/c.go:1: //go:build !before12: there is no chapter 12",
		"stack/ip/a.go:1: //go:build before3 || !before7: not one span", "stack/odd/a.go:1: stack/odd has no place",
		"stack/tcp/a.go:5: imports", "stack/tcp/a.go:7: func init", "stack/tcp/b.go:5: hooks", "stack/tcp/b.go:7: m",
		"stack/tcp/before5.go:1: //go:build before6", "stack/tcp/before6.go:63: a stand-in of 63 lines",
		"stack/udp/a.go:5: imports github.com/tsunagu/tsunagu/stack/sim",
	}
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%s, want %s …", got[i], want[i])
		}
	}
}

// TestDiffOfTheTree checks that what each chapter's diff shows of this very tree is for readers, who know no tags.
func TestDiffOfTheTree(t *testing.T) {
	root, ok := compiledFrom()
	if !ok {
		t.Skip("built with -trimpath")
	}
	for chapter := 1; chapter <= Last; chapter++ {
		c, err := Diff(root, chapter)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Concat(c.Added, c.Removed) {
			if strings.Contains(firstLine(f.Text), "before") {
				t.Errorf("chapter %d shows %s with its constraint", chapter, f.Path)
			}
		}
	}
}
