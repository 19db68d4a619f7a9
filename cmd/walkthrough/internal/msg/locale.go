package msg

import (
	"os"
	"strings"

	"golang.org/x/text/language"
)

// supported is in the order of the catalogs' tags below; the first is the fallback.
var (
	supported = []language.Tag{language.English, language.Japanese, language.Korean}
	matcher   = language.NewMatcher(supported)
)

// Locale returns the language that the environment asks for: "en", "ja" or "ko". As in gettext, LANGUAGE (a list) is
// heeded where a locale is set at all, and of LC_ALL, LC_MESSAGES and LANG the first that is not empty. English is the
// fallback.
func Locale() string { return locale(os.Getenv) }

func locale(getenv func(string) string) string {
	var wished []string
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if l := strip(v); l != "C" && l != "POSIX" {
				wished = append(wished, l)
			}
			break
		}
	}
	if len(wished) > 0 || getenv("LC_ALL")+getenv("LC_MESSAGES")+getenv("LANG") == "" {
		if list := getenv("LANGUAGE"); list != "" {
			wished = append(strings.Split(list, ":"), wished...)
		}
	}
	for _, w := range wished {
		tag, err := language.Parse(strings.ReplaceAll(strip(w), "_", "-"))
		if err != nil {
			continue
		}
		if _, i, confidence := matcher.Match(tag); confidence >= language.High {
			base, _ := supported[i].Base()
			return base.String()
		}
	}
	return "en"
}

// strip takes codeset and modifier off a locale's name: ja_JP.UTF-8 → ja_JP.
func strip(locale string) string {
	locale, _, _ = strings.Cut(locale, ".")
	locale, _, _ = strings.Cut(locale, "@")
	return locale
}
