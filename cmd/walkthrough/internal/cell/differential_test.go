package cell

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRandomCells runs random notebooks interpreted and compiled, many of them compiled as one program. CELL_NOTEBOOKS is
// how many, CELL_SEED where they begin; every notebook has its own seed, so a failure is found again alone.
func TestRandomCells(t *testing.T) {
	n, seed := number("CELL_NOTEBOOKS", 40), number("CELL_SEED", 1)
	if testing.Short() {
		n = min(n, 20)
	}
	generate := rapid.Custom(randomNotebook)
	const batch = 200
	refused := 0
	for from := 0; from < n; from += batch {
		var names []string
		var notebooks [][]string
		for i := from; i < min(from+batch, n); i++ {
			cells := generate.Example(seed + i)
			if err := prepare(cells); err != nil {
				t.Logf("seed %d: %v", seed+i, err)
				refused++
				continue
			}
			names = append(names, fmt.Sprintf("random CELL_NOTEBOOKS=1 CELL_SEED=%d", seed+i))
			notebooks = append(notebooks, cells)
		}
		agree(t, names, notebooks)
	}
	if refused*10 > n {
		t.Errorf("%d of %d notebooks were refused: the grammar is to write what compiles", refused, n)
	}
}

// prepare says which of some cells is refused.
func prepare(cells []string) error {
	st := New(library())
	for _, src := range cells {
		p, err := st.Prepare(src)
		var own *Error
		if errors.As(err, &own) {
			line := strings.Split(src, "\n")[own.Line-1]
			return fmt.Errorf("%s (%s)\n%s", own, own.Code, line)
		}
		st.Commit(p)
	}
	return nil
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
