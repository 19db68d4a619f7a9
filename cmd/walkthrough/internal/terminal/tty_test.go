package terminal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFirstKey(t *testing.T) {
	for in, want := range map[string]string{
		"a":            "a",
		"日本":           "日",
		"한":            "한",
		"\x1b[A":       "\x1b[A",
		"\x1bOA":       "\x1b[A",
		"\x1b[1;5Cx":   "\x1b[1;5C",
		"\x1bb":        "\x1bb",
		"\x1b日":        "\x1b日",
		"\x1b[13;2u":   keyNewLine,
		"\x1b[1~":      "\x1b[H",
		keyPaste + "x": keyPaste,
		"\r":           "\r",
		"😀":            "😀",
	} {
		if got, n := firstKey([]byte(in)); got != want || n == 0 {
			t.Errorf("firstKey(%q) = %q, %d; want %q", in, got, n, want)
		}
	}
	for _, in := range []string{"", "\x1b", "\x1b[", "\x1b[1;5", "\x1bO", "\xe6\x97", "\x1b\xe6"} {
		if got, n := firstKey([]byte(in)); n != 0 {
			t.Errorf("firstKey(%q) = %q, %d before the key is whole", in, got, n)
		}
	}
	for _, in := range []string{"\xff", "\x00", "\x1b\x1b[A", "\x1b[\x03"} {
		if got, n := firstKey([]byte(in)); got != "" || n == 0 {
			t.Errorf("firstKey(%q) = %q, %d; it is to be passed over", in, got, n)
		}
	}
}

func TestGetKey(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, part := range []string{"a\xe6", "\x97\xa5\x1b", "[B", "\x1b[200~one\r", "two\x00\x1b", "[201~", "z"} {
		w.WriteString(part)
	}
	w.Close()
	k := &tty{in: r}
	k.push("pushed")
	var got []string
	for {
		key, err := k.GetKey()
		if err != nil {
			break
		}
		if key == keyPaste {
			key = "paste:" + k.pasted
		}
		got = append(got, key)
	}
	want := []string{"pushed", "a", "日", "\x1b[B", "paste:one\ntwo", "z"}
	// What a pasted text holds of escape sequences loses its Escape, so it can't end the paste or steer the terminal.
	if !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
}

func TestDeeper(t *testing.T) {
	for l, want := range map[string][2]int{"x": {0, 0}, "\tif x {": {1, 1}, "f( ": {0, 1}, "\t\tx": {2, 0}, "case 1:": {0, 1}, "": {0, 0}} {
		if own, more := deeper(l); own != want[0] || more != want[1] {
			t.Errorf("deeper(%q) = %d, %d", l, own, more)
		}
	}
}

func TestHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "history.jsonl")
	h := openHistory(file)
	for _, e := range []string{"x := 1", "x := 1", "if x {\n\ty\n}", "日本語", "  ", ""} {
		h.add(e)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("{broken\n\"last\"\n\"cut o")
	f.Close()
	again := openHistory(file)
	if want := []string{"x := 1", "if x {\n\ty\n}", "日本語", "last"}; !slices.Equal(again.entries, want) {
		t.Errorf("history %q, want %q", again.entries, want)
	}
	for i := range historySize + 5 {
		again.add(strings.Repeat("x", i+1))
	}
	if n := openHistory(file).Len(); n != historySize {
		t.Errorf("%d entries are kept, want %d", n, historySize)
	}
	if b, _ := os.ReadFile(file); strings.Count(string(b), "\n") != historySize {
		t.Error("the file was not cut")
	}
}

func TestHistoryNowhere(t *testing.T) {
	h := openHistory("/dev/null/history")
	h.add("x")
	if h.Len() != 1 || h.At(0) != "x" {
		t.Errorf("%q", h.entries)
	}
}

func TestPlaceIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := loadPlace(dir); err != errNoPlace {
		t.Errorf("before anything is kept: %v", err)
	}
	want := Place{Chapter: 4, Cell: 7, Langs: []lang{"en", "ja"}}
	if err := savePlace(dir, want); err != nil {
		t.Fatal(err)
	}
	got, err := loadPlace(dir)
	if err != nil || got.Chapter != 4 || got.Cell != 7 || !slices.Equal(got.Langs, want.Langs) {
		t.Errorf("%+v, %v", got, err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("files are left over: %v", list)
	}
}

func TestStateDir(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/state")
	if dir, err := StateDir(); err != nil || filepath.ToSlash(dir) != "/state/tsunagu" && filepath.IsAbs("/state") {
		t.Errorf("%s, %v", dir, err)
	}
	t.Setenv("XDG_STATE_HOME", "relative is to be ignored")
	t.Setenv("HOME", "/home/x")
	if dir, _ := StateDir(); !filepath.IsAbs(dir) || filepath.Base(dir) != "tsunagu" {
		t.Errorf("%s", dir)
	}
}

func TestListing(t *testing.T) {
	more := func(n int) string { return strings.Repeat("+", n) }
	got := listing([]string{"Accept", "Addr", "接続", "Close", "Listen"}, 20, 2, more)
	if want := []string{"Accept  接続", "Addr    Close", "+"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseLangs(t *testing.T) {
	for in, want := range map[string][]lang{
		"en": {"en"}, "en,ja": {"en", "ja"}, "JA": {"ja"}, "한국어, English": {"ko", "en"}, "ja,ja": {"ja"}, "jp": {"ja"},
	} {
		if got, err := ParseLangs(in); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", ",", "xx", "en,ja,ko", "en,xx"} {
		if got, err := ParseLangs(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}
