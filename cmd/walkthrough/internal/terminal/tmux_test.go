package terminal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

// onTerminal makes the test's own program the walkthrough, so that it can be started on a terminal.
const onTerminal = "TSUNAGU_TEST_ON_TERMINAL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(onTerminal); dir != "" {
		err := Run(context.Background(), Options{
			Book: makeBook(func(err error) { panic(err) }), StateDir: dir, In: os.Stdin, Out: os.Stdout,
			Notebook: notebook.Options{Start: func(context.Context, session.Options) (notebook.Session, error) {
				return &fakeSession{log: new([]string), stop: make(chan struct{}, 1)}, nil
			}},
		})
		fmt.Println("ended:", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// tmux is a terminal on which the walkthrough runs.
type tmux struct {
	t      *testing.T
	socket string
	state  string
}

func newTmux(t *testing.T, size, locale string) *tmux {
	t.Helper()
	if testing.Short() {
		t.Skip("starts tmux")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: nothing is tried out on a real terminal")
	}
	x := &tmux{t: t, state: t.TempDir()}
	x.start(size, locale)
	return x
}

func (x *tmux) start(size, locale string) {
	x.t.Helper()
	socket := x.t.TempDir() + "/s" // of its own: a server that was told to end may still be about
	x.socket = socket
	x.t.Cleanup(func() { exec.Command("tmux", "-S", socket, "kill-server").Run() })
	self, err := os.Executable()
	if err != nil {
		x.t.Fatal(err)
	}
	w, h, _ := strings.Cut(size, "x")
	command := fmt.Sprintf("LC_ALL=%s NO_COLOR= %s=%s %s; exec sleep 600", locale, onTerminal, x.state, self)
	x.do("-u", "-f", os.DevNull, "new-session", "-d", "-x", w, "-y", h, command)
}

func (x *tmux) do(arguments ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket}, arguments...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %q: %v\n%s", arguments, err, out)
	}
	return string(out)
}

func (x *tmux) types(s string)   { x.t.Helper(); x.do("send-keys", "-l", s) }
func (x *tmux) keys(k ...string) { x.t.Helper(); x.do(append([]string{"send-keys"}, k...)...) }

// sees waits until the screen shows all of what is wanted.
func (x *tmux) sees(wanted ...string) string {
	x.t.Helper()
	var screen string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		screen = x.do("capture-pane", "-p")
		missing := false
		for _, w := range wanted {
			missing = missing || !strings.Contains(screen, w)
		}
		if !missing {
			return screen
		}
	}
	x.t.Fatalf("the screen never showed %q:\n%s", wanted, screen)
	return ""
}

func TestTerminalJapanese(t *testing.T) {
	t.Parallel()
	x := newTmux(t, "80x30", "ja_JP.UTF-8")
	x.sees("tsunagu へようこそ", "地図\n  ━━━━", "最初の段落です。code もあります。", "セル 1/3 · c1", "▌ print one", "map 1/3 ›")
	x.types("print こんにちは 한국어")
	x.sees("map 1/3 › print こんにちは 한국어")
	x.keys("BSpace", "BSpace", "Left", "Left")
	x.types("語")
	x.keys("Enter")
	x.sees("│ こんにちは語 한")
	x.keys("Enter")
	x.sees("│ one", "map 2/3 ›")
	x.keys("Up", "Up") // the whole history: one entry
	x.sees("map 2/3 › print こんにちは語 한")
	x.keys("C-c", "C-c", "C-c")
	x.sees("終了するには :quit")
	x.types(":lang ja")
	x.keys("Enter")
	x.sees(":lang ja\n\n  あいだです。")
	x.types("endless")
	x.keys("Enter")
	x.sees("実行中です")
	x.keys("C-c")
	x.sees("止めました")
	x.keys("C-d")
	x.sees("ended: <nil>")
	x.start("80x30", "en_US.UTF-8") // the language that was chosen counts, not the locale's
	x.sees("おかえりなさい", "map 2/3 ›")
	x.types("state")
	x.keys("Enter")
	x.sees("print one")
	x.keys("Up", "Up")
	x.sees("map 2/3 › endless")
}

func TestTerminalEditing(t *testing.T) {
	t.Parallel()
	x := newTmux(t, "120x40", "ko_KR.UTF-8")
	x.sees("첫 문단입니다. code도 있습니다.", "map 1/3 ›")
	x.types(":lang en ko")
	x.keys("Enter")
	x.sees("│  지도", "The first paragraph, with code.", "│  첫 문단입니다.")
	x.types("print f(")
	x.keys("Enter")
	x.types("안녕")
	x.keys("Enter")
	x.types(")")
	x.sees("map 1/3 › print f(\n        ·     안녕\n        · )")
	x.keys("Enter")
	x.sees("  │ f(\n")
	x.types(":la")
	x.keys("Tab")
	x.sees("lang    ladder", "map 1/3 › :la")
	x.types("n")
	x.keys("Tab")
	x.sees("map 1/3 › :lang")
	x.keys("C-c")
	x.types("som")
	x.keys("Tab")
	x.sees("map 1/3 › something")
	x.keys("C-c")
	x.do("set-buffer", "print {\n\tpasted\n}")
	x.do("paste-buffer", "-p")
	x.sees("map 1/3 › print {\n        ·     pasted\n        · }")
	x.keys("Enter")
	x.sees("  │ {\n", "map 1/3 ›")
	x.types(":edit 2")
	x.keys("Enter")
	x.sees("map 1/3 › value two")
	x.types("s")
	x.keys("Enter")
	x.sees("│ twos")
	x.do("resize-window", "-x", "60", "-y", "20")
	x.types(":show")
	x.keys("Enter")
	x.sees("map 1/3 › :show\n\n  The map\n  ━━━━━━━\n\n  지도")
}

func TestTerminalPauses(t *testing.T) {
	t.Parallel()
	x := newTmux(t, "60x14", "en_US.UTF-8")
	x.sees("── Enter: more")
	x.keys("Space")
	x.sees("map 1/3 ›")
	x.types(":help")
	x.keys("Enter")
	x.sees("── Enter: more")
	x.types("print typed at a pause")
	x.sees("map 1/3 › print typed at a pause")
	x.keys("Enter")
	x.sees("│ typed at a pause")
}

func TestTerminalTooSmall(t *testing.T) {
	t.Parallel()
	x := newTmux(t, "39x30", "en_US.UTF-8")
	x.sees("The terminal has 39 columns and 30", "map 1/3 ›")
	x.keys("Enter")
	x.sees("one", "map 2/3 ›")
	x.keys("C-c")
	x.sees("map 2/3 › ^C\nmap 2/3 ›")
	x.keys("C-d")
	x.sees("ended: <nil>")
}
