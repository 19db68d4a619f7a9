package session

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parentEnv makes this test program one that starts a session and has it run for ever.
const parentEnv = "TSUNAGU_TEST_PARENT"

func parent() {
	c, err := Start(context.Background(), Options{Finished: true, CellTimeout: -1})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	err = c.Run(context.Background(), Cell{Source: "fmt.Println()\nfor { }"}, func(Message) {
		fmt.Println(c.process.cmd.Process.Pid)
	})
	fmt.Println(err)
	os.Exit(1)
}

func TestSessionDiesWithItsParent(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), parentEnv+"=1")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, atoi := strconv.Atoi(strings.TrimSpace(line))
	c.Process.Kill()
	c.Wait()
	if err != nil || atoi != nil {
		t.Fatalf("the parent said %q", line)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") || strings.Contains(string(stat), ") X ") {
			return // nobody may be there to collect it
		}
		if time.Now().After(end) {
			t.Fatalf("the session runs on without its parent: %s", stat)
		}
	}
}
