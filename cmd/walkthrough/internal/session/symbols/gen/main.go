// Command gen writes what cells can name: the symbols of the stack, one file a package and span of chapters, those of
// the chosen part of the standard library, and the table of documentation.
//
//	gen          writes what has changed since it was last written
//	gen -check   writes everything anew in memory, and fails when a file differs
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

const folder = "cmd/walkthrough/internal/session/symbols"

// stdFolder is where in it those of the standard library are.
const stdFolder = "std/"

func main() {
	check := flag.Bool("check", false, "write nothing; fail when a file is not what it should be")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	root, ok := snapshot.Root()
	if !ok {
		return fmt.Errorf("the project's source is not here: run it inside the project")
	}
	// The type checker finds modules by way of the working directory.
	if err := os.Chdir(root); err != nil {
		return err
	}
	plan, err := planned(root)
	if err != nil {
		return err
	}
	if !check {
		plan.reuse(folder)
	}
	if check && !ownGo(root) {
		// Another Go has other names in its standard library; what they were generated from is what counts.
		plan.outputs = slices.DeleteFunc(plan.outputs, func(o output) bool { return !o.variant.ours() })
		plan.variants = slices.DeleteFunc(plan.variants, func(v *variant) bool { return !v.ours() })
	}
	failed := plan.extract()
	if check && failed != nil {
		return failed
	}
	docs, err := documentation(root)
	if err != nil {
		return err
	}
	files := plan.files()
	files["docs.json"] = docs

	old, err := generated(folder)
	if err != nil {
		return err
	}
	var stale []string
	for _, name := range old {
		if plan.has(name) || strings.HasPrefix(name, stdFolder) && check {
			continue
		}
		stale = append(stale, name+" (should not be there)")
		if !check {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	for name, want := range files {
		p := filepath.Join(folder, name)
		if got, err := os.ReadFile(p); err == nil && bytes.Equal(got, want) {
			continue
		}
		stale = append(stale, name)
		if !check {
			if err := os.WriteFile(p, want, 0o666); err != nil {
				return err
			}
		}
	}
	if slices.Sort(stale); check && len(stale) > 0 {
		return fmt.Errorf("not what the stack exports now: %s; run: go generate ./%s", strings.Join(stale, ", "), folder)
	}
	return failed
}

// ownGo says whether this is the version of Go that go.mod names, but for the last number.
func ownGo(root string) bool {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return false
	}
	for l := range strings.Lines(string(mod)) {
		if f := strings.Fields(l); len(f) == 2 && f[0] == "go" {
			return version.Lang(runtime.Version()) == version.Lang("go"+f[1])
		}
	}
	return false
}

// ours says whether a variant is of a package of the project.
func (v *variant) ours() bool { return strings.HasPrefix(v.importPath, snapshot.Module+"/") }

// has says whether a file of this name belongs there.
func (p *plan) has(name string) bool {
	return slices.ContainsFunc(p.outputs, func(o output) bool { return o.name == name })
}

// generated lists the generated files there are.
func generated(dir string) ([]string, error) {
	var names []string
	for _, sub := range []string{"", stdFolder} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "gen_") {
				names = append(names, sub+e.Name())
			}
		}
	}
	return names, nil
}
