package session

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// emptyCache gives the test a cache without sessions. Go's own cache stays, or everything would be compiled.
func emptyCache(t *testing.T) (dir string) {
	t.Helper()
	goCommand, ok := snapshot.Go()
	if !ok {
		t.Skip("there is no go command")
	}
	out, err := exec.Command(goCommand, "env", "GOCACHE", "GOMODCACHE").Output()
	where := strings.Fields(string(out))
	if err != nil || len(where) != 2 {
		t.Fatalf("%s %v", out, err)
	}
	t.Setenv("GOCACHE", where[0])
	t.Setenv("GOMODCACHE", where[1])
	home := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	dir, err = cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestChapter runs cells on the stack of chapter 4, which has no UDP and has no end to a connection.
func TestChapter(t *testing.T) {
	if _, ok := snapshot.Go(); !ok {
		t.Skip("there is no go command")
	}
	c, err := Start(t.Context(), Options{Chapter: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Finished || c.Reason != nil {
		t.Fatalf("finished %v: %v", c.Finished, c.Reason)
	}
	expect(t, c, "world := sim.New(1)\nhost := world.Host(\"here\")\nhost.Name()", "value:\"here\"\n")
	if said, err := run(t, c, "udp.Part{}"); err == nil || !strings.Contains(said, "undefined: udp") {
		t.Errorf("chapter 4 knows UDP: %s", said)
	}
	// Without cgo the Go runtime sees that nothing can wake the cell.
	ended(t, c, "<-make(chan int)", Deadlock)
}

func TestBuildTogether(t *testing.T) {
	dir := emptyCache(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	var paths []string
	for range 3 {
		group.Go(func() {
			p, err := Build(t.Context(), 4)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			paths = append(paths, p)
			mu.Unlock()
		})
	}
	group.Wait()
	if slices.Sort(paths); paths[0] != paths[2] {
		t.Errorf("%q", paths)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || filepath.Join(dir, entries[0].Name()) != paths[0] {
		t.Errorf("in the cache: %v", entries)
	}
	if p, err := Build(t.Context(), 0); p != "" || err != nil {
		t.Errorf("chapter 0 needs none: %q, %v", p, err)
	}
}

func TestWithoutToolchain(t *testing.T) {
	defer func(f func() (string, bool)) { findGo = f }(findGo)
	findGo = func() (string, bool) { return "", false }
	fallsBack(t, Options{Chapter: 4}, "no-go")
}

func TestBuildFails(t *testing.T) {
	if _, ok := snapshot.Go(); !ok {
		t.Skip("there is no go command")
	}
	dir := t.TempDir()
	fallsBack(t, Options{Chapter: 4, Dir: dir}, "no-source")
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	r := fallsBack(t, Options{Chapter: 4, Dir: dir, Log: &log}, "build-failed")
	if r.Detail == "" || !strings.Contains(log.String(), r.Detail) {
		t.Errorf("%q is not what was said: %q", r.Detail, log.String())
	}
}

// fallsBack starts a session that has to take the finished stack.
func fallsBack(t *testing.T, o Options, code string) *Reason {
	t.Helper()
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Finished || c.Reason == nil || c.Reason.Code != code || c.Reason.Error() == "" {
		t.Fatalf("finished %v, reason %+v, want %s", c.Finished, c.Reason, code)
	}
	expect(t, c, "1 + 1", "value:2\n")
	return c.Reason
}

// TestInputs finds out whether the key of a built session counts everything in the project that goes into one.
func TestInputs(t *testing.T) {
	goCommand, ok := snapshot.Go()
	if !ok {
		t.Skip("there is no go command")
	}
	root, ok := snapshot.Root()
	if !ok {
		t.Fatal("the project's source is not here")
	}
	c := exec.Command(goCommand, "list", "-deps", childPackage)
	c.Dir, c.Env = root, append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for p := range strings.Lines(string(out)) {
		p, ours := strings.CutPrefix(strings.TrimSpace(p), snapshot.Module+"/")
		if ours && !slices.ContainsFunc(inputs, func(dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }) {
			t.Errorf("a session is made of %s too", p)
		}
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, days int) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, nil, 0o777); err != nil {
			t.Fatal(err)
		}
		when := time.Now().AddDate(0, 0, -days)
		if err := os.Chtimes(p, when, when); err != nil {
			t.Fatal(err)
		}
		return p
	}
	mine := write("mine", 30)
	write("old", 8)
	write("new", 0)
	prune(dir, mine)
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{"mine", "new"}) {
		t.Errorf("%v", names)
	}
}
