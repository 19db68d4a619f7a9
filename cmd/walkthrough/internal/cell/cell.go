// Package cell is the front end of a notebook's cells. It stands between what a reader types and the two ways it is run:
// interpreted by yaegi, cell by cell, and compiled, a chapter's cells as one Go program.
//
// Both ways come from one reading of the cell. A cell is split into declarations and statements ([split.go]), and the Go
// type checker looks at each of these units in turn, with what earlier cells left behind in scope ([check.go]). So
// everything that Go refuses is refused in Go's own words, at the reader's line and column, and everything after it knows
// the types. Then the unit is written out anew ([emit.go]): every name that a cell declares at its top level becomes a
// name of the package, one of its own when the name was taken (so := again with a new type works, and what was written
// before keeps the old one), and statements become the body of a function that assigns to them.
//
// For the compiler that is all. For the interpreter, whatever it would get wrong is written out in other words
// ([rewrite.go] and its neighbours) or refused with a sentence that says what to do instead ([refuse.go]).
package cell

import (
	"fmt"
	"go/types"
)

// Error is what is wrong with a cell.
type Error struct {
	Line, Col int    // in the cell, from 1; columns count bytes
	Code      string // a stable name: "syntax", "type", or what was refused
	Msg       string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }

// Prepared is a cell in the interpreter's words. It becomes part of the state when it is committed.
type Prepared struct {
	Chunks  []string // to be evaluated in this order
	Imports []string // the packages that the cell imports, by path
	Defines []string // the names that the cell declares, in order

	source string
	after  *State // what the state is when the chunks have run
}

// State is what the cells that have run left behind. The zero State knows no package.
type State struct {
	// Live allows go statements, for cells whose world is the real one.
	Live bool

	lib     *Library
	sources []string       // of the cells committed so far
	cells   int            // how many cells there were
	pkg     *types.Package // what everything in cells belongs to
	objects map[string]types.Object
	order   []string // the keys of objects, oldest first
	names   *names
	changed bool // a type of an earlier cell was given a method, which cannot be taken back
}

// New returns the state before the first cell.
func New(lib *Library) *State { return &State{lib: lib} }

// Prepare reads one cell. The error is an [*Error]. What comes back changes nothing until it is committed.
func (st *State) Prepare(src string) (*Prepared, error) {
	next := st.clone()
	r, err := next.read(src)
	if err != nil {
		if next.changed {
			st.rebuild()
		}
		return nil, err
	}
	chunks, err := r.interpreted()
	if err != nil {
		if next.changed {
			st.rebuild()
		}
		return nil, err
	}
	next.sources = append(next.sources[:len(next.sources):len(next.sources)], src)
	next.changed = false
	return &Prepared{Chunks: chunks, Imports: r.imports, Defines: r.defines, source: src, after: next}, nil
}

// Commit makes what a cell defined part of the state. It is to be called after its chunks have run.
func (st *State) Commit(p *Prepared) { *st = *p.after }

// Names returns the names that cells have declared and that a next cell can use, the oldest first.
func (st *State) Names() []string { return append([]string(nil), st.order...) }

// Lookup returns what a name that cells have declared stands for, or nil.
func (st *State) Lookup(name string) types.Object { return st.objects[name] }

func (st *State) clone() *State {
	c := &State{Live: st.Live, lib: st.lib, sources: st.sources, cells: st.cells, objects: map[string]types.Object{}, names: st.names.clone()}
	if c.pkg = st.pkg; c.pkg == nil {
		c.pkg = types.NewPackage(cellPath, "main")
	}
	for _, n := range st.order {
		c.objects[n] = st.objects[n]
	}
	c.order = append(c.order, st.order...)
	return c
}

// rebuild reads all cells again. It is for when a cell that came to nothing has left a method on a type of an earlier one.
func (st *State) rebuild() {
	fresh := &State{Live: st.Live, lib: st.lib, names: (*names)(nil).clone()}
	if st.names != nil {
		fresh.names.suffix = st.names.suffix
	}
	for _, src := range st.sources {
		p, err := fresh.Prepare(src)
		if err != nil {
			return // it was read before; keep what there is
		}
		fresh.Commit(p)
	}
	*st = *fresh
}
