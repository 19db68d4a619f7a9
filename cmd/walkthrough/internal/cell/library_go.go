package cell

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
)

// FromGo makes a library of the packages that the go command finds from dir with the given build tags: exactly what a
// program compiled there sees.
func FromGo(ctx context.Context, goCommand, dir string, tags, paths []string) (*Library, error) {
	args := append([]string{"list", "-export", "-deps", "-json=ImportPath,Name,Export,DepOnly", "-tags=" + strings.Join(tags, ",")}, paths...)
	cmd := exec.CommandContext(ctx, goCommand, args...)
	cmd.Dir = dir
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, strings.TrimSpace(problems.String()))
	}
	l := &Library{paths: map[string]string{}, imports: map[string]string{}, loaded: map[string]*types.Package{}}
	export := map[string]string{}
	for d := json.NewDecoder(&out); ; {
		var p struct {
			ImportPath, Name, Export string
			DepOnly                  bool
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		export[p.ImportPath] = p.Export
		if !p.DepOnly {
			l.paths[p.Name], l.imports[p.Name] = p.ImportPath, p.ImportPath
		}
	}
	compiled := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if export[path] == "" {
			return nil, fmt.Errorf("there is no package %s in cells", path)
		}
		return os.Open(export[path])
	})
	l.load = compiled.Import
	return l, nil
}
