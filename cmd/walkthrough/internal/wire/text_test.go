package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"unicode"
)

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]`)

// verbs lists a sentence's verbs by the argument they take.
func verbs(sentence string) []string {
	var list []string
	for i, v := range verb.FindAllString(sentence, -1) {
		if v[1] != '[' {
			v = "%[" + strconv.Itoa(i+1) + "]" + v[1:]
		}
		list = append(list, v)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestLanguagesSayTheSame(t *testing.T) {
	scripts := map[string][]*unicode.RangeTable{"ja": {unicode.Hiragana, unicode.Katakana, unicode.Han}, "ko": {unicode.Hangul}}
	for lang, script := range scripts {
		other := textsFor(lang)
		for k, sentence := range english {
			translated, ok := other[k]
			switch {
			case !ok:
				t.Errorf("%s has no %q", lang, k)
			case !slices.Equal(verbs(sentence), verbs(translated)):
				t.Errorf("%s: %q takes %v, and in English %v", lang, k, verbs(translated), verbs(sentence))
			case !containsAny(translated, script) && k != "arrived":
				t.Errorf("%s: %q is not in that language: %q", lang, k, translated)
			}
		}
		for k := range other {
			if _, ok := english[k]; !ok {
				t.Errorf("%s has %q, and English does not", lang, k)
			}
		}
	}
	if textsFor("fr")[help] != english[help] {
		t.Error("a language that the book is not in should get English")
	}
}

func containsAny(s string, script []*unicode.RangeTable) bool {
	for _, r := range s {
		if unicode.In(r, script...) {
			return true
		}
	}
	return false
}

// TestEveryKeyHasASentence reads the keys out of the source, so that none is forgotten.
func TestEveryKeyHasASentence(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "text.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			name, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			keys++
			if english[key(name)] == "" {
				t.Errorf("no sentence for %q", name)
			}
		}
		return true
	})
	if keys != len(english) {
		t.Errorf("%d keys and %d sentences", keys, len(english))
	}
}
