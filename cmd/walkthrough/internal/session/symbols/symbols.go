// Package symbols holds what interpreted cells can name: the exported names of the stack as of the chapter it is
// compiled for, and of a chosen part of the standard library.
//
// One generated file covers one package over a span of chapters in which its exported names stay the same; its build
// constraint is that span. So a binary built with a chapter's tags names exactly what that chapter's reader has read.
// What is not here does not exist for a cell: no files, no processes, no network but ours.
//
// After a change to an exported name of the stack, or to its comment:
//
//	go generate ./cmd/walkthrough/internal/session/symbols
package symbols

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/symbols/std"
)

//go:generate go run ./gen

// Symbols maps import path and package name, as in net/netip/netip, to the names the package exports. The generated
// files add the stack's to those of the standard library.
var Symbols = std.Symbols

// Fmt is the key of package fmt.
const Fmt = std.Fmt

// MapTypes tells the interpreter which interfaces the functions of fmt look for in their arguments, so that an
// interpreted Error or String method is called. The key of a Print function has to be the value that is registered for it.
func MapTypes() map[reflect.Value][]reflect.Type {
	looked := []reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer]()}
	types := map[reflect.Value][]reflect.Type{}
	for _, name := range []string{
		"Errorf", "Fprint", "Fprintf", "Fprintln", "Print", "Printf", "Println",
		"Sprint", "Sprintf", "Sprintln", "Append", "Appendf", "Appendln",
	} {
		types[Symbols[Fmt][name]] = looked
	}
	return types
}

// Entry is the documentation of one exported name.
type Entry struct {
	Signature string `json:"signature"`
	Text      string `json:"text,omitempty"`
}

//go:embed docs.json
var docs []byte

// Docs maps import paths to the documentation of what the package exports in the finished stack, by name; a method or
// a field is Type.Name, and the package itself has the empty name.
var Docs = sync.OnceValue(func() map[string]map[string]Entry {
	var m map[string]map[string]Entry
	if err := json.Unmarshal(docs, &m); err != nil {
		panic("symbols: docs.json: " + err.Error()) // generated, and read by a test
	}
	return m
})
