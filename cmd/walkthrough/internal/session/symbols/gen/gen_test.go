package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// TestFresh finds out whether what is generated is what the stack exports now, without type-checking anything.
func TestFresh(t *testing.T) {
	root, ok := snapshot.Root()
	if !ok {
		t.Fatal("the project's source is not here")
	}
	t.Chdir(root)
	p, err := planned(root)
	if err != nil {
		t.Fatal(err)
	}
	const remedy = "run: go generate ./" + folder
	var names []string
	for _, o := range p.outputs {
		names = append(names, o.name)
		text, err := os.ReadFile(filepath.Join(folder, o.name))
		if err != nil {
			t.Errorf("%v; %s", err, remedy)
			continue
		}
		constraint, print, _, ok := parseOutput(text)
		if !ok || constraint != o.constraint || print != mark(o.variant) {
			t.Errorf("%s is of %s as it was once; %s", o.name, o.variant.importPath, remedy)
		}
	}
	old, err := generated(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range old {
		if !slices.Contains(names, name) {
			t.Errorf("%s should not be there any more; %s", name, remedy)
		}
	}
	docs, err := documentation(root)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "docs.json")); err != nil || !bytes.Equal(got, docs) {
		t.Errorf("docs.json does not have today's comments; %s", remedy)
	}
}

func TestSpans(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("stack/tcp/a.go", "//go:build !before4\n\npackage tcp\n\nfunc A() {}\n")
	write("stack/tcp/before6.go", "//go:build !before4 && before6\n\npackage tcp\n\nfunc b() {}\n")
	write("stack/tcp/b.go", "//go:build !before6\n\npackage tcp\n\nfunc B() { b() }\n\nfunc (t T) M() {}\n")
	write("stack/tcp/raw_linux.go", "//go:build !before11\n\npackage tcp\n\nfunc Raw() {}\n")
	p, err := planned(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range p.outputs {
		if o.variant.tags != nil || strings.HasPrefix(o.name, "gen_stack") {
			got = append(got, o.name+": "+o.constraint)
		}
	}
	want := []string{
		"gen_stack_tcp_04to05.go: !before4 && before6",
		"gen_stack_tcp_06to10.go: !before6 && before11",
		"gen_stack_tcp_from11_linux.go: !before11 && linux",
		"gen_stack_tcp_from11_other.go: !before11 && !linux",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFingerprint changes what symbols cannot depend on, and then what they can.
func TestFingerprint(t *testing.T) {
	dir := t.TempDir()
	of := func(text string) string {
		if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		s, ok, err := fingerprint(dir, nil, "linux")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return s
	}
	base := of("package p\n\nconst c = 1\n\ntype I interface{ M() }\n\ntype T struct{ a int }\n\nfunc F() {}\n")
	if of("package p\n\n// Comment.\nconst c = 1\n\ntype I interface{ M() }\n\ntype T struct{ a, b int }\n\nfunc F() { g() }\n\nfunc g() {}\n") != base {
		t.Error("a body, a comment or an unexported name counts")
	}
	for _, text := range []string{
		"package p\n\nconst c = 2\n\ntype I interface{ M() }\n\ntype T struct{ a int }\n\nfunc F() {}\n",
		"package p\n\nconst c = 1\n\ntype I interface{ M(int) }\n\ntype T struct{ a int }\n\nfunc F() {}\n",
		"package p\n\nconst c = 1\n\ntype I interface{ M() }\n\nfunc F() {}\n",
		"package p\n\nconst c = 1\n\ntype I interface{ M() }\n\ntype T struct{ a int }\n\nfunc F() {}\n\nfunc G() {}\n",
	} {
		if of(text) == base {
			t.Errorf("not noticed:\n%s", text)
		}
	}
}
