package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// Reason says why a chapter runs on the finished stack when it should not.
type Reason struct {
	Code   string // "no-go", "no-source", "build-failed", "no-start"
	Detail string // what the go command said, or the system
}

func (r *Reason) Error() string {
	text := map[string]string{
		"no-go":        "there is no go command in the PATH, so this chapter's own stack cannot be built",
		"no-source":    "the project's source was not found, so this chapter's own stack cannot be built",
		"build-failed": "this chapter's own stack could not be built",
		"no-start":     "this chapter's own session could not be started",
	}[r.Code]
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

const childPackage = "./cmd/walkthrough/internal/session/child"

// inputs are the folders of the project that a session is made of.
var inputs = []string{"stack", "cmd/walkthrough/internal/cell", "cmd/walkthrough/internal/session"}

// findGo is [snapshot.Go], but in tests.
var findGo = snapshot.Go

// Build makes sure that a chapter's session is built, ahead of the reader, and returns its path. Chapters that run on
// the finished stack need none, and have no path. Building is safe from any number of goroutines and processes.
func Build(ctx context.Context, chapter int) (path string, err error) {
	if len(snapshot.Tags(chapter)) == 0 {
		return "", nil
	}
	return build(ctx, chapter, Options{})
}

// building lets one build of a kind run at a time in this process.
var building struct {
	sync.Mutex
	done map[string]chan struct{}
}

// build returns the path of the session with a chapter's tags, which it builds unless it is there. An error is a
// [*Reason], or the context's.
func build(ctx context.Context, chapter int, o Options) (string, error) {
	goCommand, ok := findGo()
	if !ok {
		return "", &Reason{Code: "no-go"}
	}
	root := o.Dir
	if root == "" {
		if root, ok = snapshot.Root(); !ok {
			return "", &Reason{Code: "no-source"}
		}
	}
	key, err := key(root, goCommand)
	if err != nil {
		return "", &Reason{"no-source", err.Error()}
	}
	cache, err := cacheDir()
	if err != nil {
		return "", &Reason{"build-failed", err.Error()}
	}
	path := filepath.Join(cache, fmt.Sprintf("%02d-%s", chapter, key))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	for {
		if used(path) {
			return path, nil
		}
		building.Lock()
		other := building.done[path]
		if other == nil {
			if building.done == nil {
				building.done = map[string]chan struct{}{}
			}
			mine := make(chan struct{})
			building.done[path] = mine
			building.Unlock()
			err := compile(ctx, goCommand, root, chapter, path, o.Log)
			building.Lock()
			delete(building.done, path)
			building.Unlock()
			close(mine)
			if err == nil {
				prune(cache, path)
			}
			return path, err
		}
		building.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// compile builds beside path and then renames, so that there is either a whole program there or none.
func compile(ctx context.Context, goCommand, root string, chapter int, path string, log io.Writer) error {
	dir, err := os.MkdirTemp(filepath.Dir(path), "building-")
	if err != nil {
		return &Reason{"build-failed", err.Error()}
	}
	defer os.RemoveAll(dir)
	built := filepath.Join(dir, filepath.Base(path))
	c := exec.CommandContext(ctx, goCommand, "build", "-mod=readonly", "-buildvcs=false", "-ldflags=-s -w",
		"-tags="+strings.Join(snapshot.Tags(chapter), ","), "-o", built, childPackage)
	c.Dir = root
	c.WaitDelay = 2 * time.Second
	// Nothing is fetched: what the walkthrough was built from is here. Without cgo the Go runtime notices deadlocks.
	c.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	err = c.Run()
	if log != nil {
		log.Write(said.Bytes())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		text := strings.TrimSpace(said.String())
		if text == "" {
			text = err.Error()
		}
		return &Reason{"build-failed", text}
	}
	if err := os.Rename(built, path); err != nil && !used(path) {
		return &Reason{"build-failed", err.Error()}
	}
	return nil
}

// key names what a session is built from: the sources, the toolchain, and the settings that change its output. The
// chapter is not in it.
func key(root, goCommand string) (string, error) {
	h := sha256.New()
	tool, err := os.Stat(goCommand)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(h, goCommand, tool.Size(), tool.ModTime().UnixNano(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, name := range []string{"GOTOOLCHAIN", "GOEXPERIMENT", "GOAMD64", "GOARM64", "GOROOT"} {
		fmt.Fprintln(h, name, os.Getenv(name))
	}
	add := func(p string) error {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
		if err == nil {
			fmt.Fprintln(h, p, len(text))
			h.Write(text)
		}
		return err
	}
	if err := errors.Join(add("go.mod"), add("go.sum")); err != nil {
		return "", err
	}
	for _, dir := range inputs {
		err := fs.WalkDir(os.DirFS(root), dir, func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && p == dir {
				return nil
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, ".json") || strings.HasSuffix(p, "_test.go") {
				return err
			}
			return add(p)
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:10]), nil
}

// cacheDir is where built sessions are kept.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil { // no HOME: what is built is used by this user's processes until the next start of the system
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("tsunagu-%d", os.Getuid()))
	}
	dir = filepath.Join(dir, "tsunagu", "sessions")
	return dir, os.MkdirAll(dir, 0o700)
}

// used says whether a session is built, and notes that it is of use.
func used(path string) bool {
	s, err := os.Stat(path)
	if err != nil || !s.Mode().IsRegular() {
		return false
	}
	if now := time.Now(); now.Sub(s.ModTime()) > time.Hour {
		os.Chtimes(path, now, now) // only keeps it longer
	}
	return true
}

// What is kept in the cache beside the sessions of the source as it is: the ones used last, for some days.
const (
	keepBuilt = 3 * snapshot.Last
	keepFor   = 7 * 24 * time.Hour
)

// prune removes sessions that were built from sources of the past, and what builds that were cut off left behind.
func prune(dir, keep string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	type built struct {
		path string
		used time.Time
	}
	var list []built
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			list = append(list, built{filepath.Join(dir, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(list, func(a, b built) int { return b.used.Compare(a.used) })
	for i, b := range list {
		if age := time.Since(b.used); b.path != keep && (i >= keepBuilt && age > time.Hour || age > keepFor) {
			os.RemoveAll(b.path)
		}
	}
}
