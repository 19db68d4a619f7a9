package wire

import (
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netns"
)

// namespace is a network namespace and the one thread that lives in it. A socket belongs to the namespace in which it
// was made for as long as it is open, so only the making has to be done by that thread.
type namespace struct {
	calls  chan func()
	handle netns.NsHandle
}

// newNamespace makes a network namespace. It is gone when it is closed and the last socket made in it is.
func newNamespace() (*namespace, error) {
	n := &namespace{calls: make(chan func())}
	ready := make(chan error)
	go n.live(ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("a network namespace: %w", err)
	}
	return n, nil
}

// live is the thread's life. It keeps the thread locked when it ends: then the runtime ends the thread, and nothing else
// ever runs in this namespace by accident.
func (n *namespace) live(ready chan<- error) {
	runtime.LockOSThread()
	var err error
	if n.handle, err = netns.New(); err != nil { // the thread is in it from here on
		ready <- os.NewSyscallError("unshare", err)
		return
	}
	ready <- nil
	for f := range n.calls {
		f()
	}
	n.handle.Close()
}

// do has the namespace's thread run f, and waits for it.
func (n *namespace) do(f func()) {
	done := make(chan struct{})
	n.calls <- func() {
		defer close(done)
		f()
	}
	<-done
}

// within is do for what has a result.
func within[T any](n *namespace, f func() (T, error)) (result T, err error) {
	n.do(func() { result, err = f() })
	return result, err
}

// close lets the thread go. There must be no call under way.
func (n *namespace) close() { close(n.calls) }
