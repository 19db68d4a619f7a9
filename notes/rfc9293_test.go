package notes

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRFC9293: the list has every requirement once and no other, and every one that is said to be met names a test there is.
func TestRFC9293(t *testing.T) {
	text, err := os.ReadFile("rfc9293.md")
	if err != nil {
		t.Fatal(err)
	}
	missing := make(map[string]bool)
	for label, count := range map[string]int{"MUST": 69, "SHLD": 31, "MAY": 18, "REC": 1} {
		for i := range count {
			missing[fmt.Sprintf("%s-%d", label, i+1)] = true
		}
	}
	row := regexp.MustCompile(`^\| ([A-Z]+-\d+) \|`)
	status := regexp.MustCompile(`^(met|not yet|deviates: .+)$`)
	for line := range strings.Lines(string(text)) {
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
		id := cells[0]
		if !missing[id] {
			t.Errorf("%s: unknown, or there twice", id)
		}
		delete(missing, id)
		if !status.MatchString(cells[3]) {
			t.Errorf("%s: status %q", id, cells[3])
		}
		if cells[3] != "met" {
			continue
		}
		if cells[4] == "" {
			t.Errorf("%s: met, from which chapter on?", id)
		}
		if err := findTest(strings.Trim(cells[5], "`")); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for id := range missing {
		t.Errorf("%s: no row", id)
	}
}

// findTest looks for a test that is named like stack/tcp.TestX or stack/tcp.TestX/sub in the source.
func findTest(name string) error {
	dir, test, ok := strings.Cut(name, ".")
	if !ok {
		return fmt.Errorf("%q names no test", name)
	}
	test, sub, _ := strings.Cut(test, "/")
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*_test.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		_, body, found := strings.Cut(string(source), "\nfunc "+test+"(t *testing.T)")
		if !found {
			continue
		}
		body, _, _ = strings.Cut(body, "\n}\n")
		if sub != "" && !strings.Contains(body, fmt.Sprintf("%q", sub)) {
			return fmt.Errorf("%s has no %q", test, sub)
		}
		return nil
	}
	return fmt.Errorf("there is no test %s in %s", test, dir)
}
