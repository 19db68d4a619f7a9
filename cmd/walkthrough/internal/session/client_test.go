package session

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) {
	MaybeServe()
	if parentEnv != "" && os.Getenv(parentEnv) != "" {
		parent()
	}
	os.Exit(m.Run())
}

// start starts a session on the finished stack, which this very test program holds.
func start(t *testing.T, o Options) *Client {
	t.Helper()
	o.Finished = true
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// run runs a cell and returns all that it said, a line a message, without the forms of pictures.
func run(t *testing.T, c *Client, source string) (said string, err error) {
	t.Helper()
	var b strings.Builder
	err = c.Run(t.Context(), Cell{Name: t.Name(), Source: source}, func(m Message) {
		b.WriteString(string(m.Kind) + ":")
		if m.Code != "" {
			b.WriteString(m.Code + ":")
		}
		b.WriteString(m.Text + "\n")
	})
	return b.String(), err
}

// expect runs a cell that succeeds.
func expect(t *testing.T, c *Client, source, want string) {
	t.Helper()
	said, err := run(t, c, source)
	if err != nil {
		t.Errorf("%s: %v", source, err)
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("%s (-want +got)\n%s", source, d)
	}
}

// ended runs a cell that must be ended, and checks that the session is as it was.
func ended(t *testing.T, c *Client, source string, cause Cause) *EndedError {
	t.Helper()
	expect(t, c, `before := "this"`, "")
	said, err := run(t, c, source)
	var e *EndedError
	if !errors.As(err, &e) || !errors.Is(err, ErrEnded) || e.Cause != cause || e.Replay != nil {
		t.Fatalf("%s: %#v, want %s; it said %s", source, err, cause, said)
	}
	if !strings.Contains(said, "error:"+string(cause)+":") {
		t.Errorf("%s: the last thing said is not why: %s", source, said)
	}
	expect(t, c, "before", "value:\"this\"\n")
	return e
}

func TestCells(t *testing.T) {
	c := start(t, Options{})
	if !c.Finished || c.Reason != nil {
		t.Errorf("finished %v, reason %v", c.Finished, c.Reason)
	}
	expect(t, c, "x := 20", "")
	expect(t, c, "x + 1", "value:21\n")
	expect(t, c, `fmt.Print("a")
fmt.Println("b", x)`, "text:a\ntext:b 20\n\n")
	expect(t, c, `errors.Is(syscall.ECONNREFUSED, syscall.ECONNREFUSED)`, "value:true\n")
	expect(t, c, `netip.MustParseAddr("10.0.0.1")`, "value:10.0.0.1\n")
}

func TestCellErrors(t *testing.T) {
	c := start(t, Options{})
	expect(t, c, "n := 1", "")
	for source, want := range map[string]CellError{
		"n = 2\nn +":           {Line: 2, Code: "syntax"},
		"n = 2\n\n  missing()": {Line: 3, Col: 3},
		"n = 2\npanic(\"oh\")": {Line: 2, Code: "panic", Text: "panic: oh"},
	} {
		_, err := run(t, c, source)
		var e *CellError
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", source, err)
			continue
		}
		if e.Line != want.Line || want.Col != 0 && e.Col != want.Col || want.Code != "" && e.Code != want.Code || !strings.Contains(e.Text, want.Text) {
			t.Errorf("%q: %#v, want %#v", source, *e, want)
		}
		expect(t, c, "n", "value:1\n") // whatever ran of it is undone
	}
}

func TestSandbox(t *testing.T) {
	c := start(t, Options{})
	for _, source := range []string{
		`import "os"`, `import "os/exec"`, `import "unsafe"`, `import "reflect"`, `import "net/http"`, `import "./protocol"`,
		`net.Dial("tcp", "127.0.0.1:1")`, `net.Listen("tcp", "127.0.0.1:0")`, `net.LookupHost("localhost")`, `new(net.Dialer)`,
		`syscall.Kill(1, 9)`, `fmt.Scanln()`,
	} {
		_, err := run(t, c, source)
		var e *CellError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestOutputIsCapped(t *testing.T) {
	c := start(t, Options{})
	said, err := run(t, c, `for i := 0; i < 3000; i++ { fmt.Println(strings.Repeat("x", 999)) }`)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(said, "x"); n > 1<<20 || n < 1<<19 {
		t.Errorf("%d bytes came", n)
	}
	if strings.Count(said, "note:output-limit:") != 1 || !strings.HasSuffix(said, "not shown.\n") {
		t.Errorf("it ends in %.200q", said[len(said)-100:])
	}
	expect(t, c, `fmt.Print("again")`, "text:again\n")
}

func TestEndlessLoop(t *testing.T) {
	ended(t, start(t, Options{CellTimeout: 300 * time.Millisecond}), "for { }", Timeout)
}

// raceDetector says that this test binary, which is the finished session too, was built with the race detector.
var raceDetector bool

func TestMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector needs more memory for itself than the limit leaves it")
	}
	ended(t, start(t, Options{MemoryLimit: 256 << 20}), `var all [][]byte
for { all = append(all, make([]byte, 1<<20)) }`, Memory)
}

func TestRecursion(t *testing.T) {
	ended(t, start(t, Options{}), "func down(n int) int { return down(n+1) + 1 }\ndown(0)", Recursion)
}

func TestPanicInGoroutine(t *testing.T) {
	c := start(t, Options{})
	e := ended(t, c, "world := sim.New(1)\nworld.Go(func() {\n\tpanic(\"in a task\")\n})\nworld.Run()", Panicked)
	if e.Line != 3 || !strings.Contains(e.Detail, "in a task") {
		t.Errorf("%#v", e)
	}
}

func TestInterrupt(t *testing.T) {
	c := start(t, Options{})
	expect(t, c, "kept := 1", "")
	var err error
	done := make(chan struct{})
	printed := make(chan struct{})
	go func() {
		defer close(done)
		err = c.Run(context.Background(), Cell{Source: "fmt.Println()\nfor { }"}, func(m Message) {
			if m.Kind == Text {
				close(printed)
			}
		})
	}()
	<-printed
	c.Interrupt()
	<-done
	var e *EndedError
	if !errors.As(err, &e) || e.Cause != Interrupted {
		t.Errorf("%v", err)
	}
	c.Interrupt() // nothing runs: nothing happens
	expect(t, c, "kept", "value:1\n")
}

func TestContext(t *testing.T) {
	c := start(t, Options{})
	expect(t, c, "kept := 1", "")
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Run(ctx, Cell{Source: "fmt.Println()\nfor { }"}, func(Message) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	expect(t, c, "kept", "value:1\n")
}

func TestReset(t *testing.T) {
	c := start(t, Options{})
	expect(t, c, "a, b := 1, 2", "")
	if err := c.Reset(t.Context(), []Cell{{Name: "one", Source: "a := 10\nfmt.Println(a)"}, {Name: "two", Source: "a *= 2"}}); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "a", "value:20\n")
	if _, err := run(t, c, "b"); err == nil {
		t.Error("what was there before is still there")
	}
	err := c.Reset(t.Context(), []Cell{{Name: "one", Source: "a := 3"}, {Name: "two", Source: "nothing()"}, {Name: "three", Source: "a = 4"}})
	var failed *ReplayError
	if !errors.As(err, &failed) || failed.Cell.Name != "two" {
		t.Errorf("%v", err)
	}
	expect(t, c, "a", "value:3\n")
}

func TestLive(t *testing.T) {
	c := start(t, Options{})
	const source = "done := make(chan int)\ngo func() { done <- 3 }()\n<-done"
	var refused *CellError
	if _, err := run(t, c, source); !errors.As(err, &refused) {
		t.Errorf("a goroutine in a simulated world: %v", err)
	}
	var said []Message
	err := c.Run(t.Context(), Cell{Source: source, Live: true}, func(m Message) { said = append(said, m) })
	if err != nil || len(said) != 1 || said[0].Text != "3" {
		t.Errorf("%+v %v", said, err)
	}
	if _, err := run(t, c, source); !errors.As(err, &refused) {
		t.Errorf("after a live cell: %v", err)
	}
}

func TestClose(t *testing.T) {
	c := start(t, Options{})
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	if _, err := run(t, c, "1"); err == nil {
		t.Error("a closed session runs a cell")
	}
}

func TestUnknownChapter(t *testing.T) {
	if _, err := Start(t.Context(), Options{Chapter: 12}); err == nil || !strings.Contains(err.Error(), "0 to 11") {
		t.Errorf("%v", err)
	}
}
