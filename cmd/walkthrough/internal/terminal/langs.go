package terminal

import (
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/suggest"
)

// LangError is a wrong choice of languages.
type LangError struct {
	Name string // the language there is not; "" where there are too many or too few
}

// Say tells what is wrong in the catalog's language.
func (e *LangError) Say(m *msg.Catalog) string {
	if e.Name == "" {
		return m.T(msg.LangMany)
	}
	said := m.T(msg.LangUnknown, e.Name, strings.Join(langList(), ", "))
	var names []string
	for _, l := range book.Langs {
		names = append(names, string(l), l.Name())
	}
	if near := suggest.Near(e.Name, names); len(near) > 0 {
		said = m.Join(said, m.T(msg.DidYouMean, Either(m, near)))
	}
	return said
}

func (e *LangError) Error() string { return e.Say(msg.For("en")) }

func langList() []string {
	var list []string
	for _, l := range book.Langs {
		list = append(list, string(l)+" ("+l.Name()+")")
	}
	return list
}

func joinNames(langs []book.Lang) string {
	var list []string
	for _, l := range langs {
		list = append(list, l.Name())
	}
	return strings.Join(list, " + ")
}

// otherNames are ways to name a language besides its tag and its own name.
var otherNames = map[string]book.Lang{
	"english": book.English, "japanese": book.Japanese, "korean": book.Korean, "jp": book.Japanese, "kr": book.Korean,
	"nihongo": book.Japanese, "hangul": book.Korean,
}

// ParseLangs reads one or two languages with commas between: tags, or the languages' names.
func ParseLangs(s string) ([]book.Lang, *LangError) {
	var langs []book.Lang
	for name := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' || r == '+' }) {
		l, ok := otherNames[strings.ToLower(name)]
		if !ok {
			l = book.Lang(strings.ToLower(name))
		}
		for _, known := range book.Langs {
			if known.Name() == name {
				l = known
			}
		}
		if !l.Known() {
			return nil, &LangError{Name: name}
		}
		if !slices.Contains(langs, l) {
			langs = append(langs, l)
		}
	}
	if len(langs) == 0 || len(langs) > 2 {
		return nil, &LangError{}
	}
	return langs, nil
}
