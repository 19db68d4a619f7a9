package snapshot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Checkout writes the stack as of a chapter to dir, as a module of its own that builds and passes its tests: the
// chapters' build constraints are taken out, and go.mod asks for what the project's asks for. It refuses a folder that
// has anything in it.
func Checkout(root string, chapter int, dir string) error {
	files, err := Files(root, chapter)
	if err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	files = append(files, File{"go.mod", withoutTools(mod)})
	for _, name := range []string{"go.sum", "LICENSE"} {
		switch text, err := os.ReadFile(filepath.Join(root, name)); {
		case err == nil:
			files = append(files, File{name, text})
		case !os.IsNotExist(err):
			return err
		}
	}

	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("%s is not empty (%s is in it): name a folder that is empty or does not exist yet", dir, there[0].Name())
	}
	for _, f := range files {
		to := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(to, f.Text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// withoutTools takes the tool directives out of a go.mod: the tools generate the notebook's files, which stay behind.
func withoutTools(mod []byte) []byte {
	var out bytes.Buffer
	block := false
	for l := range bytes.Lines(mod) {
		f := strings.Fields(string(l))
		switch {
		case block:
			block = len(f) == 0 || f[0] != ")"
			continue
		case len(f) > 0 && f[0] == "tool":
			block = len(f) > 1 && f[1] == "("
			continue
		}
		out.Write(l)
	}
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n')
}
