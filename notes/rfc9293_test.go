package notes

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// requirement is a row of the list.
type requirement struct {
	id, status, chapter string
	tests               []string // stack/tcp.TestX, stack/tcp.TestX/sub
}

// rows reads the list, and checks its form.
func rows(t *testing.T, text string) (list []requirement) {
	row := regexp.MustCompile(`^\| ([A-Z]+-\d+) \|`)
	status := regexp.MustCompile(`^(met|not yet|deviates: .+|not taken: .+)$`)
	quoted := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(text) {
		if !row.MatchString(line) {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 6 {
			t.Errorf("%d columns, not 6: %s", len(cells), line)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		r := requirement{id: cells[0], status: cells[3], chapter: cells[4]}
		for _, m := range quoted.FindAllStringSubmatch(cells[5], -1) {
			r.tests = append(r.tests, m[1])
		}
		switch {
		case !status.MatchString(r.status):
			t.Errorf("%s: status %q", r.id, r.status)
		case strings.HasPrefix(r.status, "not taken") && !strings.HasPrefix(r.id, "MAY-"):
			t.Errorf("%s: only what one may do can be left", r.id)
		case r.status == "met" && r.chapter == "":
			t.Errorf("%s: met, from which chapter on?", r.id)
		case r.status == "met" && len(r.tests) == 0:
			t.Errorf("%s: met, as which test shows?", r.id)
		}
		list = append(list, r)
	}
	return list
}

// TestRFC9293: the list has every requirement once and no other, it counts right, and every test that it names passes: it
// is there, and is neither skipped nor left out.
func TestRFC9293(t *testing.T) {
	text, err := os.ReadFile("rfc9293.md")
	if err != nil {
		t.Fatal(err)
	}
	list := rows(t, string(text))
	missing := make(map[string]bool)
	for label, count := range map[string]int{"MUST": 69, "SHLD": 31, "MAY": 18, "REC": 1} {
		for i := range count {
			missing[fmt.Sprintf("%s-%d", label, i+1)] = true
		}
	}
	count := make(map[string]int)
	for _, r := range list {
		if !missing[r.id] {
			t.Errorf("%s: unknown, or there twice", r.id)
		}
		delete(missing, r.id)
		kind, _, _ := strings.Cut(r.status, ":")
		count[kind]++
	}
	for id := range missing {
		t.Errorf("%s: no row", id)
	}
	sum := fmt.Sprintf("Met %d, not yet %d, deviating %d, not taken %d, of 119.",
		count["met"], count["not yet"], count["deviates"], count["not taken"])
	if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), sum) {
		t.Errorf("the list's first paragraph counts otherwise than %q", sum)
	}
	passed := run(t, list)
	for _, r := range list {
		for _, name := range r.tests {
			if verdict := passed[underscored(name)]; verdict != "pass" {
				t.Errorf("%s: %s did not pass: %s", r.id, name, cmp.Or(verdict, "there is no such test, or it did not run"))
			}
		}
	}
}

// underscored is a test's name as go test tells it.
func underscored(name string) string { return strings.ReplaceAll(name, " ", "_") }

// run runs the tests that the list names, one package after the other, and returns what became of each test and subtest.
// What has not changed since go test remembers.
func run(t *testing.T, list []requirement) map[string]string {
	wanted := make(map[string][]string) // by package
	for _, r := range list {
		for _, name := range r.tests {
			dir, test, ok := strings.Cut(name, ".")
			if !ok {
				t.Errorf("%s: %q names no test", r.id, name)
				continue
			}
			test, _, _ = strings.Cut(test, "/")
			if !slices.Contains(wanted[dir], test) {
				wanted[dir] = append(wanted[dir], test)
			}
		}
	}
	// Looked at, so that go test does not remember this test's own verdict when one of them has changed.
	err := filepath.WalkDir(filepath.Join("..", "stack"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	verdicts := make(map[string]string)
	for dir, tests := range wanted {
		slices.Sort(tests)
		c := exec.Command("go", "test", "-json", "-run", "^("+strings.Join(tests, "|")+")$", "./"+dir)
		c.Dir = ".."
		c.Env = append(os.Environ(), "GOPROXY=off") // nothing to be fetched
		var failed bytes.Buffer
		c.Stderr = &failed
		out, err := c.Output()
		if err != nil {
			t.Errorf("%v: %v\n%s", c, err, failed.String())
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var e struct{ Action, Test string }
			if err := d.Decode(&e); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v: %v", c, err)
			}
			if e.Test != "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
				verdicts[dir+"."+e.Test] = e.Action
			}
		}
	}
	return verdicts
}
