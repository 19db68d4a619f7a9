package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
)

// called runs the program with arguments and nothing to read.
func called(t *testing.T, arguments ...string) (status int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	in, out, errs := open("in"), open("out"), open("err")
	status = run(arguments, environment{in, out, errs})
	read := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return status, read(out), read(errs)
}

func speaks(t *testing.T, locale string) {
	t.Setenv("LC_ALL", locale)
	t.Setenv("LANGUAGE", "")
	t.Setenv("XDG_STATE_HOME", t.TempDir())
}

func TestMistakes(t *testing.T) {
	speaks(t, "en_US.UTF-8")
	for _, c := range []struct {
		arguments string
		want      string
	}{
		{"ruin", "walkthrough: there is no command “ruin”. Did you mean run?\n“walkthrough help” tells how it is used.\n"},
		{"xyzzy 1", "there is no command “xyzzy”\n"},
		{"help recrod", "Did you mean record?"},
		{"run", "which chapter?"},
		{"77", "There is no chapter “77”. The chapters are "},
		{"run 77", "There is no chapter “77”. The chapters are "},
		{"run sokcet", "Did you mean socket?"},
		{"run 1 2", "too many arguments: 2"},
		{"run 1 -lang xx", "The book is not written in “xx”. It is written in en (English), ja (日本語), ko (한국어)."},
		{"run -lnag ja 1", "wrong option: -lnag. Did you mean -lang?"},
		{"run 1 -lang", "wrong option"},
		{"-lang tlh", "not written in “tlh”"},
		{"-frehs", "Did you mean -fresh?"},
		{"chapters 1", "too many arguments: 1"},
		{"checkout", "which chapter?"},
		{"checkout 3", "into which folder?"},
		{"checkout 33 x", "There is no chapter “33”. The chapters are 0–11."},
		{"diff", "which chapter?"},
		{"diff x", "There is no chapter “x”."},
		{"version now", "too many arguments: now"},
		{"nic now", "too many arguments: now"},
	} {
		t.Run(c.arguments, func(t *testing.T) {
			status, stdout, stderr := called(t, strings.Fields(c.arguments)...)
			if status != exitUsage || stdout != "" {
				t.Errorf("status %d, stdout %q", status, stdout)
			}
			if !strings.Contains(stderr, c.want) {
				t.Errorf("stderr %q, want %q in it", stderr, c.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for lang, locale := range map[string]string{"en": "en_US.UTF-8", "ja": "ja_JP.UTF-8", "ko": "ko_KR.UTF-8"} {
		speaks(t, locale)
		m := msg.For(lang)
		for _, arguments := range []string{"help", "--help", "-h"} {
			status, stdout, stderr := called(t, arguments)
			if status != exitFine || stderr != "" {
				t.Errorf("%s: status %d, stderr %q", arguments, status, stderr)
			}
			for _, c := range commands() {
				if c.name != "" && !strings.Contains(stdout, "  "+column(c.name, 10)+m.T(c.one)+"\n") {
					t.Errorf("%s, %s: %s is missing:\n%s", lang, arguments, c.name, stdout)
				}
			}
		}
		for _, c := range commands()[1:] {
			_, one, _ := called(t, "help", c.name)
			status, two, _ := called(t, c.name, "--help")
			if one != two || status != exitFine {
				t.Errorf("%s: help %s and %s --help differ", lang, c.name, c.name)
			}
			for _, want := range append([]string{m.T(c.one), strings.TrimRight(c.text(m), "\n"), m.T(msg.CLIUsage)}, c.examples...) {
				if !strings.Contains(one, want) {
					t.Errorf("%s: help %s lacks %q:\n%s", lang, c.name, want, one)
				}
			}
		}
	}
}

func TestHelpInTheLanguageAskedFor(t *testing.T) {
	speaks(t, "en_US.UTF-8")
	for _, arguments := range []string{"run -lang ja --help", "run --help -lang=ja", "run --help --lang ja"} {
		if _, stdout, _ := called(t, strings.Fields(arguments)...); !strings.Contains(stdout, "使い方:") {
			t.Errorf("%s:\n%s", arguments, stdout)
		}
	}
}

func TestChapters(t *testing.T) {
	speaks(t, "en_US.UTF-8")
	status, stdout, stderr := called(t, "chapters", "-lang", "en,ja")
	if status != exitFine || stderr != "" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	for _, c := range loadBook().Chapters {
		if !strings.Contains(stdout, c.Name) {
			t.Errorf("%s is missing:\n%s", c.Name, stdout)
		}
	}
}

func TestVersion(t *testing.T) {
	speaks(t, "en_US.UTF-8")
	for _, a := range []string{"version", "--version", "-version"} {
		if status, stdout, _ := called(t, a); status != exitFine || !strings.HasPrefix(stdout, "walkthrough ") {
			t.Errorf("%s: %d, %s", a, status, stdout)
		}
	}
}

func TestDiffAndCheckout(t *testing.T) {
	speaks(t, "en_US.UTF-8")
	status, stdout, stderr := called(t, "diff", "4")
	if status != exitFine || !strings.Contains(stdout, "+++ b/stack/tcp/") {
		t.Errorf("status %d, %.300s\n%s", status, stdout, stderr)
	}
	if status, _, stderr := called(t, "diff", "0"); status != exitFailed || !strings.Contains(stderr, "chapter 0") {
		t.Errorf("diff 0: status %d, %s", status, stderr)
	}
	dir := filepath.Join(t.TempDir(), "stack")
	status, stdout, stderr = called(t, "checkout", "1", dir)
	if status != exitFine || !strings.Contains(stdout, dir) {
		t.Errorf("status %d, %s, %s", status, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Error(err)
	}
	if status, _, stderr := called(t, "checkout", "1", dir); status != exitFailed || !strings.Contains(stderr, dir) {
		t.Errorf("into a folder that is not empty: status %d, %s", status, stderr)
	}
}
