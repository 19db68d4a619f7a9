package book

// Lang is a language the book is written in.
type Lang string

// The book's languages. A chapter has a page in each.
const (
	English  Lang = "en"
	Japanese Lang = "ja"
	Korean   Lang = "ko"
)

// Langs are the languages in the order in which they are listed everywhere; the first is the one that the skeletons of
// the others are compared with.
var Langs = []Lang{English, Japanese, Korean}

// Name returns the language's name in itself.
func (l Lang) Name() string {
	switch l {
	case English:
		return "English"
	case Japanese:
		return "日本語"
	case Korean:
		return "한국어"
	}
	return string(l)
}

// Known reports whether the book is written in l.
func (l Lang) Known() bool { return l == English || l == Japanese || l == Korean }
