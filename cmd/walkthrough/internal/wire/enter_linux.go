package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// insideEnv carries the options to the copy of the program that lives in namespaces of its own, and by that tells it
// that it is the copy.
const insideEnv = "TSUNAGU_NIC_INSIDE"

// outcomeFD is where the copy writes its [outcome].
const outcomeFD = 3

func inside() bool { return os.Getenv(insideEnv) != "" }

// isolate makes cmd start in a network namespace of its own: directly when the process may, and otherwise as the root
// user of a user namespace of its own.
func isolate(cmd *exec.Cmd, byUserNamespace bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if byUserNamespace {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
}

// startIsolated starts the command that build builds. Root of a container often may not make a network namespace, yet
// may make a user namespace and be root in there.
func startIsolated(build func() *exec.Cmd) (*exec.Cmd, error) {
	var err error
	for _, byUserNamespace := range []bool{false, true} {
		if os.Geteuid() != 0 && !byUserNamespace {
			continue
		}
		cmd := build()
		isolate(cmd, byUserNamespace)
		if err = cmd.Start(); err == nil {
			return cmd, nil
		}
		if !errors.Is(err, syscall.EPERM) {
			break
		}
	}
	return nil, err
}

// grace is how much longer than the copy gives itself the copy is given.
const grace = 3 * time.Second

// enter starts a copy of this program in namespaces of its own, and waits for it.
func enter(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout+grace)
	defer cancel()
	options, err := json.Marshal(o)
	if err != nil {
		return err
	}
	told, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	defer told.Close()

	// The kernel ends the copy when the thread that started it ends (PR_SET_PDEATHSIG), so this one must stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, err := startIsolated(func() *exec.Cmd {
		cmd := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
		cmd.Args[0] = os.Args[0]
		cmd.Env = append(os.Environ(), insideEnv+"="+string(options))
		cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, o.Stdout, os.Stderr
		cmd.ExtraFiles = []*os.File{tell}
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = grace
		return cmd
	})
	tell.Close()
	if err != nil {
		return explain(atStart, err, thisSystem{}, textsFor(o.Lang))
	}
	var said outcome
	decodeErr := json.NewDecoder(told).Decode(&said)
	err = cmd.Wait()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errors.New(textsFor(o.Lang).of(timedOut, o.Timeout))
	case ctx.Err() != nil:
		return &interruptedError{textsFor(o.Lang).of(interrupted)}
	case endedBy(err, syscall.SIGPIPE):
		return fmt.Errorf("write: %w", syscall.EPIPE) // whoever read what we print has gone
	case decodeErr != nil && err != nil:
		return fmt.Errorf("%s: %w", textsFor(o.Lang).of(ended), err)
	}
	return said.err()
}

// workInTime is work that ends when its time is up, or the user's patience.
func workInTime(ctx context.Context, o Options) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	err := work(ctx, o)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New(textsFor(o.Lang).of(timedOut, o.Timeout))
	}
	return err
}

// endedBy says whether err is that of a process ended by the signal.
func endedBy(err error, signal syscall.Signal) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

// workAndExit is the copy's life.
func workAndExit(ctx context.Context) {
	var o Options
	err := json.Unmarshal([]byte(os.Getenv(insideEnv)), &o)
	os.Unsetenv(insideEnv)
	if err == nil {
		err = o.complete()
	}
	if err == nil {
		err = workInTime(ctx, o)
	}
	status := 0
	if err != nil {
		status = 1
	}
	if tell := os.NewFile(outcomeFD, "outcome"); tell != nil {
		if json.NewEncoder(tell).Encode(outcomeOf(err)) != nil {
			status = 2
		}
	}
	os.Exit(status)
}
