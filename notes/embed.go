// Package notes holds what stands beside the chapters: which statement of the source notes belongs to which chapter, and
// the terms in three languages.
package notes

import "embed"

// FS is the folder of notes.
//
//go:embed *.md
var FS embed.FS
