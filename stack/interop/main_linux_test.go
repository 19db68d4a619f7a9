//go:build !before11

// Package interop has the stack speak with the Linux kernel's. It consists of tests alone.
//
// The test program starts a copy of itself in a user namespace and a network namespace of its own, so no test needs root,
// nothing of the machine's own network is touched, and nothing is left behind. In there every test makes a room: a network
// namespace with nothing in it but the kernel's stack, a cable, and our stack at the near end of it. Where the system
// forbids namespaces the tests are skipped, and say why.
//
//	go test ./stack/interop                               # half a minute
//	go test ./stack/interop -args -bulk 1G -full          # everything, and a gigabyte each way: what .ci/run does
//	go test ./stack/interop -run TestWeather/loss -args -keep DIR     # capture files of passing tests too
package interop

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// size is a number of bytes as a flag: 4M, 1G.
type size int64

func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }

func (s *size) Set(text string) error {
	number, unit := text, 1
	for suffix, u := range map[string]int{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30} {
		if n, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = n, u
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	*s = size(n) * size(unit)
	return err
}

var (
	bulk = size(4 << 20)
	full = flag.Bool("full", false, "every combination, not a choice of them")
	keep = flag.String("keep", "", "a `folder` for the capture files of all rooms; otherwise only of those where something failed")
)

// timed is for a test whose verdict may depend on how busy the machine is: it waits for somebody who asks for everything.
func timed(t *testing.T) {
	t.Helper()
	if !*full {
		t.Skip("a busy machine could make it fail: run it with -full")
	}
}

// insideEnv tells a copy of the test program that it lives in namespaces of its own.
const insideEnv = "TSUNAGU_INTEROP_INSIDE"

// forbidden is why there are no namespaces here.
var forbidden error

func TestMain(m *testing.M) {
	flag.Var(&bulk, "bulk", "how many bytes a bulk transfer has")
	if os.Getenv(insideEnv) == "" {
		status, err := enter()
		if err == nil {
			os.Exit(status)
		}
		forbidden = fmt.Errorf("no network namespace of our own here: %w", err)
	}
	os.Exit(m.Run())
}

// enter runs a copy of the test program in namespaces of its own, and returns its exit status. Root of a container often
// may not make a network namespace, yet may make a user namespace and be root in there.
func enter() (status int, err error) {
	runtime.LockOSThread() // the copy is to end with the thread that started it
	defer runtime.UnlockOSThread()
	args := os.Args[1:]
	if !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-test.parallel") }) {
		args = append([]string{"-test.parallel=16"}, args...) // most of them wait most of the time
	}
	for _, user := range []bool{false, true} {
		if os.Geteuid() != 0 && !user {
			continue
		}
		cmd := exec.Command("/proc/self/exe", args...)
		cmd.Args[0] = os.Args[0]
		cmd.Env = append(os.Environ(), insideEnv+"=1")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		if user {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
		}
		err = cmd.Run()
		var exit *exec.ExitError
		switch {
		case err == nil:
			return 0, nil
		case errors.As(err, &exit):
			return max(1, exit.ExitCode()), nil
		case !errors.Is(err, syscall.EPERM):
			return 0, err
		}
	}
	return 0, err
}
