package cell

import (
	_ "embed"
	"errors"
	"strings"
	"testing"
)

// traps has notebooks that interpreter and compiler must agree on, and, after "refused", what is refused with which code.
//
//go:embed testdata/traps.txt
var traps string

// TestTraps runs every trap that is known: "=== name" begins a notebook, "---" separates cells. "=== name: refused code"
// expects the last cell to be refused.
func TestTraps(t *testing.T) {
	var names []string
	var notebooks [][]string
	for _, part := range strings.Split(traps, "=== ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		cells := strings.Split(strings.TrimSuffix(body, "\n"), "\n---\n")
		before, code, refused := strings.Cut(name, ": refused ")
		if !refused {
			names, notebooks = append(names, name), append(notebooks, cells)
			continue
		}
		st := New(library())
		var err error
		for i, c := range cells {
			p, e := st.Prepare(c)
			if err = e; err != nil && i < len(cells)-1 {
				t.Errorf("%s: %v", before, err)
			}
			if err == nil {
				st.Commit(p)
			}
		}
		var own *Error
		if !errors.As(err, &own) || own.Code != code {
			t.Errorf("%s: got %v, want code %s", before, err, code)
		} else if len(own.Msg) < 20 || own.Line < 1 || own.Col < 1 {
			t.Errorf("%s: %+v says too little", before, own)
		}
	}
	agree(t, names, notebooks)
}
