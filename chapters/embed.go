// Package chapters holds the book: one folder a chapter, with its page in each language, the bilingual pages woven from
// them and the pictures its cells drew. It is embedded, so that an installed program has its book.
package chapters

import "embed"

// FS is the folder of chapters.
//
//go:embed [0-9][0-9]-*
var FS embed.FS
