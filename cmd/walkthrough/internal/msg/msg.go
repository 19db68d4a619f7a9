// Package msg is the catalog of every sentence the program says to its user, in the languages of the book. What the
// project's writers see (problems of chapter files, diffs) is English and not here.
package msg

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Key names a sentence.
type Key string

// Catalog holds the sentences of one language.
type Catalog struct {
	lang  string
	texts map[Key]string
}

var catalogs = map[string]*Catalog{
	"en": {"en", english},
	"ja": {"ja", japanese},
	"ko": {"ko", korean},
}

// For returns the catalog of a language, the English one where there is none of its own. Its argument is any string
// type, so that this package depends on no other.
func For[L ~string](lang L) *Catalog {
	if c, ok := catalogs[string(lang)]; ok {
		return c
	}
	return catalogs["en"]
}

// Lang is the language of the catalog.
func (c *Catalog) Lang() string { return c.lang }

// T returns the sentence in the catalog's language with args put in as by [fmt.Sprintf].
func (c *Catalog) T(key Key, args ...any) string {
	t, ok := c.texts[key]
	if !ok {
		if t, ok = english[key]; !ok {
			t = string(key)
		}
	}
	if len(args) == 0 {
		return t
	}
	return fmt.Sprintf(t, args...)
}

// Join puts sentences one after another as the language does: Japanese without a blank after a full stop of its own.
func (c *Catalog) Join(sentences ...string) string {
	var b strings.Builder
	for _, s := range sentences {
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "。") {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	return b.String()
}

// Has reports whether there is such a sentence.
func (c *Catalog) Has(key Key) bool {
	_, ok := c.texts[key]
	return ok
}

// Keys returns the keys of the catalog in order.
func (c *Catalog) Keys() []Key { return slices.Sorted(maps.Keys(c.texts)) }

// merge makes one table of several; a key in two of them is a mistake that the tests find.
func merge(tables ...map[Key]string) map[Key]string {
	all := map[Key]string{}
	for _, t := range tables {
		for k, s := range t {
			if _, twice := all[k]; twice {
				panic("msg: " + string(k) + " stands twice")
			}
			all[k] = s
		}
	}
	return all
}

// Session returns what a session says under a code, in the catalog's language where it is known in it: text is what the
// session said, in English, its detail behind a colon.
func (c *Catalog) Session(code, text string) string {
	t, ok := c.texts[Key("session."+code)]
	if !ok || c.lang == "en" { // its own words say more
		return text
	}
	if strings.HasSuffix(t, ":") {
		_, detail, _ := strings.Cut(text, ": ")
		t += " " + detail
	}
	return t
}
