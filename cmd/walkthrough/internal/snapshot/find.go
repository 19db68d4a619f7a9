package snapshot

import (
	"context"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Go returns the go command: the one in the PATH, or the one of the installation this program was built with.
func Go() (path string, ok bool) {
	if p, err := exec.LookPath("go"); err == nil {
		if p, err = filepath.Abs(p); err == nil {
			return p, true
		}
	}
	if build.Default.GOROOT != "" {
		p := filepath.Join(build.Default.GOROOT, "bin", "go")
		if runtime.GOOS == "windows" {
			p += ".exe"
		}
		if s, err := os.Stat(p); err == nil && s.Mode().IsRegular() {
			return p, true
		}
	}
	return "", false
}

// Root returns the folder that holds the project's source: the module of the working directory if it is ours, else the
// tree this program was compiled from, else the module cache of whoever installed it.
func Root() (dir string, ok bool) {
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			if ours(dir) {
				return dir, true
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if dir, ok := compiledFrom(); ok {
		return dir, true
	}
	return installedFrom()
}

// ours says whether a folder is the root of the project: its go.mod names our module, and the stack is there.
func ours(dir string) bool {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	for l := range strings.Lines(string(mod)) {
		if f := strings.Fields(l); len(f) >= 2 && f[0] == "module" {
			// A snapshot that was checked out has our module's path too, but not this program.
			_, err := os.Stat(filepath.Join(dir, "cmd", "walkthrough", "internal", "session"))
			return f[1] == Module && err == nil
		}
	}
	return false
}

// compiledFrom looks where this very file lay when it was compiled.
func compiledFrom() (string, bool) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", false // built with -trimpath
	}
	dir := filepath.Dir(file)
	for range 4 { // cmd/walkthrough/internal/snapshot
		dir = filepath.Dir(dir)
	}
	return dir, ours(dir)
}

// installedFrom asks the go command where the version of the module lies that this program was built from. It never
// goes out to the network.
var installedFrom = sync.OnceValues(func() (string, bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path != Module || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "", false
	}
	goCommand, ok := Go()
	if !ok {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, goCommand, "list", "-m", "-f", "{{.Dir}}", Module+"@"+info.Main.Version)
	c.Dir = os.TempDir()
	c.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off", "GOFLAGS=")
	out, err := c.Output()
	if err != nil {
		return "", false
	}
	dir := strings.TrimSpace(string(out))
	return dir, dir != "" && ours(dir)
})
