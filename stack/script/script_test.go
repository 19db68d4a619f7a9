//go:build !before4

package script

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

// chapter is the chapter whose snapshot is under test, as the build tags say.
func chapter(t *testing.T) int {
	n := 11
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("the test does not know with which tags it was built")
	}
	for _, s := range info.Settings {
		if s.Key != "-tags" {
			continue
		}
		for tag := range strings.SplitSeq(s.Value, ",") {
			if k, ok := strings.CutPrefix(tag, "before"); ok {
				n = min(n, numberOf(t, k)-1)
			}
		}
	}
	return n
}

func numberOf(t *testing.T, s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			t.Fatalf("tag before%s", s)
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// load reads all the scripts there are.
func load(t testing.TB) (all []*Script) {
	files, err := filepath.Glob("testdata/*.tcp")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scripts, err := Parse(file, string(src))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, scripts...)
	}
	return all
}

// TestScripts runs every script of testdata that is meant for this snapshot: -run TestScripts/data runs those of data.tcp,
// -run 'TestScripts/data/.*Nagle' those of it that speak of Nagle.
func TestScripts(t *testing.T) {
	ch := chapter(t)
	ran, all := 0, load(t)
	for _, s := range all {
		if !s.Holds(ch) {
			continue
		}
		ran++
		file := strings.TrimSuffix(filepath.Base(s.File), ".tcp")
		t.Run(file+"/"+s.Name, func(t *testing.T) {
			if err := s.Run(nil); err != nil {
				t.Errorf("%v\n", err)
			}
		})
	}
	t.Logf("chapter %d: %d of %d scripts ran", ch, ran, len(all))
	if len(all) < 250 {
		t.Errorf("there are only %d scripts", len(all))
	}
}

// TestAbleToFail: whatever a script says is heard. Each of its lines that expects something, made to expect another thing,
// must fail there.
func TestAbleToFail(t *testing.T) {
	ch := chapter(t)
	for _, s := range load(t) {
		if !s.Holds(ch) {
			continue
		}
		expects := false
		for i := range s.lines {
			other := *s
			other.lines = append([]line(nil), s.lines...)
			l := &other.lines[i]
			switch l.verb {
			case verbSend:
				l.segment.flags ^= 1
			case verbIs:
				l.state = (l.state + 5) % (tcp.TimeWait + 1)
			case verbError:
				l.err = "another"
			case verbDeadline:
				l.due.at += time.Millisecond
				if l.err == "none" {
					l.err = ""
				}
			case verbInfo:
				l.err += "0"
			case verbCount, verbUrgent:
				l.n++
			case verbRead:
				l.n, l.err = l.n+1, "another"
			default:
				continue
			}
			expects = true
			var f *Failure
			if err := other.Run(nil); !errors.As(err, &f) {
				t.Errorf("%s:%d: %q: changed, and it does not fail", s.File, s.Line, l.text)
			} else if f.Line() != l.number || f.Want == f.Got {
				t.Errorf("%s:%d: fails in line %d:\n%v", s.File, l.number, f.Line(), f)
			}
		}
		if !expects {
			t.Errorf("%s:%d: %q expects nothing", s.File, s.Line, s.Name)
		}
	}
}
