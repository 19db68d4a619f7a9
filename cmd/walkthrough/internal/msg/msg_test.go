package msg

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// keysInSource returns the value of every constant of type Key that this package declares.
func keysInSource(t *testing.T) []Key {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var keys []Key
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, Key(s))
		}
		return true
	})
	slices.Sort(keys)
	return keys
}

func TestEveryLanguageHasEveryKey(t *testing.T) {
	want := keysInSource(t)
	for i := 1; i < len(want); i++ {
		if want[i] == want[i-1] {
			t.Errorf("%q is the value of two constants", want[i])
		}
	}
	for lang, c := range catalogs {
		have := c.Keys()
		for _, k := range want {
			if !slices.Contains(have, k) {
				t.Errorf("%s: %q is missing", lang, k)
			}
		}
		for _, k := range have {
			if !slices.Contains(want, k) {
				t.Errorf("%s: %q is no constant of keys.go", lang, k)
			}
		}
	}
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?([-+# 0-9.]*)([a-zA-Z%])`)

// verbs returns which argument is put in by which verb, in the order of the arguments.
func verbs(s string) []string {
	var list []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(s, -1) {
		if m[3] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		list = append(list, fmt.Sprintf("%d:%s", next, m[3]))
		next++
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestVerbsAgree(t *testing.T) {
	for k, en := range english {
		for lang, c := range catalogs {
			if got, want := verbs(c.texts[k]), verbs(en); !slices.Equal(got, want) {
				t.Errorf("%s: %q has verbs %v, the English sentence %v", lang, k, got, want)
			}
		}
	}
}

// TestOwnScript finds sentences left in English.
func TestOwnScript(t *testing.T) {
	scripts := map[string][]*unicode.RangeTable{
		"ja": {unicode.Hiragana, unicode.Katakana, unicode.Han},
		"ko": {unicode.Hangul},
	}
	for lang, tables := range scripts {
		for k, s := range catalogs[lang].texts {
			if !strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, tables...) }) {
				t.Errorf("%s: %q has no letter of the language: %s", lang, k, s)
			}
			if lang == "ko" && strings.ContainsFunc(s, func(r rune) bool {
				return unicode.In(r, unicode.Hiragana, unicode.Katakana) && !strings.Contains(s, "日本語")
			}) {
				t.Errorf("ko: %q contains kana: %s", k, s)
			}
		}
	}
}

func TestT(t *testing.T) {
	if got := For("ja").T(UnknownCommand, "hlep"); !strings.Contains(got, ":hlep") {
		t.Errorf("argument not put in: %s", got)
	}
	if got, want := For("xx").Lang(), "en"; got != want {
		t.Errorf("fallback is %s, want %s", got, want)
	}
	if got := For("en").T("no such key"); got != "no such key" {
		t.Errorf("unknown key gives %q", got)
	}
}

func TestLocale(t *testing.T) {
	type env map[string]string
	for _, c := range []struct {
		env  env
		want string
	}{
		{env{}, "en"},
		{env{"LANG": "ja_JP.UTF-8"}, "ja"},
		{env{"LANG": "ko_KR.eucKR"}, "ko"},
		{env{"LANG": "ko"}, "ko"},
		{env{"LANG": "C"}, "en"},
		{env{"LANG": "C.UTF-8", "LANGUAGE": "ja"}, "en"}, // gettext: no translation in the C locale
		{env{"LANG": "en_US.UTF-8", "LANGUAGE": "ko:ja"}, "ko"},
		{env{"LANG": "en_US.UTF-8", "LANGUAGE": "de:ja"}, "ja"},
		{env{"LANGUAGE": "ja"}, "ja"},
		{env{"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8"}, "ko"},
		{env{"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"},
		{env{"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"},
		{env{"LANG": "de_DE.UTF-8"}, "en"},
		{env{"LANG": "ja_JP@cjknarrow"}, "ja"},
		{env{"LANG": "!?"}, "en"},
	} {
		if got := locale(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %s, want %s", c.env, got, c.want)
		}
	}
}

func TestSession(t *testing.T) {
	for _, c := range []struct{ lang, code, text, want string }{
		{"ja", "ended-panic", "a goroutine panicked: index out of range: 3", "ゴルーチンがパニックを起こしました: index out of range: 3"},
		{"ko", "ended-timeout", "the cell took too long and was ended", "셀의 실행 시간이 너무 길어 중단했습니다"},
		{"en", "ended-timeout", "in its own words", "in its own words"},
		{"ja", "compile", "undefined: x", "undefined: x"},
		{"ja", "", "text", "text"},
	} {
		if got := For(c.lang).Session(c.code, c.text); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.lang, c.code, got, c.want)
		}
	}
}
